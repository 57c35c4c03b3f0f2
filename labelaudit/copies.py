"""Which boxes are copies of others, and which record of an object says the most about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.dataset import Boxes, Dataset, OutlineFault
from labelaudit.geometry import Pairs, area, first_equal, iou
from labelaudit.table import MISSING, Bools, Floats, Ints, Rows, Table, column, rows_column

SAME_SHIFT = 0.5
"""Pixels by which no side of a copy is moved: what rounding to whole pixels can do."""

SAME_OVERLAP = 0.9
"""Least IoU of a copy. Half a pixel says nothing where boxes are small, or in other units."""

LIKE_AREA = 0.7
"""Least ratio of the areas of two masks of one object, drawn twice.

In TACO the masks of a thing and of what wraps it, in nearly the same box, are at 0.06 to 0.9.
"""

LIKE_EXTENT = 0.5
"""Least IoU of the extents of two masks of one object; below, one of the boxes is misplaced."""


@dataclass(frozen=True)
class Superseded(Table):
    """One row per box that another one makes superfluous."""

    box: Rows = rows_column()  # (n,)
    by: Rows = rows_column()  # (n,) the better box, which is not superseded itself
    pair: Rows = rows_column()  # (n,) row in the pairs that link the two
    overlap: Floats = column(np.float64, fill=0.0)  # (n,) their intersection over union


def worth(dataset: Dataset) -> Ints:
    """How much each record says beside its box, (n,): a mask first, then keypoints, then an area."""
    outlines, keypoints = dataset.outlines, dataset.keypoints
    worth = np.isfinite(dataset.boxes.area).astype(np.int64)
    at = keypoints.box != MISSING
    worth[keypoints.box[at]] += 2 * keypoints.labelled[at].astype(np.int64)
    at = outlines.box != MISSING
    drawn = 1 + (outlines.fault[at] == OutlineFault.NONE).astype(np.int64)
    worth[outlines.box[at]] += drawn << 40
    return worth


def exact_copies(boxes: Boxes, group: Ints, worth: Ints) -> Rows:
    """The box with the same corners in the same group that says most, (n,); of equals, the first.

    It is the box's own row if it is that one, or if its group is negative.
    """
    first = first_equal(boxes.xyxy, group)
    copied = np.flatnonzero(first != np.arange(len(first)))
    rows = np.union1d(copied, first[copied])
    rows = rows[np.lexsort((rows, -worth[rows], first[rows]))]
    start = np.flatnonzero(np.diff(first[rows], prepend=MISSING))
    first[rows] = np.repeat(rows[start], np.diff(start, append=len(rows)))
    return first


def coinciding(boxes: Boxes, pairs: Pairs) -> Bools:
    """Which pairs are the same box but for rounding, (n,)."""
    near = pairs.overlap >= SAME_OVERLAP
    near[near] = shift(boxes, pairs.rows(near)) <= SAME_SHIFT
    return near


def shift(boxes: Boxes, pairs: Pairs) -> Floats:
    """By how many pixels the side differs that differs most, (n,)."""
    moved: Floats = np.abs(boxes.xyxy[pairs.first] - boxes.xyxy[pairs.second])
    return moved.max(axis=1, initial=0)


def superseded(dataset: Dataset, pairs: Pairs, worth: Ints) -> Superseded:
    """The boxes that have to go so that of no pair both are left.

    Of a pair the record stays that says more, then the larger box, then the first. As in
    non-maximum suppression, a box goes only for one that stays: of a chain every other box does.
    """
    boxes, ends = np.unique(np.stack([pairs.first, pairs.second]), return_inverse=True)
    size = area(dataset.boxes.xyxy[boxes])
    rank = np.empty(len(boxes), np.int64)
    rank[np.lexsort((boxes, -size, -worth[boxes]))] = np.arange(len(boxes))
    better, worse = np.sort(rank[ends.reshape(2, -1)], axis=0)
    gone: dict[int, int] = {}
    # Pairs of better boxes come first, so when a box is looked at it is known which others stay.
    order = np.lexsort((better, worse))
    steps = zip(order.tolist(), better[order].tolist(), worse[order].tolist(), strict=True)
    for pair, winner, loser in steps:
        if winner not in gone:
            gone.setdefault(loser, pair)
    at = np.array(list(gone.values()), np.int64)
    by_rank = boxes[np.argsort(rank)]
    return Superseded(
        box=by_rank[worse[at]],
        by=by_rank[better[at]],
        pair=at.astype(np.int32),
        overlap=pairs.overlap[at],
    )


def originals(dataset: Dataset, exact: Rows, pairs: Pairs, label: Rows, worth: Ints) -> Rows:
    """The box that each is a copy of, in class and but for rounding in corners, (n,).

    Parameters
    ----------
    exact:
        see `exact_copies`.
    pairs:
        of boxes that are no exact copies.
    label:
        the class of each box, (n,). A box without a class is nobody's copy: its own row.
    """
    rows = np.arange(len(exact), dtype=np.int32)
    copied = np.flatnonzero((exact != rows) & (label != MISSING))
    copied = copied[like_masks(dataset, copied, exact[copied])]
    one_class = (label[pairs.first] == label[pairs.second]) & (label[pairs.first] != MISSING)
    rounded = pairs.rows(one_class).rows(coinciding(dataset.boxes, pairs.rows(one_class)))
    rounded = rounded.rows(like_masks(dataset, rounded.first, rounded.second))
    lost = superseded(dataset, rounded, worth)
    original = rows.copy()
    original[copied] = exact[copied]
    rows[lost.box] = lost.by
    return rows[original]


def outline_rows(dataset: Dataset) -> Rows:
    """The row in Outlines of each box, (n,); MISSING if it has no mask."""
    row = np.full(len(dataset.boxes) + 1, MISSING, np.int32)
    row[dataset.outlines.box] = np.arange(len(dataset.outlines), dtype=np.int32)
    return row[:-1]


def like_masks(dataset: Dataset, first: Rows | Ints, second: Rows | Ints) -> Bools:
    """Whether the masks of `first[i]` and `second[i]` may be of one object, (n,).

    True where one has no mask, or one that says nothing.
    """
    row = outline_rows(dataset)
    both = (row[first] != MISSING) & (row[second] != MISSING)
    a, b = (dataset.outlines.rows(row[boxes[both]]) for boxes in (first, second))
    told = (a.fault == OutlineFault.NONE) & (b.fault == OutlineFault.NONE)
    like = ~both
    unlike = np.minimum(a.area, b.area) < LIKE_AREA * np.maximum(a.area, b.area)
    unlike |= iou(a.xyxy, b.xyxy) < LIKE_EXTENT
    like[both] = ~(told & unlike)
    return like
