"""Whether the labels of images that show the same say the same, carried from one to the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix
from labelaudit.boxes.orientations import UPRIGHT, shown_from_stored, stored_from_shown
from labelaudit.boxes.overlaps import matches
from labelaudit.core.columns import Bools, Floats, Ints
from labelaudit.core.rows import all_but
from labelaudit.dataset.match import MIN_OVERLAP, best_first
from labelaudit.images.duplicates.pairs import NearDuplicates
from labelaudit.rules.img.twin_labels import boxes_added, boxes_of, comparable, usable_in

SEEN = 0.9
"""Share of a box that the other picture has to show for the box to be expected there; a choice."""

LARGELY = 0.5
"""Share of a box that the other picture has to show for its class to count there; a choice.

So much of a box is carried, too, to a picture that has no box at all.
"""

SMALL = 0.03
"""Width or height of a box, as a share of that of the image, below which none is expected.

A choice: two pictures are laid over each other to some thousandths, which is much of a small box.
"""

DECIMALS = 2
"""Of pixels where a box is carried to; pictures are laid over each other less exactly."""

_UNIT = np.ones(2)


@dataclass(frozen=True, eq=False)
class NearDifference:
    """How the labels of two images that show the same differ."""

    pair: int  # row in NearDuplicates
    first: int  # row in Images of the one that shows more
    second: int
    boxes: tuple[int, int]  # of each that the other shows
    conflicts: Ints  # (k, 2) boxes of both that are in one place, with another class
    only_first: Ints  # boxes of the first without a partner
    only_second: Ints
    carried_to_second: Floats  # (k, 4) where those of the first are in the second, in its pixels
    carried_to_first: Floats


def near_differences(
    audit: AuditContext, *, min_overlap: float = MIN_OVERLAP
) -> list[NearDifference]:
    """The pairs of near duplicates whose labels differ.

    Only boxes that the other picture shows nearly as a whole are expected in it; if one of these is
    missing and the other has no box at all, those that it shows by half are missing, too. Not
    compared are images whose labels cannot be, see `twin_labels`, and those that EXIF turns: nobody
    knows whether their boxes are in the picture as it is stored or as it is shown.
    """
    near = audit.near_duplicates
    if not len(near):
        return []
    able = comparable(audit, np.unique(np.concatenate([near.first, near.second])))
    able &= np.asarray(audit.headers.orientation == UPRIGHT, bool)
    able &= np.isfinite(audit.dataset.images.size).all(axis=1)
    pairs = np.flatnonzero(able[near.first] & able[near.second])
    if not len(pairs):
        return []
    usable = usable_in(audit, np.unique(np.concatenate([near.first[pairs], near.second[pairs]])))
    return [
        difference
        for difference in _compared(audit, near.rows(pairs), pairs, usable, min_overlap)
        if len(difference.conflicts) or len(difference.only_first) or len(difference.only_second)
    ]


def _compared(
    audit: AuditContext, near: NearDuplicates, pairs: Ints, usable: Ints, min_overlap: float
) -> list[NearDifference]:
    """How the labels of each of some pairs differ.

    Parameters
    ----------
    audit, min_overlap:
        see `near_differences`.
    near, pairs:
        the pairs, and their rows among all, (n,).
    usable:
        the boxes that are compared, image by image.
    """
    size, label = audit.dataset.images.size, audit.derived.box_class
    corners = audit.dataset.boxes.xyxy
    pair, box = boxes_of(audit, usable, near.first.astype(np.int64))
    other_pair, other_box = boxes_of(audit, usable, near.second.astype(np.int64))
    # All in fractions of the first image of each pair.
    here = corners[box] / np.tile(size[near.first[pair]], 2)
    there = to_first(
        corners[other_box] / np.tile(size[near.second[other_pair]], 2), near, other_pair
    )
    shared = np.clip(near.window, 0, 1)
    here_seen, here_share = _clipped(here, shared[pair])
    there_seen, there_share = _clipped(there, shared[other_pair])
    # However little the other shows of an object, what is left may have a box there.
    one, other = np.flatnonzero(here_share > 0), np.flatnonzero(there_share > 0)
    found = matches(
        pair[one], here_seen[one], other_pair[other], there_seen[other], min_overlap=min_overlap
    )
    rows, partners = one[found.one], other[found.other]
    other_class = label[box[rows]] != label[other_box[partners]]
    order = np.lexsort((-found.overlap, other_class))
    first, second = best_first(rows[order].astype(np.int64), partners[order].astype(np.int64))
    judged = audit.derived.is_evaluated
    conflict = label[box[first]] != label[other_box[second]]
    conflict &= ~audit.are_related(label[box[first]], label[other_box[second]])
    largely = (here_share[first] > LARGELY) & (there_share[second] > LARGELY)
    conflict &= judged[box[first]] & judged[other_box[second]] & largely
    boxes_in, other_boxes_in = (np.bincount(one, minlength=len(near)) for one in (pair, other_pair))
    alone, other_alone = all_but(len(box), first), all_but(len(other_box), second)
    lonely = _lonely(pair, alone & judged[box], here, here_share, other_boxes_in)
    other_lonely = _lonely(
        other_pair, other_alone & judged[other_box], there, there_share, boxes_in
    )
    # By where each pair begins: to look for it among all would take time by pairs times boxes.
    mine_of, theirs_of = _rows_of(pair, lonely, near), _rows_of(other_pair, other_lonely, near)
    clash_of = _rows_of(pair[first], conflict, near)
    differences = []
    for number in range(len(near)):
        mine, theirs, clash = mine_of[number], theirs_of[number], clash_of[number]
        differences.append(
            NearDifference(
                pair=int(pairs[number]),
                first=int(near.first[number]),
                second=int(near.second[number]),
                boxes=(int(boxes_in[number]), int(other_boxes_in[number])),
                conflicts=np.stack([box[first[clash]], other_box[second[clash]]], axis=1),
                only_first=box[mine],
                only_second=other_box[theirs],
                carried_to_second=to_second(here[mine], near, pair[mine])
                * np.tile(size[near.second[number]], 2),
                carried_to_first=np.clip(there[theirs], 0, 1)
                * np.tile(size[near.first[number]], 2),
            )
        )
    return differences


def _lonely(pair: Ints, alone: Bools, xyxy: Floats, share: Floats, in_other: Ints) -> Bools:
    """Which boxes, (n,), the other image of their pair lacks.

    Parameters
    ----------
    pair:
        (n,) the pair of each box.
    alone:
        (n,) whether the other image has none in its place.
    xyxy, share:
        (n, 4) in fractions of the first image, and (n,) the share that the other shows.
    in_other:
        (pairs,) how many boxes the other image has.
    """
    expected: Bools = alone & (share >= SEEN) & ~_small(xyxy)
    # Where nobody drew anything, small objects and those that are cut were forgotten as well.
    bare = (in_other == 0) & (np.bincount(pair[expected], minlength=len(in_other)) > 0)
    lonely: Bools = expected | (bare[pair] & alone & (share > LARGELY))
    return lonely


def _rows_of(pair: Ints, which: Bools, near: NearDuplicates) -> list[Ints]:
    """The places in `which`, (n,), that are of each pair, by the pair of each place."""
    rows = np.flatnonzero(which)
    rows = rows[np.argsort(pair[rows], kind="stable")]
    return np.split(rows, np.searchsorted(pair[rows], np.arange(1, len(near))))


def to_first(xyxy: Floats, near: NearDuplicates, pair: Ints) -> Floats:
    """Boxes of second images where they lie in the first ones, (n, 4); all in fractions.

    Parameters
    ----------
    xyxy:
        (n, 4) in fractions of the second image, as it is stored.
    near:
        pairs of images.
    pair:
        (n,) the row of each box in it.
    """
    turned = np.zeros((len(xyxy), 4))
    for orientation in np.unique(near.orientation[pair]).tolist():
        some = near.orientation[pair] == orientation
        turned[some] = shown_from_stored(xyxy[some], _UNIT, orientation)
    window = near.window[pair]
    side = np.tile(window[:, 2:] - window[:, :2], 2)
    carried: Floats = np.tile(window[:, :2], 2) + turned * side
    return carried


def to_second(xyxy: Floats, near: NearDuplicates, pair: Ints) -> Floats:
    """Boxes of first images where they lie in the second ones, within these, (n, 4).

    Parameters
    ----------
    xyxy:
        (n, 4) in fractions of the first image.
    near, pair:
        see `to_first`.
    """
    window = near.window[pair]
    side = np.tile(window[:, 2:] - window[:, :2], 2)
    turned = np.clip((xyxy - np.tile(window[:, :2], 2)) / side, 0, 1)
    stored = np.zeros((len(xyxy), 4))
    for orientation in np.unique(near.orientation[pair]).tolist():
        some = near.orientation[pair] == orientation
        stored[some] = stored_from_shown(turned[some], _UNIT, orientation)
    return stored


def _clipped(xyxy: Floats, window: Floats) -> tuple[Floats, Floats]:
    """Boxes within windows, (n, 4), and the share of each that is, (n,)."""
    inside = np.concatenate(
        [np.maximum(xyxy[:, :2], window[:, :2]), np.minimum(xyxy[:, 2:], window[:, 2:])], axis=1
    )
    side = np.clip(inside[:, 2:] - inside[:, :2], 0, None)
    area = (xyxy[:, 2:] - xyxy[:, :2]).prod(axis=1)
    return inside, side.prod(axis=1) / np.maximum(area, 1e-12)


def _small(xyxy: Floats) -> Bools:
    found: Bools = (xyxy[:, 2:] - xyxy[:, :2]).min(axis=1, initial=np.inf) < SMALL
    return found


def carried_boxes(audit: AuditContext, difference: NearDifference) -> Fix | None:
    """A fix that adds to each image the boxes that only the other has; None if classes differ, too.

    Which class is right must be seen.
    """
    if len(difference.conflicts):
        return None
    return boxes_added(
        audit,
        [
            (
                difference.second,
                difference.only_first,
                difference.carried_to_second.round(DECIMALS),
            ),
            (difference.first, difference.only_second, difference.carried_to_first.round(DECIMALS)),
        ],
    )
