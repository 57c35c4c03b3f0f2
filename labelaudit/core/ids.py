"""Ids as source files write them: they may repeat, be text or be missing, and are never keys."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from labelaudit.core.columns import MISSING, Bools, Ints, Rows, Selection

NO_ID = -(2**63)
"""What `Ids.number` holds where there is no id."""


@dataclass(frozen=True)
class Ids:
    """Ids as the source file writes them: never a key, they may repeat, be text or be missing.

    Nearly all ids are whole numbers and live in an array; every other id lives in `odd`. A missing
    id is None. Equality is JSON's as Python reads it: 3 and 3.0 are one id, 3 and "3" are two.
    """

    number: Ints  # (n,) the id; NO_ID where it is missing, anything where it is odd
    odd: Mapping[int, Any]  # row -> the id (text, float, ...), never None; Any: what JSON holds

    @classmethod
    def of(cls, values: Sequence[Any]) -> Ids:
        """The ids in `values`, in order.

        >>> Ids.of([3, "a", None]).values()
        [3, 'a', None]
        """
        # A million whole numbers, the usual case, are looked through at the speed of C.
        if set(map(type, values)) == {int}:
            with contextlib.suppress(OverflowError):
                number = np.array(values, dtype=np.int64)
                if not (number == NO_ID).any():
                    return cls(number, {})
        numbers = [value if is_plain_id(value) else NO_ID for value in values]
        odd = {
            row: value
            for row, value in enumerate(values)
            if value is not None and not is_plain_id(value)
        }
        return cls(np.array(numbers, dtype=np.int64), odd)

    @classmethod
    def missing(cls, count: int) -> Ids:
        """`count` ids, all missing."""
        return cls(np.full(count, NO_ID), {})

    def __len__(self) -> int:
        return len(self.number)

    def __getitem__(self, which: Selection) -> Ids:
        number = self.number[which]
        if not self.odd:
            return Ids(number, {})
        kept = np.arange(len(self))[which]
        places = np.flatnonzero(np.isin(kept, list(self.odd))).tolist()
        return Ids(number, {place: self.odd[int(kept[place])] for place in places})

    def value(self, row: int) -> Any:  # Any: whatever JSON holds
        """The id in `row`, as the source writes it; None if it is missing."""
        if row in self.odd:
            return self.odd[row]
        number = int(self.number[row])
        return None if number == NO_ID else number

    def values(self) -> list[Any]:
        """All ids, in order."""
        values: list[Any] = self.number.tolist()
        for row in np.flatnonzero(self.number == NO_ID).tolist():
            values[row] = None
        for row, value in self.odd.items():
            values[row] = value
        return values

    @property
    def given(self) -> Bools:
        """Which ids are not missing, (n,)."""
        given: Bools = self.number != NO_ID
        given[list(self.odd)] = True
        return given

    @property
    def plain(self) -> Bools:
        """Which ids are whole numbers, (n,)."""
        plain: Bools = self.number != NO_ID
        plain[list(self.odd)] = False
        return plain

    def with_values(self, changes: Mapping[int, Any]) -> Ids:
        """The same ids but for the values in `changes`, by row."""
        number, odd = self.number.copy(), dict(self.odd)
        for row, value in changes.items():
            odd.pop(row, None)
            number[row] = value if is_plain_id(value) else NO_ID
            if value is not None and not is_plain_id(value):
                odd[row] = value
        return Ids(number, odd)

    def wholes(self) -> Ints:
        """The whole numbers that ids are or equal, (m,), in order: 3.0 is 3.

        >>> Ids.of([3.0, "a", None, 5]).wholes()
        array([3, 5])
        """
        number, _ = self._keys()
        wholes: Ints = number[number != NO_ID]
        return wholes

    def groups(self) -> Ints:
        """A number for each row, (n,), equal exactly where ids are; MISSING where there is none."""
        number, others = self._keys()
        _, inverse = np.unique(number, return_inverse=True)
        group = np.where(number == NO_ID, MISSING, inverse)
        seen: dict[Any, int] = {}
        for row, key in others.items():
            group[row] = seen.setdefault(key, len(self) + len(seen))
        return group

    def first(self, within: Rows) -> Rows:
        """For each row, (n,), the first row with the same id and the same number in `within`.

        `within` is the file of each row, say. A missing id is like no other: its row is its own.
        """
        first = np.arange(len(self), dtype=np.int32)
        rows = np.flatnonzero(self.given)
        if not len(rows):
            return first
        key = _combined((self.groups() if self.odd else self.number)[rows], within[rows])
        if (key[1:] > key[:-1]).all():  # as most tools write them
            return first
        ascending = np.sort(key)
        if (ascending[1:] != ascending[:-1]).all():
            return first
        # Only repeated ids need the order that tells which of them comes first.
        repeated = np.isin(key, ascending[1:][ascending[1:] == ascending[:-1]])
        rows, key = rows[repeated], key[repeated]
        _, start, inverse = np.unique(key, return_index=True, return_inverse=True)
        first[rows] = rows[start][inverse]
        return first

    def find(self, wanted: Ids) -> Rows:
        """For each id in `wanted`, (m,), the first row here with that id, or MISSING."""
        (mine, my_others), (theirs, their_others) = self._keys(), wanted._keys()
        found = _first_places(mine, theirs)
        first: dict[Any, int] = {}
        for row in sorted(my_others):
            first.setdefault(my_others[row], row)
        for row, key in their_others.items():
            found[row] = first.get(key, MISSING)
        return found

    def _keys(self) -> tuple[Ints, dict[int, Any]]:
        """What ids are compared by: a number each, and by row those that no number equals."""
        if not self.odd:
            return self.number, {}
        number, others = self.number.copy(), {}
        for row, value in self.odd.items():
            key = id_key(value)
            number[row] = key if is_plain_id(key) else NO_ID
            if not is_plain_id(key):
                others[row] = key
        return number, others


def is_plain_id(value: Any) -> bool:
    """Whether an id is a whole number that fits in 64 bits."""
    return type(value) is int and NO_ID < value < 2**63


def id_key(value: Any) -> Any:
    """What an odd id is compared by: 3.0 equals 3, true does not, a list equals its like.

    >>> id_key(3.0), id_key("True"), id_key(True)
    (3, 'True', (<class 'bool'>, 'True'))
    """
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if type(value) in (int, str) else (type(value), repr(value))


def _combined(number: Ints, within: Rows) -> Ints:
    """One number for each pair of the two, (n,), equal exactly where both are; not empty."""
    if within.min() == within.max():
        return number
    low, span = int(number.min()), int(number.max()) - int(number.min()) + 1
    if span * (int(within.max()) + 2) >= 2**63:
        _, number = np.unique(number, return_inverse=True)
        low, span = 0, len(number)
    return (within.astype(np.int64) + 1) * span + (number - low)


def _first_places(numbers: Ints, wanted: Ints) -> Rows:
    """For each of `wanted`, (m,), its first place in `numbers`, or MISSING; NO_ID is nowhere."""
    found = np.full(len(wanted), MISSING, np.int32)
    rows = np.flatnonzero(numbers != NO_ID)
    if not len(rows):
        return found
    keys = numbers[rows]
    low, high = int(keys.min()), int(keys.max())
    if high - low <= 8 * (len(keys) + len(wanted)):
        # Ids mostly count up, and a look-up by position is ten times as fast as a binary search.
        table = np.full(high - low + 1, MISSING, np.int32)
        table[keys[::-1] - low] = rows[::-1]  # of equal ids the first is written last, and stays
        inside = (wanted >= low) & (wanted <= high)
        found[inside] = table[wanted[inside] - low]
        return found
    keys, start = np.unique(keys, return_index=True)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    hit = keys[place] == wanted
    found[hit] = rows[start[place[hit]]]
    return found


def concat_ids(parts: Sequence[Ids]) -> Ids:
    """The ids of all `parts`, in order."""
    if not parts:
        return Ids.missing(0)
    odd: dict[int, Any] = {}
    start = 0
    for part in parts:
        odd.update({start + row: value for row, value in part.odd.items()})
        start += len(part)
    return Ids(cast("Ints", np.concatenate([part.number for part in parts])), odd)
