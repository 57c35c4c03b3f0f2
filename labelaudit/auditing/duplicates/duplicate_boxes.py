"""Which boxes are duplicates of others, and which record of an object says the most about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.duplicates.record_values import adds_values
from labelaudit.boxes.ops import area, iou
from labelaudit.boxes.pairs import Pairs, first_equal
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows
from labelaudit.core.rows import unique
from labelaudit.dataset.derived import FARTHEST
from labelaudit.dataset.tables import Boxes, Dataset, Keypoints, MaskFault, MaskKind, Masks

SAME_SHIFT = 0.5
"""Pixels by which no side of a copy is moved: what rounding to whole pixels can do."""

SAME_OVERLAP = 0.9
"""Least IoU of a copy: half a pixel is much where boxes are small."""

SAME_FRACTION = 0.999
"""Least IoU of a copy whose sides are below `SMALL_SIDE`: rounded to thousandths of its size."""

SMALL_OVERLAP = 0.6
"""Least IoU of two boxes that are near for being few pixels apart.

In COCO two knives of 12 pixels in one block are 3 pixels apart, with an IoU of 0.58
("near-duplicate-box" in benchmarks/results/rule_defaults.md).
"""

SMALL_SIDE = 4.0
"""Least width and height of a box of which pixels say how near it is.

A smaller one may well be a fraction of its image that somebody stored as pixels.
"""

SAME_AREA = 0.01
"""Fraction by which areas may differ that were worked out from the same mask."""

LIKE_AREA = 0.7
"""Least ratio of the areas of two masks of one object, drawn twice.

Two people draw a mask with areas some per cent apart; a thing and what wraps it, in nearly the same
box, differ more: in TACO by a ratio of 0.06 to 0.82, save for two lids on their containers
("duplicate-box" in benchmarks/results/rule_defaults.md). That some above 0.7 are taken for one is a
choice.
"""

LIKE_EXTENT = 0.5
"""Least IoU of the extents of two masks of one object; below, one of the boxes is misplaced."""

FILLED = 0.99
"""Least share of its extent that a polygon of four corners fills which is a rectangle; a choice."""

CORNERS = 5
"""Points of a rectangle, the first of them once more at its end."""

NEAR_OVERLAP = 0.8
"""Least IoU of two boxes of one class that are one object; see rule near-duplicate-box."""

NEAR_SHIFT = 2.0
"""Pixels by which no side of two such boxes is apart, where that says more than their IoU."""

CROWDED = 64
"""More boxes of one class and nearly one size and place are crowded: too many to look at in pairs.

