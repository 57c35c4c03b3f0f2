"""Synthetic errors in labels, for a classifier to learn from."""
