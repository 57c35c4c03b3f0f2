"""Arithmetic on boxes as arrays of corners: validity, areas and overlaps, row by row.

A box is left, top, right, bottom in pixels, right and bottom exclusive, float64.
"""

from __future__ import annotations

import numpy as np

from labelaudit.core.columns import Bools, Floats


def is_valid(boxes: Floats) -> Bools:
    """Which boxes are finite and have an inside, (n,): only these can be compared.

    >>> is_valid(np.array([[0.0, 0, 2, 3], [5, 5, 4, 9], [5, 5, 5, 9], [0, 0, np.inf, 9]]))
    array([ True, False, False, False])
    """
    left, top, right, bottom = boxes.T
    valid: Bools = (left < right) & (top < bottom)
    # Side by side: a reduction over rows of four takes three times as long.
    for side in (left, top, right, bottom):
        valid &= np.isfinite(side)
    return valid


def area(boxes: Floats) -> Floats:
    """Area of each box, (n,); 0 where it has no inside.

    >>> area(np.array([[0.0, 0, 2, 3], [5, 5, 4, 9]]))
    array([6., 0.])
    """
    size: Floats = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
    return size[:, 0] * size[:, 1]


def intersection(a: Floats, b: Floats) -> Floats:
    """Area that `a[i]` and `b[i]` share, row by row, (n,)."""
    low = np.maximum(a[:, :2], b[:, :2])
    high = np.minimum(a[:, 2:], b[:, 2:])
    size: Floats = np.maximum(high - low, 0)
    return size[:, 0] * size[:, 1]


def iou(a: Floats, b: Floats) -> Floats:
    """Intersection over union of `a[i]` with `b[i]`, row by row, (n,) in [0, 1].

    Two empty boxes have overlap 0, not NaN.

    >>> iou(np.array([[0.0, 0, 2, 2]]), np.array([[1.0, 0, 3, 2]]))
    array([0.33333333])
    """
    shared = intersection(a, b)
    union = area(a) + area(b) - shared
    return np.divide(shared, union, out=np.zeros(len(a)), where=union > 0)
