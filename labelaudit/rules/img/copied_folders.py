"""Folders, splits and files whose images are copies of those of another: one cause."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.core.columns import MISSING, Ints, Rows

NEARLY_ALL = 0.9
"""Share of the images of a place from which on it is a copy of another place; a choice."""

FEWEST = 3
"""Images of a place that is one finding; fewer are told one by one. A choice."""


class CopiedPlace(NamedTuple):
    """A folder, a split or a file nearly all of whose images are in others, too."""

    words: str  # what its images are called: images in ds copy
    others: tuple[str, ...]
    images: int  # how many it has
    groups: tuple[int, ...]  # of twins, by their place among those given


def copied_places(audit: AuditContext, twins: Sequence[Ints]) -> list[CopiedPlace]:
    """The places that are copies of others, each group of twins in one of them at most.

    Parameters
    ----------
    audit:
        of the dataset.
    twins:
        images that show the same, rows in Images, group by group.
    """
    told: set[int] = set()
    places = []
    for partition in audit.made_by_hand:
        size = np.bincount(partition.group[partition.group != MISSING])
        for place, others, groups in _shared(partition.group, twins, told):
            if len(groups) >= max(FEWEST, NEARLY_ALL * size[place]):
                told.update(groups)
                words = tuple(map(partition.words, others))
                places.append(
                    CopiedPlace(partition.words(place), words, int(size[place]), tuple(groups))
                )
    return places


def _shared(
    group: Rows | Ints, twins: Sequence[Ints], told: set[int]
) -> Iterator[tuple[int, tuple[int, ...], list[int]]]:
    """Each place that shares twins with the same others, these, and the twins, most first."""
    found: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    for number, rows in enumerate(twins):
        places = sorted(set(group[rows].tolist()))
        if number not in told and len(places) > 1 and places[0] != MISSING:
            found[tuple(places)].append(number)
    for every, groups in sorted(found.items(), key=lambda one: -len(one[1])):
        for place in reversed(every):  # the first is taken for the original
            yield place, tuple(one for one in every if one != place), groups
            if told.issuperset(groups):
                break
