"""Ids that cannot stay as they are, and the new ones for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.findings import Fix, Safety
from labelaudit.core.columns import Bools, Ints, Rows
from labelaudit.core.ids import Ids, id_key
from labelaudit.core.rows import unique
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.rules.ref.problem_rows import table_of

LARGEST = 2**53
"""Whole numbers beyond are not exact in a float64, which is what JavaScript and many tools read."""

FEW, MANY_SHARE = 10, 0.25
"""Records of a file that repeat an id are told one by one up to the first, and up to the second as
a fraction of all: more are of one cause, such as files put together as they were. A choice."""


@dataclass(frozen=True, eq=False)
class Repeats:
    """The records whose id an earlier record of their file has."""

    row: Ints  # (n,)
    first: Ints  # (n,) the first record with that id
    times: Ints  # (n,) how often the id is used


def repeats(ids: Ids, file: Rows) -> Repeats:
    """The rows whose id stands in the same file before. A missing id repeats nothing."""
    first = ids.first(file)
    row = np.flatnonzero(first != np.arange(len(ids)))
    times = np.bincount(first[row], minlength=len(ids)) + 1
    return Repeats(row, first[row].astype(np.int64), times[first[row]])


def begun_again(repeated: Repeats, file: Rows, count: Ints | None = None) -> list[tuple[int, Ints]]:
    """The files in which so many ids repeat that they have one cause, each with where they are.

    Parameters
    ----------
    repeated:
        of a table; where they are in it is told.
    file:
        (records,) row in Files of each record of that table.
    count:
        (files,) how many records each has, where the table has not all of them.
    """
    of_repeat = file[repeated.row]

    def every(number: int) -> int:
        return int(np.count_nonzero(file == number) if count is None else count[number])

    return [
        (number, here)
        for number in unique(of_repeat).tolist()
        if len(here := np.flatnonzero(of_repeat == number)) > FEW
        and len(here) > MANY_SHARE * every(number)
    ]


def unusual(ids: Ids, part: RecordType) -> Bools:
    """Which ids are not whole numbers that every tool reads alike, (n,); a missing one is not."""
    lowest = 1 if part is RecordType.BOX else 0
    unusual = ids.plain & ((ids.number < lowest) | (ids.number > LARGEST))
    unusual[list(ids.odd)] = True
    return unusual


def renumberings(
    dataset: Dataset, part: RecordType, rows: Ints, safety: Safety, largest: Ints | None = None
) -> list[Fix]:
    """A fix for each of `rows` that gives it an id of its own.

    Different rules ask for new ids for different rows of a file: all of these are counted through
    together, so that no two fixes give the same.

    Parameters
    ----------
    dataset, part:
        the table whose records these are.
    rows:
        (n,) of the records.
    safety:
        of the fixes.
    largest:
        (files,) the largest id of each, where the table has not all records but those in need.
    """
    if not len(rows):
        return []
    table = table_of(dataset, part)
    needy = unusual(table.id, part) | ~table.id.given
    needy[repeats(table.id, table.file).row] = True
    new: dict[int, int] = {}
    for file in unique(table.file[rows]).tolist():
        here = np.flatnonzero(needy & (table.file == file)).tolist()
        above = 0 if largest is None else int(largest[file])
        free = free_ids(table.id[table.file == file], len(here), above=above)
        new.update(zip(here, free, strict=True))
    return [Fix("renumber", safety, part, row, {"id": new[row]}) for row in rows.tolist()]


def free_ids(ids: Ids, count: int, *, above: int = 0) -> list[int]:
    """`count` ids that none of `ids` is: after the largest, or gaps if those would be too large.

    Parameters
    ----------
    ids:
        that are taken.
    count:
        how many are wanted.
    above:
        an id that is taken, too.

    >>> free_ids(Ids.of([1, 7, "x"]), 2), free_ids(Ids.of([1, 3, LARGEST]), 2)
    ([8, 9], [2, 4])
    """
    numbers = ids.number[ids.plain]
    wholes = [key for value in ids.odd.values() if type(key := id_key(value)) is int]
    taken = np.append(
        numbers[(numbers > 0) & (numbers <= LARGEST)],
        np.array([key for key in wholes if 0 < key <= LARGEST], np.int64),
    )
    start = max(int(taken.max(initial=0)), above) + 1
    if start + count > LARGEST:
        start = 1
    candidates = np.arange(start, start + count + len(taken))
    free: list[int] = candidates[~np.isin(candidates, taken)][:count].tolist()
    return free
