"""Whose labels: who drew which boxes, and how far people agree."""
