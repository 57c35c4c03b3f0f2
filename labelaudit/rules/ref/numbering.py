"""Ids that are used twice, and ids that nobody uses yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from labelaudit.dataset import Part
from labelaudit.findings import Fix, FixKind, Safety
from labelaudit.table import Ids, Ints, Rows, id_key

LARGEST = 2**53
"""Whole numbers beyond are not exact in a float64, which is what JavaScript and many tools read."""


@dataclass(frozen=True)
class Repeats:
    """The records whose id an earlier record of their file has."""

    row: Ints  # (n,)
    first: Ints  # (n,) the first record with that id
    times: Ints  # (n,) how often the id is used


def repeats(ids: Ids, file: Rows) -> Repeats:
    """The rows whose id stands in the same file before. A missing id repeats nothing."""
    first = ids.first(file)
    row = np.flatnonzero(first != np.arange(len(ids)))
    if not len(row):
        return Repeats(row, row, row)
    times = np.bincount(first, minlength=len(ids))
    return Repeats(row, first[row].astype(np.int64), times[first[row]])


def free_ids(ids: Ids, count: int) -> list[int]:
    """`count` ids that none of `ids` is: those after the largest, or the first gaps below `LARGEST`.

    >>> free_ids(Ids.of([1, 7, "x"]), 2), free_ids(Ids.of([1, 3, LARGEST]), 2)
    ([8, 9], [2, 4])
    """
    keys = [key for value in ids.odd.values() if isinstance(key := id_key(value), int)]
    taken = np.array([*ids.number[ids.plain].tolist(), *keys], dtype=object)
    ordinary = taken[(taken > 0) & (taken <= LARGEST)].astype(np.int64)
    start = int(ordinary.max(initial=0)) + 1
    if start + count > LARGEST:
        start = 1
    candidates = np.arange(start, start + count + len(ordinary))
    return np.setdiff1d(candidates, ordinary)[:count].tolist()  # type: ignore[no-any-return]  # ints


def renumberings(
    part: Part, ids: Ids, file: Rows, rows: Ints, safety: Safety
) -> list[Fix]:
    """A fix for each of `rows` that gives it an id that is free in its file."""
    fixes: dict[int, Fix] = {}
    for number in np.unique(file[rows]).tolist():
        here = rows[file[rows] == number].tolist()
        for row, new in zip(here, free_ids(ids[file == number], len(here)), strict=True):
            fixes[row] = Fix(FixKind.RENUMBER, safety, part, row, {"id": new})
    return [fixes[row] for row in rows.tolist()]


def merges(part: Part, rows: Iterable[int], into: Iterable[int], safety: Iterable[Safety]) -> list[Fix]:
    """A fix for each of `rows` that makes it one with the record in `into`."""
    each = zip(rows, into, safety, strict=True)
    return [Fix(FixKind.MERGE, safe, part, int(row), {"into": int(to)}) for row, to, safe in each]
