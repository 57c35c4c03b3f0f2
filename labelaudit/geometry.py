"""Boxes as arrays of corners: areas, overlaps, and the pairs that overlap.

A box is left, top, right, bottom in pixels, right and bottom exclusive, float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from labelaudit.table import Floats, Ints, Rows, Table, column, rows_column

CHUNK = 2_000_000
"""Candidate pairs looked at in one go: bounds the memory of the pair search to some 200 MB."""


@dataclass(frozen=True)
class Pairs(Table):
    """Pairs of boxes in one group that overlap."""

    first: Rows = rows_column()  # (n,) the box with the smaller row number
    second: Rows = rows_column()  # (n,)
    overlap: Floats = column(np.float64, fill=0.0)  # (n,) intersection over union
    inside: Floats = column(np.float64, fill=0.0)  # (n,) intersection over the smaller of the two areas


def area(boxes: Floats) -> Floats:
    """Area of each box, (n,); 0 where it has no inside.

    >>> area(np.array([[0.0, 0, 2, 3], [5, 5, 4, 9]]))
    array([6., 0.])
    """
    size = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
    return size[:, 0] * size[:, 1]


def intersection(a: Floats, b: Floats) -> Floats:
    """Area that `a[i]` and `b[i]` share, row by row, (n,)."""
    low = np.maximum(a[:, :2], b[:, :2])
    high = np.minimum(a[:, 2:], b[:, 2:])
    size = np.maximum(high - low, 0)
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


def overlapping_pairs(boxes: Floats, group: Rows, *, min_inside: float = 0.0) -> Pairs:
    """Pairs in one group of which one covers more than `min_inside` of the other.

    Parameters
    ----------
    boxes:
        (n, 4), finite and with an inside wherever `group` is not negative.
    group:
        (n,) only boxes of one group can be a pair; a negative group takes no part.
    min_inside:
        least intersection over the smaller area, inclusive if above zero. An IoU is never larger, so
        this keeps every pair with at least that IoU.

    Returns
    -------
    Pairs in the order of `first`, then `second`.

    The search sorts the boxes of a group along the axis on which they overlap least and sweeps. Ranks are
    compared, never offsets: a box at 1e18 neither hides others nor is hidden.
    """
    rows = np.flatnonzero(group >= 0)
    if not len(rows):
        return Pairs.empty()
    boxes, group = boxes[rows], group[rows]
    # Stacked areas of 1e18-pixel boxes overflow to infinity, and inf / inf is no pair.
    with np.errstate(over="ignore", invalid="ignore"):
        areas = area(boxes)
        parts = [
            _kept(boxes, areas, first, second, min_inside)
            for first, second in _candidates(boxes, group)
        ]
    pairs = Pairs.concat([Pairs.empty(), *parts])
    first, second = rows[pairs.first], rows[pairs.second]
    order = np.lexsort((second, first))
    return Pairs.of(
        len(pairs),
        first=first[order],
        second=second[order],
        overlap=pairs.overlap[order],
        inside=pairs.inside[order],
    )


def _kept(boxes: Floats, areas: Floats, first: Ints, second: Ints, min_inside: float) -> Pairs:
    shared = intersection(boxes[first], boxes[second])
    smaller = np.minimum(areas[first], areas[second])
    near = (shared > 0) & (shared >= min_inside * smaller)
    first, second, shared = first[near], second[near], shared[near]
    return Pairs.of(
        len(first),
        first=np.minimum(first, second),
        second=np.maximum(first, second),
        overlap=shared / (areas[first] + areas[second] - shared),
        inside=np.minimum(shared / smaller[near], 1.0),
    )


def _candidates(boxes: Floats, group: Rows) -> Iterator[tuple[Ints, Ints]]:
    """Pairs in one group whose sides overlap on the sparser axis, in chunks of bounded size."""
    by_x, reach_x = _sweep(boxes[:, 0], boxes[:, 2], group)
    by_y, reach_y = _sweep(boxes[:, 1], boxes[:, 3], group)
    # Both sweeps list the groups in one order, so a group takes the same places in both.
    start = np.flatnonzero(np.diff(group[by_x], prepend=-1))
    upright = np.add.reduceat(reach_y, start) < np.add.reduceat(reach_x, start)
    choose_y = np.repeat(upright, np.diff(start, append=len(group)))
    order = np.where(choose_y, by_y, by_x)
    reach = np.where(choose_y, reach_y, reach_x)
    end = np.cumsum(reach)
    cut = 0
    while cut < len(order):
        done = end[cut - 1] if cut else 0
        until = max(cut + 1, int(np.searchsorted(end, done + CHUNK, side="right")))
        here = reach[cut:until]
        place = np.repeat(np.arange(cut, until), here)
        step = np.arange(len(place)) - np.repeat(np.cumsum(here) - here, here) + 1
        if len(place):
            yield order[place], order[place + step]
        cut = until


def _sweep(low: Floats, high: Floats, group: Rows) -> tuple[Ints, Ints]:
    """Boxes in the order of group and `low`, and how many that follow each begin before its `high`."""
    start = np.sort(low)
    span = np.int64(len(low) + 1)
    # A key is exact: group and rank are whole numbers, whatever the coordinates are.
    key = group * span + np.searchsorted(start, low)
    order = np.argsort(key, kind="stable")
    reach = np.searchsorted(key[order], group * span + np.searchsorted(start, high))
    return order, np.maximum(reach[order] - np.arange(len(low)) - 1, 0)
