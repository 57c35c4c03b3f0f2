"""Predictions of anybody's detector: read from files and arrays, and whether they can be used.

A source says images and classes in its own way; here they become rows of the dataset. What names
an image or a class that the dataset does not have, or holds no finite box or score, is left out
and counted in a note.
"""
