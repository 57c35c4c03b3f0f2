"""Arithmetic on boxes as arrays of corners: validity, clipping, areas and overlaps, row by row.

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


def clip(boxes: Floats, size: Floats) -> Floats:
    """Boxes cut off at the edges of their images, (n, 4), whose width and height is `size`.

    `size` is (n, 2), or (2,) for all. Where it is NaN, nothing is cut; where it is infinite, only
    the left or top edge is there. A box outside of its image becomes one without an inside on an
    edge of it.

    >>> clip(np.array([[-5.0, 10, 30, 99]]), np.array([20.0, 50]))
    array([[ 0., 10., 20., 50.]])
    """
    edge = np.concatenate([size, size], axis=-1)
    unknown = np.isnan(edge)
    clipped: Floats = np.minimum(np.maximum(boxes, 0.0), edge)
    return np.where(unknown, boxes, clipped) if unknown.any() else clipped


def overhang(xyxy: Floats, image_size: Floats) -> Floats:
    """How far each box reaches beyond its image on its worst side, (n,) in pixels.

    Negative where the box ends inside on all sides, NaN where the size of the image is unknown.

    >>> overhang(np.array([[5.0, 5, 103, 90], [5, 5, 95, 90]]), np.array([[100.0, 100]] * 2))
    array([ 3., -5.])
    """
    left, top, right, bottom = xyxy.T
    width, height = image_size.T
    over: Floats = np.maximum(np.maximum(-left, -top), np.maximum(right - width, bottom - height))
    return over


def area(boxes: Floats) -> Floats:
    """Area of each box, (n,); 0 where it has no inside.

    >>> area(np.array([[0.0, 0, 2, 3], [5, 5, 4, 9]]))
    array([6., 0.])
    """
    size: Floats = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
    return size[:, 0] * size[:, 1]


def intersection_box(a: Floats, b: Floats) -> Floats:
    """The part of `a[i]` that is in `b[i]`, row by row, (n, 4); without an inside if there is none.

    >>> intersection_box(np.array([[0.0, 0, 4, 4]]), np.array([[2.0, 1, 9, 3]]))
    array([[2., 1., 4., 3.]])
    """
    return np.hstack([np.maximum(a[:, :2], b[:, :2]), np.minimum(a[:, 2:], b[:, 2:])])


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
