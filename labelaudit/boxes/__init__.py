"""Arithmetic on boxes: areas and overlaps, pairs that overlap, conventions, metrics."""
