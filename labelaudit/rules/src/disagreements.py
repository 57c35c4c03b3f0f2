"""Objects of which several people who labelled the same picture say different things."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.sources.agreement import NOT_ASKED, SharedObjects, comparable, objects
from labelaudit.auditing.sources.box_sources import BoxSources
from labelaudit.auditing.sources.raters import Raters, raters_of
from labelaudit.boxes.overlaps import matches
from labelaudit.core.columns import MISSING, Bools, Ints
from labelaudit.core.rows import unique

LEAST_NEAR = 0.1
"""Least overlap of two boxes of one class, each of which only one of two people drew, that are
taken for one object in different places; a choice."""


@dataclass(frozen=True)
class Vote:
    """What one person says of an object."""

    person: int  # in the names of the sources
    said: int  # the class; MISSING: nothing is there
    box: int  # row in Boxes; MISSING if they drew none
    image: int  # row in Images of their labels of the picture


@dataclass(frozen=True)
class DisputedObject:
    """One object of which people say different things."""

    votes: tuple[Vote, ...]  # of those who looked and label as the others do
    apart: tuple[int, int] | None = None  # two boxes that lie too far apart for one object
    overlap: float = 0.0  # of these

    @property
    def drawn(self) -> list[Vote]:
        """Those who drew a box."""
        return [vote for vote in self.votes if vote.box != MISSING]

    @property
    def absent(self) -> list[Vote]:
        """Those who drew none."""
        return [vote for vote in self.votes if vote.box == MISSING]

    def share_against(self, said: int) -> float:
        """The part of those who looked that say something else."""
        return sum(vote.said != said for vote in self.votes) / len(self.votes)

    @property
    def majority(self) -> int | None:
        """What more than half of them say; None if there is no such thing."""
        said, count = Counter(vote.said for vote in self.votes).most_common(1)[0]
        return said if 2 * count > len(self.votes) else None


def disagreements(
    audit: AuditContext,
    sources: BoxSources,
    *,
    min_overlap: float,
    max_shift: float,
    min_shared: float,
) -> Iterator[DisputedObject]:
    """The objects of which people say different things, picture by picture.

    Parameters
    ----------
    audit:
        of the dataset.
    sources:
        who drew each box.
    min_overlap:
        least intersection over union of boxes of one object, inclusive.
    max_shift:
        boxes of one class are of one object, too, if no side is further apart than this, in pixels,
        inclusive, and they overlap by `LEAST_NEAR`.
    min_shared:
        two people label the same pictures each by themselves if both drew at least this part of
        what either of them drew there; others add to each other's work, and do not disagree.
    """
    seats = _Seats.of(audit, raters_of(audit.dataset, sources))
    if not len(seats.person):
        return
    found = objects(
        audit.dataset, seats.people, seats.person != MISSING, seats.picture, min_overlap=min_overlap
    )
    apart = _by_themselves(seats, found, len(sources.names), min_shared)
    rows = np.flatnonzero(_is_disputed(found))
    votes = {row: _votes(seats, found, apart, row) for row in rows.tolist()}
    votes = {row: some for row, some in votes.items() if len(some) > 1}
    near = _near_pairs(audit, found, votes)
    told = {row for pair in near for row in pair[:2]}
    for row, some in votes.items():
        if row not in told and _differ(audit, some):
            yield DisputedObject(some)
    for first, second, overlap in near:
        one, other = votes[first], votes[second]
        drawn = [vote for some in (one, other) for vote in some if vote.box != MISSING]
        boxes = [next(vote.box for vote in some if vote.box != MISSING) for some in (one, other)]
        sides = audit.dataset.boxes.xyxy[boxes]
        if np.abs(sides[0] - sides[1]).max() > max_shift:
            yield DisputedObject(tuple(drawn), (boxes[0], boxes[1]), overlap)


@dataclass(frozen=True, eq=False)
class _Seats:
    """The people of each picture in columns: few label one picture, however many there are."""

    people: BoxSources  # of boxes in pictures that several labelled: their columns
    person: Ints  # (pictures, k) who is in each column; MISSING: nobody
    image: Ints  # (pictures, k) row in Images of their labels
    picture: Ints  # (images,) a number for each image
    blurred: Bools  # (pictures, k) whether they drew what is not compared: a crowd, say

    @classmethod
    def of(cls, audit: AuditContext, raters: Raters) -> _Seats:
        """Those of all pictures; empty if nobody labelled what another did."""
        picture = _pictures(audit, raters.picture)
        image, person = np.nonzero(raters.asked & ~audit.doubtful_images[:, None])
        count = len(raters.people.names)
        keys, first = np.unique(picture[image].astype(np.int64) * count + person, return_index=True)
        place, who = np.divmod(keys, count)
        start = np.searchsorted(place, place)
        column = np.arange(len(keys)) - start
        several = np.bincount(place, minlength=1)[place] > 1
        place, who, column, first = (part[several] for part in (place, who, column, first))
        if not len(place):
            nobody = np.empty((0, 0), np.int64)
            return cls(raters.people, nobody, nobody, picture, nobody.astype(bool))
        shape = (int(picture.max()) + 1, int(column.max()) + 1)
        of_seat, image_of = np.full(shape, MISSING, np.int64), np.full(shape, MISSING, np.int64)
        of_seat[place, column], image_of[place, column] = who, image[first]
        boxes, whose = audit.dataset.boxes, raters.people.box
        seat = np.full(len(boxes), MISSING, np.int32)
        for each in range(shape[1]):
            inside = boxes.image != MISSING
            here = of_seat[picture[boxes.image[inside]], each]
            rows = np.flatnonzero(inside)[(here == whose[inside]) & (here != MISSING)]
            seat[rows] = each
        names = tuple(map(str, range(shape[1])))
        people = BoxSources(raters.people.field, names, seat, by_hand=True)
        rows = np.flatnonzero(~comparable(audit.derived, people) & (seat != MISSING))
        blurred = np.zeros(shape, bool)
        blurred[picture[boxes.image[rows]], seat[rows]] = True
        return cls(people, of_seat, image_of, picture, blurred)


def _pictures(audit: AuditContext, by_name: Ints) -> Ints:
    """A number for each image, (images,): by its file, and by its name where none was found."""
    same = audit.identical_images.group
    keys: dict[tuple[str, str | int], int] = {}
    return np.array(
        [
            keys.setdefault(
                ("same", group) if group != MISSING else ("path", path) if path else ("name", name),
                len(keys),
            )
            for group, path, name in zip(
                same.tolist(), audit.dataset.images.path.tolist(), by_name.tolist(), strict=True
            )
        ],
        np.int64,
    )


def _by_themselves(
    seats: _Seats, found: SharedObjects, people: int, min_shared: float
) -> dict[tuple[int, int], bool]:
    """Of which pairs of people it can be told that each labels by themselves."""
    told: dict[tuple[int, int], bool] = {}
    both: Counter[tuple[int, int]] = Counter()
    either: dict[tuple[int, int], Counter[int]] = {}
    width = seats.person.shape[1]
    for one in range(width):
        for other in range(one + 1, width):
            who = seats.person[found.picture][:, [one, other]]
            looked = (who != MISSING).all(axis=1)
            drawn = found.box[:, [one, other]] != MISSING
            pair = who[:, 0] * people + who[:, 1]
            for key, count in _counts(pair[looked & drawn.all(axis=1)], people):
                both[key] += count
            for side in (0, 1):
                for key, count in _counts(pair[looked & drawn[:, side]], people):
                    either.setdefault(key, Counter())[side] += count
    for key, sides in either.items():
        fewest = min(sides[0], sides[1])
        told[key] = told[key[::-1]] = fewest > 0 and both[key] >= min_shared * fewest
    return told


def _counts(keys: Ints, people: int) -> Iterator[tuple[tuple[int, int], int]]:
    values = unique(keys)
    for key, count in zip(
        values.tolist(), np.bincount(np.searchsorted(values, keys)).tolist(), strict=True
    ):
        first, second = divmod(key, people)
        yield (first, second), count


def _is_disputed(found: SharedObjects) -> Bools:
    """Which objects, (n,), not all who looked say the same of."""
    asked = found.said != NOT_ASKED
    most = np.where(asked, found.said, np.iinfo(np.int64).min).max(axis=1, initial=MISSING)
    least = np.where(asked, found.said, np.iinfo(np.int64).max).min(axis=1, initial=2**62)
    several: Bools = (asked.sum(axis=1) > 1) & (least < most)
    return several


def _votes(
    seats: _Seats, found: SharedObjects, apart: dict[tuple[int, int], bool], row: int
) -> tuple[Vote, ...]:
    """What those say of an object who label by themselves, beside somebody who drew it."""
    picture = int(found.picture[row])
    every = [
        Vote(int(seats.person[picture, seat]), said, box, int(seats.image[picture, seat]))
        for seat, (said, box) in enumerate(
            zip(found.said[row].tolist(), found.box[row].tolist(), strict=True)
        )
        # What is hidden in a crowd, or was written so that nobody can read it, may be there.
        if said != NOT_ASKED and not (box == MISSING and seats.blurred[picture, seat])
    ]
    drawn = [vote.person for vote in every if vote.box != MISSING]
    return tuple(
        vote
        for vote in every
        if any(apart.get((vote.person, one), False) for one in drawn if one != vote.person)
        or (
            vote.box != MISSING
            and any(apart.get((vote.person, one.person), False) for one in every)
        )
    )


def _differ(audit: AuditContext, votes: Sequence[Vote]) -> bool:
    """Whether people differ in more than how narrow a class they chose."""
    said = sorted({vote.said for vote in votes})
    if len(said) < 2 or said[0] == MISSING:
        return len(said) > 1
    first, second = np.triu_indices(len(said), 1)
    labels = np.array(said)
    return not audit.are_related(labels[first], labels[second]).all()


def _near_pairs(
    audit: AuditContext, found: SharedObjects, votes: dict[int, tuple[Vote, ...]]
) -> list[tuple[int, int, float]]:
    """Pairs of objects that are one, in different places, and how far their boxes overlap.

    Of each, one of two people drew a box, and the other another of the same class near it; those
    that overlap most are put together first, each with one other.
    """
    alone = [
        row
        for row, some in votes.items()
        if len({vote.said for vote in some if vote.box != MISSING}) == 1
        and any(vote.box == MISSING for vote in some)
    ]
    boxes, derived = audit.dataset.boxes, audit.derived
    first = np.array(
        [next(v.box for v in votes[row] if v.box != MISSING) for row in alone], np.int64
    )
    place = found.picture[alone].astype(np.int64) if alone else np.empty(0, np.int64)
    place = place * (len(derived.classes) + 1) + derived.box_class[first]
    _, place = np.unique(place, return_inverse=True)
    xyxy = boxes.xyxy[first]
    near = matches(place, xyxy, place, xyxy, min_overlap=LEAST_NEAR)
    near = near.rows(near.one < near.other)
    taken: set[int] = set()
    pairs = []
    for at in np.argsort(-near.overlap, kind="stable").tolist():
        one, other = alone[int(near.one[at])], alone[int(near.other[at])]
        if {one, other} & taken or not _complete_each_other(votes[one], votes[other]):
            continue
        taken |= {one, other}
        # What more people drew comes second: the other is compared with it.
        fewer, more = sorted((one, other), key=lambda row: _count_drawn(votes[row]))
        pairs.append((fewer, more, float(near.overlap[at])))
    return pairs


def _count_drawn(votes: Sequence[Vote]) -> int:
    return sum(vote.box != MISSING for vote in votes)


def _complete_each_other(one: Sequence[Vote], other: Sequence[Vote]) -> bool:
    """Whether everybody who drew one of two objects lacks the other."""
    mine = {vote.person for vote in one if vote.box != MISSING}
    theirs = {vote.person for vote in other if vote.box != MISSING}
    absent = {vote.person for vote in one if vote.box == MISSING}
    return bool(mine) and bool(theirs) and not mine & theirs and theirs <= absent