People do not label an object so often. It happens where the raw output of a detector, or the labels
of many annotators, are taken for labels: 5,000 such boxes have 12 million pairs.
"""


@dataclass(frozen=True, eq=False)
class Suppressed:
    """Boxes that another one makes superfluous."""

    box: Rows  # (n,)
    by: Rows  # (n,) the better box, which is not suppressed itself
    pair: Ints  # (n,) row in the pairs that link the two


def information(dataset: Dataset) -> Ints:
    """How much each record says beside its box, (n,): a mask, then keypoints, then an area."""
    masks, keypoints = dataset.masks, dataset.keypoints
    information = np.isfinite(dataset.boxes.area).astype(np.int64)
    at = keypoints.box != MISSING
    information[keypoints.box[at]] += 2 * keypoints.labelled[at].astype(np.int64)
    at = masks.box != MISSING
    drawn = 1 + (masks.fault[at] == MaskFault.NONE).astype(np.int64)
    information[masks.box[at]] += drawn << 40
    return information


def exact_keepers(boxes: Boxes, group: Ints, information: Ints) -> Rows:
    """The box with the same corners in the same group that says most, (n,); of equals, the first.

    It is the box's own row if it is that one, or if its group is negative.

    Parameters
    ----------
    boxes:
        of the dataset.
    group:
        (n,) the image and class of each box, as one number; a negative group takes no part.
    information:
        (n,) how much each box says; see `information`.
    """
    first = first_equal(boxes.xyxy, group)
    copied = np.flatnonzero(first != np.arange(len(first)))
    rows = unique(np.append(copied, first[copied]))
    rows = rows[np.lexsort((rows, -information[rows], first[rows]))]
    start = np.flatnonzero(np.diff(first[rows], prepend=MISSING))
    first[rows] = np.repeat(rows[start], np.diff(start, append=len(rows)))
    return first


def coinciding(boxes: Boxes, pairs: Pairs) -> Bools:
    """Which pairs are the same box but for rounding, (n,)."""
    near = pairs.overlap >= SAME_OVERLAP
    likely = pairs.rows(near)
    same = (_least_side(boxes, likely) >= SMALL_SIDE) | (likely.overlap >= SAME_FRACTION)
    near[near] = same & (shift(boxes, likely) <= SAME_SHIFT)
    return near


def nearly_equal(boxes: Boxes, pairs: Pairs, *, min_overlap: float, max_shift: float) -> Bools:
    """Which pairs overlap by `min_overlap`, or have no side apart by more than `max_shift`, (n,).

    The first alone would miss small boxes, of which two pixels are much; the second means nothing
    for boxes that are not in pixels.

    Parameters
    ----------
    boxes:
        of the dataset.
    pairs:
        (n,) of these boxes.
    min_overlap:
        least IoU, inclusive.
    max_shift:
        pixels, inclusive.
    """
    near = pairs.overlap >= SMALL_OVERLAP
    likely = pairs.rows(near)
    near[near] = (shift(boxes, likely) <= max_shift) & (_least_side(boxes, likely) >= SMALL_SIDE)
    return near | (pairs.overlap >= min_overlap)


def pairs_of(boxes: Boxes, first: Rows | Ints, second: Rows | Ints) -> Pairs:
    """Pairs of `first[i]` and `second[i]` with their overlap; how far one is inside is not told.

    Parameters
    ----------
    boxes:
        of the dataset.
    first, second:
        (n,) rows in Boxes.
    """
    overlap = iou(boxes.xyxy[first], boxes.xyxy[second])
    return Pairs.of(len(first), first=first, second=second, overlap=overlap)


def shift(boxes: Boxes, pairs: Pairs) -> Floats:
    """By how many pixels the side differs that differs most, (n,)."""
    shift: Floats = np.abs(boxes.xyxy[pairs.first] - boxes.xyxy[pairs.second]).max(axis=1)
    return shift


def _least_side(boxes: Boxes, pairs: Pairs) -> Floats:
    """The shortest of the widths and heights of the two boxes, (n,)."""
    a, b = boxes.xyxy[pairs.first], boxes.xyxy[pairs.second]
    side: Floats = np.minimum(a[:, 2:] - a[:, :2], b[:, 2:] - b[:, :2]).min(axis=1)
    return side


def suppressed(pairs: Pairs, *merits: Ints | Floats) -> Suppressed:
    """The boxes that have to go so that of no pair both are left.

    Of a pair the box stays that has the greater merit, then the first. As in non-maximum
    suppression, a box goes only for one that stays: of a chain every other box does.

    Parameters
    ----------
    pairs:
        the boxes of which one has to go.
    merits:
        values of all boxes, (n,) each; where they are equal, the next one counts.
    """
    boxes, ends = np.unique(np.stack([pairs.first, pairs.second]), return_inverse=True)
    rank = np.empty(len(boxes), np.int64)
    last_first = [-merit[boxes] for merit in reversed(merits)]
    rank[np.lexsort((boxes, *last_first))] = np.arange(len(boxes))
    better, worse = np.sort(rank[ends.reshape(2, -1)], axis=0)
    gone: dict[int, int] = {}
    # Pairs of better boxes come first, so when a box is looked at it is known which others stay.
    order = np.lexsort((better, worse))
    steps = zip(order.tolist(), better[order].tolist(), worse[order].tolist(), strict=True)
    for pair, winner, loser in steps:
        if winner not in gone:
            gone.setdefault(loser, pair)
    pair = np.array(list(gone.values()), np.int64)
    ranked = boxes[np.argsort(rank)]
    return Suppressed(ranked[worse[pair]], ranked[better[pair]], pair)


@dataclass(frozen=True, eq=False)
class CrowdedDuplicates:
    """Crowded boxes, and of each the box that stands for it: no two of these are near."""

    box: Rows  # (n,)
    by: Rows  # (n,) the better box, which is not one of them itself


def crowded_duplicates(dataset: Dataset, group: Ints, information: Ints) -> CrowdedDuplicates:
    """The boxes that go, as by `suppressed`, where those of a group are crowded; see `CROWDED`.

    Takes time in proportion to the boxes of such a group times those that stay, and no memory.

    Parameters
    ----------
    dataset:
        whose boxes these are.
    group:
        (n,) the image and class of each box, as one number; a negative group takes no part.
    information:
        (n,) see `information`; of equals the larger box stays, then the first.
    """
    boxes = dataset.boxes
    rows = _rows_of_crowded_groups(boxes.xyxy, group)
    rows = rows[
        np.lexsort((rows, -area(boxes.xyxy[rows]).round(2), -information[rows], group[rows]))
    ]
    start = np.flatnonzero(np.diff(group[rows], prepend=MISSING))
    gone, by = [rows[:0]], [rows[:0]]
    for rest in np.split(rows, start[1:]):
        while len(rest) > 1:
            best, rest = rest[0], rest[1:]  # noqa: PLW2901  # what is left of it
            near = _near_one(dataset, best, rest)
            gone.append(rest[near])
            by.append(np.full(len(gone[-1]), best))
            rest = rest[~near]  # noqa: PLW2901
    return CrowdedDuplicates(
        np.concatenate(gone).astype(np.int32), np.concatenate(by).astype(np.int32)
    )


def _near_one(dataset: Dataset, best: int, rest: Ints) -> Bools:
    """Which of `rest`, (n,), are near the box `best`, and may be of the same object."""
    first = np.full(len(rest), best)
    pairs = pairs_of(dataset.boxes, first, rest)
    near = nearly_equal(dataset.boxes, pairs, min_overlap=NEAR_OVERLAP, max_shift=NEAR_SHIFT)
    near[near] = like_masks(dataset, first[near], rest[near])
    return near


def _rows_of_crowded_groups(boxes: Floats, group: Ints) -> Ints:
    """The rows of the groups in which more than `CROWDED` boxes share one size and place, roughly.

    Sizes are told apart by factors of 1.4, places by half a size. Crowded boxes may be cut by such
    bounds, into 16 parts at most.
    """
    ordered = np.sort(group[group >= 0])
    # Where one group stands this far apart in order, it may be crowded.
    large = unique(ordered[CROWDED:][ordered[CROWDED:] == ordered[:-CROWDED]])
    if not len(large):
        return np.empty(0, np.int64)
    rows = np.flatnonzero(np.isin(group, large))
    size = boxes[rows, 2:] - boxes[rows, :2]
    octave = np.floor(2 * np.log2(size))
    cell = np.floor(boxes[rows, :2] / np.exp2(octave / 2 - 1))
    alike = first_equal(np.hstack([octave, cell]), group[rows])
    crowded = np.bincount(alike, minlength=len(rows))[alike] > CROWDED
    found: Ints = rows[np.isin(group[rows], group[rows[crowded]])]
    return found


def keepers(dataset: Dataset, exact: Rows, pairs: Pairs, label: Rows, information: Ints) -> Rows:
    """The box that each is a duplicate of, in class and but for rounding in corners, (n,).

    Parameters
    ----------
    dataset:
        whose boxes these are.
    information:
        (n,) how much each box says; see `information`.
    exact:
        see `exact_keepers`.
    pairs:
        of boxes that are no exact duplicates.
    label:
        the class of each box, (n,). A box without a class is nobody's duplicate: its own row.
    """
    itself = np.arange(len(exact), dtype=np.int32)
    copied = np.flatnonzero((exact != itself) & (label != MISSING))
    copied = copied[like_masks(dataset, copied, exact[copied])]
    one_class = (label[pairs.first] == label[pairs.second]) & (label[pairs.first] != MISSING)
    pairs = pairs.rows(one_class)
    pairs = pairs.rows(coinciding(dataset.boxes, pairs))
    pairs = pairs.rows(like_masks(dataset, pairs.first, pairs.second))
    rounded = suppressed(pairs, information)
    keeper, stays = itself.copy(), itself
    keeper[copied] = exact[copied]
    stays[rounded.box] = rounded.by
    return stays[keeper]


def like_masks(dataset: Dataset, first: Rows | Ints, second: Rows | Ints) -> Bools:
    """Whether the masks of `first[i]` and `second[i]` may be of one object, (n,).

    True where one has no mask, or one that says nothing, as the rectangle of its box does.

    Parameters
    ----------
    dataset:
        whose boxes these are.
    first, second:
        (n,) rows in Boxes.
    """
    row = _row_of(dataset.masks, len(dataset.boxes))
    both = np.flatnonzero((row[first] != MISSING) & (row[second] != MISSING))
    a, b = dataset.masks.rows(row[first[both]]), dataset.masks.rows(row[second[both]])
    told = (a.fault == MaskFault.NONE) & (b.fault == MaskFault.NONE)
    told &= (np.abs(a.xyxy) <= FARTHEST).all(axis=1) & (np.abs(b.xyxy) <= FARTHEST).all(axis=1)
    both, a, b = both[told], a.rows(told), b.rows(told)
    unlike = np.minimum(a.area, b.area) < LIKE_AREA * np.maximum(a.area, b.area)
    unlike |= iou(a.xyxy, b.xyxy) < LIKE_EXTENT
    unlike &= ~(_is_box(dataset.boxes, a) | _is_box(dataset.boxes, b))
    like: Bools = np.ones(len(first), bool)
    like[both] = ~unlike
    return like


def _is_box(boxes: Boxes, masks: Masks) -> Bools:
    """Which masks are nothing but the rectangle of their box, (n,)."""
    filled = masks.area >= FILLED * area(masks.xyxy)
    few = (masks.kind == MaskKind.POLYGON) & (masks.parts == 1) & (masks.points <= CORNERS)
    is_box: Bools = filled & few & (iou(masks.xyxy, boxes.xyxy[masks.box]) >= SAME_OVERLAP)
    return is_box


def adds_nothing(dataset: Dataset, box: Rows | Ints, kept: Rows | Ints) -> Bools:
    """Whether the duplicate `box[i]` says nothing that `kept[i]` does not say too, (n,).

    Its record is read again and compared whole, with points and attributes. Of a dataset that was
    made in memory, masks and keypoints with as many points, of the same extent and area, are taken
    to be the same.

    Parameters
    ----------
    dataset:
        whose boxes these are.
    box:
        (n,) rows in Boxes of the duplicates.
    kept:
        (n,) rows in Boxes of what they are duplicates of.
    """
    area = dataset.boxes.area
    nothing: Bools = np.isnan(area[box]) | np.isclose(area[box], area[kept], rtol=SAME_AREA)
    nothing &= ~_adds_mask(dataset, box, kept) & ~_adds_keypoints(dataset, box, kept)
    idle = np.flatnonzero(nothing)
    nothing[idle] = ~adds_values(dataset, box[idle], kept[idle], slack=SAME_SHIFT)
    return nothing


def _adds_mask(dataset: Dataset, box: Rows | Ints, kept: Rows | Ints) -> Bools:
    row = _row_of(dataset.masks, len(dataset.boxes))
    adds: Bools = row[box] != MISSING
    both = adds & (row[kept] != MISSING)
    a, b = dataset.masks.rows(row[box[both]]), dataset.masks.rows(row[kept[both]])
    same = (a.kind == b.kind) & (a.parts == b.parts) & (a.points == b.points)
    same &= np.isclose(a.area, b.area, rtol=SAME_AREA)
    adds[both] = ~(same & (np.abs(a.xyxy - b.xyxy) <= SAME_SHIFT).all(axis=1))
    return adds


def _adds_keypoints(dataset: Dataset, box: Rows | Ints, kept: Rows | Ints) -> Bools:
    labelled = dataset.keypoints.rows(dataset.keypoints.labelled > 0)
    row = _row_of(labelled, len(dataset.boxes))
    adds: Bools = row[box] != MISSING
    both = adds & (row[kept] != MISSING)
    a, b = labelled.rows(row[box[both]]), labelled.rows(row[kept[both]])
    same = (a.labelled == b.labelled) & (np.abs(a.xyxy - b.xyxy) <= SAME_SHIFT).all(axis=1)
    adds[both] = ~same
    return adds


def _row_of(table: Masks | Keypoints, boxes: int) -> Rows:
    """The row in `table` of each of so many boxes, (boxes,); MISSING where it has none."""
    row = np.full(boxes + 1, MISSING, np.int32)
    row[table.box] = np.arange(len(table), dtype=np.int32)
    return row[:-1]
