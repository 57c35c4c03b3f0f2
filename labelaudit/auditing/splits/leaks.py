"""Which splits share pictures that they must not share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from labelaudit.auditing.findings import Severity
from labelaudit.core.columns import MISSING, Ints, Rows
from labelaudit.core.rows import unique
from labelaudit.dataset.split_roles import SplitRole, split_roles
from labelaudit.dataset.tables import Dataset

NEARLY_ALL = 0.9
"""Share of the images of a split from which on that they leaked is one finding; a choice."""


@dataclass(frozen=True, eq=False)
class Leak:
    """Two splits that share pictures which they must not share."""

    other: int  # index in Dataset.splits: the one that is trained on, if either is
    split: int  # the one that is measured on
    severity: Severity
    shared: Sequence[int]  # numbers of the pictures
    leaked: int  # images of `split` that are of these pictures
    images: int  # images of `split`

    @property
    def is_whole(self) -> bool:
        """Whether so many images of the split leaked that it is one finding."""
        return self.leaked >= NEARLY_ALL * self.images


def leaks(dataset: Dataset, picture: Ints) -> list[Leak]:
    """The pairs of splits that share pictures and must not, worst first.

    Parameters
    ----------
    dataset:
        whose splits they are.
    picture:
        (images,) a number below that of the images for each, equal for those of one picture.
    """
    split, image = members(dataset)
    of_split, of = _distinct(split, picture[image], len(picture))
    own = np.bincount(of_split, minlength=len(dataset.splits))
    found = []
    for pair, shared in _shared(of_split, of).items():
        part = len(shared) in (own[pair[0]], own[pair[1]])
        severity = severity_of(dataset, pair, part=part)
        if severity is not None:
            other, measured = by_purpose(dataset, pair, own)
            here = image[split == measured]
            leaked = int(np.isin(picture[here], shared).sum())
            found.append(Leak(other, measured, severity, shared, leaked, len(here)))
    return sorted(found, key=lambda leak: -leak.severity)


def members(dataset: Dataset) -> tuple[Ints, Ints]:
    """Each split with each of its images, once: the numbers of both, (n,) each."""
    listings = dataset.split_members
    listed = listings.image != MISSING
    return _distinct(listings.split[listed], listings.image[listed], len(dataset.images))


def _distinct(split: Ints | Rows, row: Ints | Rows, count: int) -> tuple[Ints, Ints]:
    """The pairs of a split and one of `count` rows that occur, in order, once each."""
    key = unique(split.astype(np.int64) * count + row)
    found: tuple[Ints, Ints] = np.divmod(key, max(count, 1))
    return found


def _shared(split: Ints, picture: Ints) -> Mapping[tuple[int, int], list[int]]:
    """The pictures that each two splits share, of each picture in each of its splits, (n,)."""
    several = np.flatnonzero(np.bincount(picture, minlength=1)[picture] > 1)
    several = several[np.lexsort((split[several], picture[several]))]
    splits: dict[int, list[int]] = {}
    for number, one in zip(picture[several].tolist(), split[several].tolist(), strict=True):
        splits.setdefault(number, []).append(one)
    shared: dict[tuple[int, int], list[int]] = {}
    for number, ones in splits.items():
        for pair in combinations(ones, 2):
            shared.setdefault(pair, []).append(number)
    return shared


def severity_of(dataset: Dataset, pair: tuple[int, int], *, part: bool) -> Severity | None:
    """How bad it is that two splits share pictures; None if they may.

    Parameters
    ----------
    dataset:
        that they are of.
    pair:
        their numbers.
    part:
        whether one of them has no other pictures than those that they share.
    """
    roles = [split_roles(dataset.splits[one]) for one in pair]
    if not all(roles):
        return None if part else Severity.WARNING
    if roles[0] & roles[1]:
        return None
    trained = any(SplitRole.TRAIN in each for each in roles)
    return Severity.ERROR if trained else Severity.WARNING


def by_purpose(dataset: Dataset, pair: tuple[int, int], own: Ints) -> tuple[int, int]:
    """Two splits, the one that is trained on first; where no name says it, the larger one.

    Parameters
    ----------
    dataset:
        that they are of.
    pair:
        their numbers.
    own:
        (splits,) how many pictures each has.
    """
    trained = [SplitRole.TRAIN in split_roles(dataset.splits[one]) for one in pair]
    tested = [SplitRole.TEST in split_roles(dataset.splits[one]) for one in pair]
    rank = [(trained[i], not tested[i], int(own[pair[i]])) for i in (0, 1)]
    return pair if rank[0] >= rank[1] else (pair[1], pair[0])
