"""Rows of like objects at regular steps, as plates on a shelf: near one another, and no copies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.duplicates.duplicate_boxes import nearly_equal, pairs_of
from labelaudit.boxes.pairs import Pairs
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows
from labelaudit.core.rows import unique
from labelaudit.dataset.tables import Boxes

LEAST = 4
"""Fewest boxes of a row: three that are near by twos may be one object, labelled three times."""

IRREGULAR = 0.5
"""Part of a step by which the next may differ; a choice.

Plates that a hand set off by a tenth of their distance remain a row; of the corners of one object
that was labelled again and again each is off by itself, and hardly four lie so by chance. A copy
that is nearer than a third of a step to what it copies is seen as one.
"""

NEAREST = 6
"""Boxes about each that the next of its row may be.

In a row these are the one before, the one behind, those next to them and a copy. The more of them,
the likelier are four by chance among the many boxes of one object.
"""

FARTHEST = 64
"""Most steps that are taken to the ends of a row; a choice."""


@dataclass(frozen=True, eq=False)
class _Steps:
    """Ways from a box to another, in the order of where they start."""

    start: Rows  # (n,) row in Boxes
    end: Rows  # (n,) row in Boxes
    way: Floats  # (n, 4) pixels by which each side is further on

    def rows(self, which: Bools | Ints) -> _Steps:
        """The steps in `which`: a mask or places."""
        return _Steps(self.start[which], self.end[which], self.way[which])


def of_a_stack(
    boxes: Boxes, pairs: Pairs, near: Bools, *, min_overlap: float, max_shift: float
) -> Bools:
    """Which of the pairs that are near are of two objects in a row of them, (m,).

    A row has four boxes at least, whose sides go on by about as much from each to the next: of one
    size, or changing evenly, as in perspective. Its ends are not near one another. Boxes of one
    object are all near one another, or lie about it without an order. In a row a copy stands out:
    it is nearer to what it copies than the next object is.

    Parameters
    ----------
    boxes:
        of the dataset.
    pairs:
        (n,) of boxes of one image that overlap, near or not: of these the rows are made.
    near:
        (n,) those that may be one object, m of them.
    min_overlap, max_shift:
        what near is; see `nearly_equal`.
    """
    at_near = np.zeros(len(boxes), bool)
    at_near[pairs.first[near]] = at_near[pairs.second[near]] = True
    in_image = np.isin(boxes.image[pairs.first], unique(boxes.image[pairs.first[near]]))
    steps = _steps(boxes, pairs.rows(in_image))
    seeds = steps.rows(at_near[steps.start] | at_near[steps.end])
    rows = _Rows(seeds)
    for ahead in (True, False):
        rows.follow(steps, boxes, ahead=ahead, min_overlap=min_overlap, max_shift=max_shift)
    near_pairs = pairs.rows(near)
    step = rows.step_at(rows.are_apart(boxes, min_overlap, max_shift), len(boxes))
    step[~_in_line(boxes, near_pairs, step)] = np.nan
    way = boxes.xyxy[near_pairs.second] - boxes.xyxy[near_pairs.first]
    of_first, of_second = step[near_pairs.first], step[near_pairs.second]
    both = np.isfinite(of_first + of_second).all(axis=1)
    return both & (_goes_along(way, of_first) | _goes_along(way, of_second))


class _Rows:
    """Rows of boxes, one through each of some steps."""

    def __init__(self, seeds: _Steps) -> None:
        self.first, self.last = seeds.start.copy(), seeds.end.copy()
        self.count = np.full(len(seeds.start), 2)
        self.way = seeds.way.copy()  # from the first to the last
        number = np.arange(len(seeds.start))
        self.members = [(number, seeds.start), (number, seeds.end)]

    def follow(
        self, steps: _Steps, boxes: Boxes, *, ahead: bool, min_overlap: float, max_shift: float
    ) -> None:
        """Go on to one end, until the ends are apart and the boxes enough."""
        end, sign = (self.last, 1) if ahead else (self.first, -1)
        going = np.arange(len(end))
        for _ in range(FARTHEST):
            enough = self.are_apart(boxes, min_overlap, max_shift, going)
            going = going[~enough]
            mean = self.way[going] / (self.count[going] - 1)[:, None]
            following = _following(steps, end[going], sign * mean)
            going, following = going[following != MISSING], following[following != MISSING]
            if not len(going):
                break
            end[going] = steps.end[following]
            self.way[going] += sign * steps.way[following]
            self.count[going] += 1
            self.members.append((going, end[going]))

    def are_apart(
        self, boxes: Boxes, min_overlap: float, max_shift: float, which: Ints | None = None
    ) -> Bools:
        """Which rows, or which of some, have boxes enough and ends that are not near."""
        some = slice(None) if which is None else which
        ends = pairs_of(boxes, self.first[some], self.last[some])
        near = nearly_equal(boxes, ends, min_overlap=min_overlap, max_shift=max_shift)
        return (self.count[some] >= LEAST) & ~near

    def step_at(self, which: Bools, boxes: int) -> Floats:
        """The shortest mean step of the rows of `which` at each box, (boxes, 4); NaN in none."""
        row, box = (np.concatenate(one) for one in zip(*self.members, strict=True))
        row, box = row[which[row]], box[which[row]]
        mean = self.way[row] / (self.count[row] - 1)[:, None]
        longest_first = np.argsort(-_length(mean), kind="stable")
        step = np.full((boxes, 4), np.nan)
        step[box[longest_first]] = mean[longest_first]
        return step


def _steps(boxes: Boxes, pairs: Pairs) -> _Steps:
    """The ways from each box to the nearest ones."""
    start = np.concatenate([pairs.first, pairs.second])
    end = np.concatenate([pairs.second, pairs.first])
    way = boxes.xyxy[end] - boxes.xyxy[start]
    order = np.lexsort((_length(way), start))
    start, end, way = start[order], end[order], way[order]
    rank = np.arange(len(start)) - np.searchsorted(start, start)
    near = rank < NEAREST
    return _Steps(start[near], end[near], way[near])


def _following(steps: _Steps, at: Rows, way: Floats) -> Ints:
    """The step from each box, (n,), that is most like a given one; MISSING where none is."""
    low, high = (np.searchsorted(steps.start, at, side) for side in ("left", "right"))
    size = high - low
    which = np.repeat(np.arange(len(at)), size)
    place = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size - low, size)
    longer = np.maximum(_length(way)[which], _length(steps.way[place]))
    off = _length(steps.way[place] - way[which])
    regular = off < IRREGULAR * longer
    which, place, off = which[regular], place[regular], off[regular] / longer[regular]
    best = np.lexsort((off, which))
    best = best[np.flatnonzero(np.diff(which[best], prepend=MISSING))]
    following = np.full(len(at), MISSING)
    following[which[best]] = place[best]
    return following


def _in_line(boxes: Boxes, near: Pairs, step: Floats) -> Bools:
    """Which boxes have at least as many near them along their row as elsewhere, (boxes,)."""
    box, other = np.append(near.first, near.second), np.append(near.second, near.first)
    along = _goes_along(boxes.xyxy[other] - boxes.xyxy[box], step[box])
    count = np.bincount(box, minlength=len(boxes))
    in_line: Bools = 2 * np.bincount(box, along, minlength=len(boxes)) >= count
    return in_line


def _goes_along(way: Floats, step: Floats) -> Bools:
    """Which ways, (n, 4), are one step of a row or several; none where there is no row, NaN."""
    length = _length(step)
    times = np.abs((way * step).sum(axis=1)) / length**2
    aside = np.sqrt(np.maximum(_length(way) ** 2 - (times * length) ** 2, 0))
    along: Bools = (times > 1 - IRREGULAR) & (aside < IRREGULAR * times * length)
    return along


def _length(way: Floats) -> Floats:
    """How long ways are, (n,), all four sides together."""
    length: Floats = np.sqrt((way**2).sum(axis=1))
    return length
