"""Tables: frozen dataclasses of numpy columns of one length.

A field of a table is declared with `column(...)`, which says its dtype, the shape of one row and what a
row holds when nobody says anything. From that a table can be empty, be built from some of its columns,
and be concatenated.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Rows: TypeAlias = NDArray[np.int32]  # row numbers in another table; MISSING points at nothing
Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]
Texts: TypeAlias = np.ndarray[tuple[int, ...], np.dtypes.StringDType]
Objects: TypeAlias = NDArray[np.object_]
Selection: TypeAlias = NDArray[np.integer[Any]] | NDArray[np.bool_] | slice

MISSING = -1
"""A row number that points at nothing, or a position in a source file that does not exist."""

TEXT = np.dtypes.StringDType()


def texts(values: Iterable[str]) -> Texts:
    """A text column, (n,), as wide as its own text and no wider.

    Lone surrogates, which JSON can carry and UTF-8 cannot, become their escape (`\\ud800`).
    """
    return np.array([encodable(value) for value in values], dtype=TEXT)


def encodable(text: str) -> str:
    r"""`text` with each lone surrogate written as its escape.

    >>> encodable("caf\u00e9 \ud800")
    'café \\ud800'
    """
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def column(dtype: Any, *shape: int, fill: Any) -> Any:  # Any: dataclasses.field has no better type
    """A field of a `Table`: the dtype, the shape of one row, and its value when nobody says."""
    return dataclasses.field(metadata={"dtype": dtype, "shape": shape, "fill": fill})


def rows_column() -> Any:  # Any: see column
    """A column of row numbers in another table, pointing at nothing unless said."""
    return column(np.int32, fill=MISSING)


def ids_column() -> Any:  # Any: see column
    """A column of ids as the source file writes them, missing unless said."""
    return dataclasses.field(metadata={"dtype": Ids, "shape": (), "fill": None})


@dataclass(frozen=True)
class Ids:
    """Ids as the source file writes them: never a key, they may repeat, be text or be missing.

    Nearly all ids are whole numbers and live in an array; every other id lives in `odd`. A missing id
    is None. Equality is JSON's as Python reads it: 3 and 3.0 are one id, 3 and "3" are two.
    """

    number: Ints  # (n,) the id, or 0 where the id is odd
    odd: Mapping[int, Any]  # row -> the id (text, float, None, list, ...); Any: whatever JSON holds

    @classmethod
    def of(cls, values: Sequence[Any]) -> Ids:
        """The ids in `values`, in order.

        >>> Ids.of([3, "a", None]).values()
        [3, 'a', None]
        """
        odd = {row: value for row, value in enumerate(values) if not is_plain_id(value)}
        if odd:
            values = [0 if row in odd else value for row, value in enumerate(values)]
        return cls(np.array(values, dtype=np.int64).reshape(-1), odd)

    @classmethod
    def missing(cls, count: int) -> Ids:
        """`count` ids, all missing."""
        return cls(np.zeros(count, np.int64), dict.fromkeys(range(count)))

    def __len__(self) -> int:
        return len(self.number)

    def __getitem__(self, which: Selection) -> Ids:
        number = self.number[which]
        if not self.odd:
            return Ids(number, {})
        kept = np.arange(len(self))[which].tolist()
        odd = {new: self.odd[old] for new, old in enumerate(kept) if old in self.odd}
        return Ids(number, odd)

    def value(self, row: int) -> Any:  # Any: whatever JSON holds
        """The id in `row`, as the source writes it; None if it is missing."""
        return self.odd[row] if row in self.odd else int(self.number[row])

    def values(self) -> list[Any]:
        """All ids, in order."""
        values = self.number.tolist()
        for row, value in self.odd.items():
            values[row] = value
        return values

    @property
    def plain(self) -> Bools:
        """Which ids are whole numbers, (n,)."""
        plain = np.ones(len(self), bool)
        plain[list(self.odd)] = False
        return plain

    def with_value(self, row: int, value: Any) -> Ids:
        """The same ids but for `value` in `row`."""
        number, odd = self.number.copy(), dict(self.odd)
        odd.pop(row, None)
        if is_plain_id(value):
            number[row] = value
        else:
            odd[row] = value
        return Ids(number, odd)

    def groups(self) -> Ints:
        """A number for each row, (n,), equal exactly where ids are equal; missing ids are all -1."""
        numbers, inverse = np.unique(self.number, return_inverse=True)
        group = inverse.astype(np.int64)
        seen: dict[Any, int] = {}
        for row, value in self.odd.items():
            key = id_key(value)
            place = int(np.searchsorted(numbers, key)) if is_plain_id(key) else len(numbers)
            if place < len(numbers) and int(numbers[place]) == key:
                group[row] = place  # 3.0 belongs with 3
            else:
                group[row] = MISSING if value is None else seen.setdefault(key, len(self) + row)
        return group

    def find(self, wanted: Ids) -> Rows:
        """For each id in `wanted`, (m,), the first row here with that id, or MISSING."""
        order = np.argsort(self.number, kind="stable")
        order = order[self.plain[order]]
        keys = self.number[order]
        found = np.full(len(wanted), MISSING, np.int32)
        if len(keys):
            place = np.searchsorted(keys, wanted.number)
            place[place == len(keys)] = 0
            hit = keys[place] == wanted.number
            found[hit] = order[place[hit]]
        if not self.odd and not wanted.odd:
            return found
        odd: dict[Any, int] = {}
        for row in sorted(self.odd):
            if self.odd[row] is not None:
                odd.setdefault(id_key(self.odd[row]), row)
        for key, row in odd.items():
            if isinstance(key, int) and -(2**63) <= key < 2**63:
                found[(wanted.number == key) & (found == MISSING)] = row
        numbers = dict(zip(keys[::-1].tolist(), order[::-1].tolist(), strict=True))
        for row, value in wanted.odd.items():
            key = id_key(value)
            found[row] = MISSING if value is None else numbers.get(key, odd.get(key, MISSING))
        return found


def is_plain_id(value: Any) -> bool:
    """Whether an id is a whole number that fits in 64 bits."""
    return type(value) is int and -(2**63) <= value < 2**63


def id_key(value: Any) -> Any:
    """What an odd id is compared by: 3.0 equals 3, true does not, a list equals its like."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str) or type(value) is int else repr(value)


