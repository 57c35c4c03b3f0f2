"""Splits: pictures that they share, what is wrong with them, and others that leak nothing."""
