"""Requirements about splits: which there are, and which may have pictures in common."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.contract.outcome import (
    MOST_RECORDS,
    Requirement,
    of_parts,
    passed_if,
    records,
    unknown,
)
from labelaudit.auditing.contract.words import listed
from labelaudit.auditing.needs import Need
from labelaudit.auditing.requirements import Contract
from labelaudit.auditing.splits.pictures import pictures
from labelaudit.core.columns import Bools, Ints
from labelaudit.core.registry import suggestion
from labelaudit.core.text import counted


def of_splits(contract: Contract, audit: AuditContext) -> Iterator[Requirement]:
    """The requirements of a contract about splits."""
    splits = audit.dataset.splits
    if contract.required_splits:
        absent = [name for name in contract.required_splits if name not in splits]
        expected = f"splits {listed(contract.required_splits)}"
        hint = suggestion(absent[0], splits) if absent else ""
        found = f"none is called {listed(absent)}{hint}" if absent else listed(splits)
        yield passed_if(not absent, "required-splits", expected, found)
    if contract.splits_may_share is not None:
        near = contract.near_duplicates_leak
        yield _leaks(contract.splits_may_share, audit, near=near)


def shared_pictures(audit: AuditContext) -> dict[frozenset[str], Ints]:
    """The images that each two splits have in common, by the names of both.

    What one picture is, `pictures` says; an image that both list is in both.
    """
    dataset, picture = audit.dataset, pictures(audit)
    inside = [_inside(audit, number) for number in range(len(dataset.splits))]
    found: dict[frozenset[str], Ints] = {}
    for one, other in combinations(range(len(dataset.splits)), 2):
        common = np.intersect1d(picture[inside[one]], picture[inside[other]])
        smaller = min(one, other, key=lambda number: int(inside[number].sum()))
        rows = np.flatnonzero(inside[smaller] & np.isin(picture, common))
        found[frozenset((dataset.splits[one], dataset.splits[other]))] = rows
    return found


def _inside(audit: AuditContext, split: int) -> Bools:
    """Which images are in a split, (images,)."""
    members = audit.dataset.split_members
    inside = np.zeros(len(audit.dataset.images) + 1, bool)
    inside[members.image[members.split == split]] = True
    return inside[:-1]


def near_pictures(audit: AuditContext) -> dict[frozenset[str], Ints]:
    """The images of each two splits that have a near duplicate in the other, likewise."""
    splits, near = audit.dataset.splits, audit.near_duplicates
    inside = [_inside(audit, number) for number in range(len(splits))]
    found: dict[frozenset[str], Ints] = {}
    for one, other in combinations(range(len(splits)), 2):
        smaller, larger = sorted((one, other), key=lambda number: int(inside[number].sum()))
        rows = [
            here[inside[smaller][here] & inside[larger][there]]
            for here, there in ((near.first, near.second), (near.second, near.first))
        ]
        found[frozenset((splits[one], splits[other]))] = np.unique(np.concatenate(rows))
    return found


def _leaks(
    may_share: tuple[frozenset[str], ...], audit: AuditContext, *, near: bool
) -> Requirement:
    key, dataset = "splits-may-share", audit.dataset
    allowed = [" and ".join(sorted(pair)) for pair in may_share]
    but = f" but {listed(allowed)}" if allowed else ""
    expected = f"no two splits{but} have a picture{' or a near duplicate' * near} in common"
    if len(dataset.splits) < 2:
        return unknown(key, expected, "there are no splits")
    names = {name for pair in may_share for name in pair}
    parts = [
        unknown(
            key, f"{name} is a split", f"none is called {name!r}{suggestion(name, dataset.splits)}"
        )
        for name in sorted(names - set(dataset.splits))
    ]
    unseen = int((dataset.images.path == "").sum())
    undecoded = audit.lacking.get(Need.DECODED_IMAGES, "") if near else ""
    alike = near_pictures(audit) if near and not undecoded else {}
    for pair, rows in shared_pictures(audit).items():
        if pair in may_share:
            continue
        one, other = sorted(pair, key=dataset.splits.index)
        both = f"both in {one} and in {other}"
        missing = f"{counted(unseen, 'image')} not found on disk" if unseen else ""
        parts.append(_held(audit, f"no picture {both}", rows, missing))
        if near:
            copies = np.setdiff1d(alike.get(pair, rows[:0]), rows)
            parts.append(_held(audit, f"no near duplicate {both}", copies, undecoded or missing))
    if not parts:
        return passed_if(True, key, expected, "all may have")
    return of_parts(key, expected, parts)


def _held(audit: AuditContext, asked: str, rows: Ints, unseen: str) -> Requirement:
    """Whether two splits have no images in common.

    Parameters
    ----------
    audit:
        of the dataset.
    asked:
        that they have none, in words.
    rows:
        the images that they have.
    unseen:
        why there may be more; empty if there are not.
    """
    key = "splits-may-share"
    if len(rows):
        found = f"{counted(len(rows), 'image')} of one of them"
        messages = [asked.partition("both ")[2]] * min(len(rows), MOST_RECORDS)
        return passed_if(False, key, asked, found, records(audit.dataset, messages, image=rows))
    return unknown(key, asked, unseen) if unseen else passed_if(True, key, asked, "none")