@dataclass(frozen=True)
class Table:
    """Columns of one length. Never written to in place."""

    def __post_init__(self) -> None:
        lengths = {field.name: len(getattr(self, field.name)) for field in dataclasses.fields(self)}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns of {type(self).__name__} differ in length: {lengths}")

    def __len__(self) -> int:
        return len(getattr(self, dataclasses.fields(self)[0].name))

    @classmethod
    def of(cls, count: int, **columns: Any) -> Self:
        """A table of `count` rows from some of its columns; the others hold what nobody said."""
        filled = {}
        for field in dataclasses.fields(cls):
            if field.name not in columns:
                filled[field.name] = _blank(field, count)
            elif field.metadata["dtype"] is Ids:
                filled[field.name] = columns.pop(field.name)
            else:
                given = columns.pop(field.name)
                shape = (count, *field.metadata["shape"])
                filled[field.name] = np.asarray(given, field.metadata["dtype"]).reshape(shape)
        if columns:
            raise TypeError(f"{cls.__name__} has no column {', '.join(columns)}")
        return cls(**filled)

    @classmethod
    def empty(cls) -> Self:
        """No rows."""
        return cls.of(0)

    @classmethod
    def concat(cls, tables: Sequence[Self]) -> Self:
        """The rows of all `tables`, in order."""
        if len(tables) == 1:
            return tables[0]
        columns = {}
        for field in dataclasses.fields(cls):
            parts = [getattr(table, field.name) for table in tables]
            if field.metadata["dtype"] is Ids:
                columns[field.name] = _concat_ids(parts)
            else:
                columns[field.name] = np.concatenate(parts) if parts else _blank(field, 0)
        return cls(**columns)

    def rows(self, which: Selection) -> Self:
        """The rows in `which`: a mask, row numbers or a slice."""
        names = [field.name for field in dataclasses.fields(self)]
        return type(self)(**{name: getattr(self, name)[which] for name in names})


def _blank(field: dataclasses.Field[Any], count: int) -> Any:
    if field.metadata["dtype"] is Ids:
        return Ids.missing(count)
    shape = (count, *field.metadata["shape"])
    return np.full(shape, field.metadata["fill"], dtype=field.metadata["dtype"])


def _concat_ids(parts: Sequence[Ids]) -> Ids:
    if not parts:
        return Ids.missing(0)
    odd: dict[int, Any] = {}
    start = 0
    for part in parts:
        odd.update({start + row: value for row, value in part.odd.items()})
        start += len(part)
    return Ids(cast(Ints, np.concatenate([part.number for part in parts])), odd)


def moved(pointer: Rows, kept: Bools) -> Rows:
    """Row numbers `pointer` into a table after only its `kept` rows stay, (n,).

    What pointed at a row that is gone points at nothing.
    """
    new = np.full(len(kept) + 1, MISSING, np.int32)
    new[:-1][kept] = np.arange(np.count_nonzero(kept), dtype=np.int32)
    return cast(Rows, new[pointer])
