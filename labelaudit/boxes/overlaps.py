"""Which boxes of one table overlap which of another, image by image, and the best of each.

`overlaps` finds every pair that shares anything, `matches` those that overlap enough to be of one
object.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from labelaudit.boxes.ops import iou, is_valid
from labelaudit.boxes.pairs import overlapping_pairs
from labelaudit.core.columns import MISSING, Floats, Ints, Rows
from labelaudit.core.rows import stable_argsort
from labelaudit.core.table import Table, column, rows_column

CHUNK = 1 << 17  # pairs compared in one go: few enough to stay in the cache


@dataclass(frozen=True, eq=False, repr=False)
class BoxOverlaps(Table):
    """Pairs of a box of one table and a box of another that overlap in one image."""

    one: Rows = rows_column()  # (p,) row in the first table, ascending
    other: Rows = rows_column()  # (p,) row in the second
    overlap: Floats = column(np.float64, fill=0.0)  # (p,) IoU, above 0


def overlaps(
    image: Rows | Ints, xyxy: Floats, other_image: Rows | Ints, other_xyxy: Floats
) -> BoxOverlaps:
    """All pairs of a box of the first table and one of the second that overlap.

    Parameters
    ----------
    image, xyxy:
        (n,) the image and (n, 4) the corners in pixels of each box of the first table; a box that
        has no image, or NaN for a corner, overlaps nothing.
    other_image, other_xyxy:
        (m,) and (m, 4), likewise of the second.

    Returns
    -------
    In the order of the first table, then of the second.

    Examples
    --------
    >>> box = np.array([[0.0, 0, 2, 2]])
    >>> overlaps(np.array([0, 1]), np.tile(box, (2, 1)), np.array([1]), box + 1).overlap
    array([0.14285714])
    """
    order, start, count = _companions(image, other_image)
    # Four contiguous columns are compared several times as fast as rows of four.
    mine = np.ascontiguousarray(xyxy.T)
    theirs = np.full((4, len(order) + int(count.max(initial=0))), np.nan)
    theirs[:, : len(order)] = other_xyxy[order].T
    parts = [BoxOverlaps.empty()]
    for rows, width in _blocks(count):
        row, place = _touching(mine[:, rows], theirs, start[rows], count[rows], width)
        one, other = rows[row], order[place]
        overlap = iou(mine[:, one].T, theirs[:, place].T)
        touching = np.flatnonzero(overlap > 0)
        one, other, overlap = one[touching], other[touching], overlap[touching]
        parts.append(BoxOverlaps.of(len(one), one=one, other=other, overlap=overlap))
    found = BoxOverlaps.concat(parts)
    # Blocks hold rows with about as many companions, and each row's in order.
    return found.rows(stable_argsort(found.one))


def matches(
    image: Rows | Ints,
    xyxy: Floats,
    other_image: Rows | Ints,
    other_xyxy: Floats,
    *,
    min_overlap: float,
) -> BoxOverlaps:
    """The pairs of a box of the first table and one of the second that overlap enough.

    The pairs, the IoU and the order of `overlaps`, found faster where few of the pairs that touch
    are wanted; whatever a file may hold can be matched.

    Parameters
    ----------
    image, xyxy:
        (n,) the image and (n, 4) the corners in pixels of each box of the first table; one without
        an image, without an inside or that is not finite matches nothing.
    other_image, other_xyxy:
        (m,) and (m, 4), likewise of the second.
    min_overlap:
        least IoU, inclusive, above 0.

    Returns
    -------
    In the order of the first table, then of the second.

    Examples
    --------
    >>> label, seen = np.array([[0.0, 0, 10, 10]]), np.array([[0.0, 0, 10, 5], [0, 0, 10, 4]])
    >>> matches(np.array([3]), label, np.array([3, 3]), seen, min_overlap=0.5).other
    array([0], dtype=int32)
    """
    corners = np.concatenate([xyxy, other_xyxy])
    group = np.where(is_valid(corners), np.concatenate([image, other_image]), MISSING)
    # An IoU is never above the part of the smaller box, so no pair is lost.
    pairs = overlapping_pairs(corners, group, min_inside=min_overlap)
    across = (pairs.first < len(xyxy)) & (pairs.second >= len(xyxy))
    pairs = pairs.rows(across & (pairs.overlap >= min_overlap))
    return BoxOverlaps(pairs.first, pairs.second - np.int32(len(xyxy)), pairs.overlap)


def _companions(image: Rows | Ints, other_image: Rows | Ints) -> tuple[Ints, Ints, Ints]:
    """The rows of the second table image by image, and where and how many each box has of them.

    Returns
    -------
    order:
        (k,) rows of the second table in the images that the first table has, in ascending order
        within an image.
    start, count:
        (n,) which of `order` are in the image of each box of the first table.
    """
    images = 1 + max(int(image.max(initial=MISSING)), int(other_image.max(initial=MISSING)))
    # The row that is added at the end is that of boxes without an image, which meet nothing.
    here = np.zeros(images + 1, bool)
    here[image] = True
    here[MISSING] = False
    rows = np.flatnonzero(here[other_image])
    order = rows[stable_argsort(other_image[rows])]
    total = np.bincount(other_image[order], minlength=images + 1)
    first = np.cumsum(total) - total
    return order, first[image], total[image]


def _blocks(count: Ints) -> Iterator[tuple[Ints, int]]:
    """Rows with about as many companions, some at a time, and the most that one of them has."""
    rows = np.argsort(count)
    counts = count[rows]
    low = int(np.searchsorted(counts, 1))
    while low < len(rows):
        width = int(counts[low]) + int(counts[low]) // 4
        high = int(np.searchsorted(counts, width, side="right"))
        high = min(high, low + max(CHUNK // width, 1))
        yield rows[low:high], int(counts[high - 1])
        low = high


def _touching(
    mine: Floats, theirs: Floats, start: Ints, count: Ints, width: int
) -> tuple[Ints, Ints]:
    """Which columns of `mine` touch which of `theirs`, (p,) each.

    Each is compared with the `width` columns from its `start` on, of which the first `count` are in
    its image: to copy them and look at some too many is cheaper than to list them one by one.
    """
    left, top, right, bottom = (sliding_window_view(side, width) for side in theirs)
    near = np.arange(width) < count[:, None]
    near &= left[start] < mine[2, :, None]
    near &= right[start] > mine[0, :, None]
    row, column = np.divmod(np.flatnonzero(near), width)
    place = start[row] + column
    near = (top[place, 0] < mine[3, row]) & (mine[1, row] < bottom[place, 0])
    return row[near], place[near]


def max_by_row(row: Rows, value: Floats, count: int) -> Floats:
    """The largest value of each row, (count,); 0 where it has none.

    Parameters
    ----------
    row, value:
        (p,) row numbers below `count`, and a value of each that is not negative.
    count:
        how many rows there are.
    """
    best = np.zeros(count)
    np.maximum.at(best, row, value)
    return best


def champion(row: Rows, value: Floats, count: int) -> Ints:
    """The place in `value` of the largest of each row, (count,), the first of equals; else MISSING.

    Parameters
    ----------
    row, value, count:
        as in `max_by_row`.
    """
    place = np.full(count, MISSING, np.int64)
    winners = np.flatnonzero(value == max_by_row(row, value, count)[row])[::-1]
    place[row[winners]] = winners
    return place
