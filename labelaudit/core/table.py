"""Tables: frozen dataclasses of numpy columns of one length.

A field of a table is declared with `column(...)`, which says its dtype, the shape of one row and
what a row holds when nobody says anything. From that a table can be empty, be built from some of
its columns, and be concatenated. A column of row numbers says which table it points to, so that
rows of that table can be moved and dropped without naming every column.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from labelaudit.core.columns import MISSING, Bools, Rows, Selection
from labelaudit.core.ids import Ids, concat_ids


def column(  # Any: dataclasses.field has no better type
    dtype: Any, *shape: int, fill: Any, points_to: str = "", cascade: bool = False
) -> Any:
    """A field of a `Table`.

    Parameters
    ----------
    dtype, shape, fill:
        the dtype, the shape of one row, and its value when nobody says.
    points_to:
        the name of the table, in whatever holds both, that the column has row numbers of.
    cascade:
        whether a row goes when the row that it points to is dropped; else it points at nothing.
    """
    metadata = {"dtype": dtype, "shape": shape, "fill": fill}
    return dataclasses.field(metadata=metadata | {"points_to": points_to, "cascade": cascade})


def rows_column(points_to: str = "", *, cascade: bool = False) -> Any:  # Any: see column
    """A column of row numbers in another table, pointing at nothing unless said; see `column`."""
    return column(np.int32, fill=MISSING, points_to=points_to, cascade=cascade)


def ids_column() -> Any:  # Any: see column
    """A column of ids as the source file writes them, missing unless said."""
    return column(Ids, fill=None)


def fields(kind: type[Any]) -> tuple[dataclasses.Field[Any], ...]:
    """The columns of a kind of table, looked up once: a file is read as thousands of tables.

    What a table says of all its rows together is a field that no `column` declares.
    """
    if kind not in _FIELDS:
        columns = (field for field in dataclasses.fields(kind) if "dtype" in field.metadata)
        _FIELDS[kind] = tuple(columns)
    return _FIELDS[kind]


_FIELDS: dict[type[Any], tuple[dataclasses.Field[Any], ...]] = {}


def _wide_columns(kind: type[Any]) -> list[tuple[str, tuple[int, ...]]]:
    """The columns of more than one number a row, with the shape of a row; looked up once."""
    if kind not in _WIDE:
        shapes = [(field.name, field.metadata["shape"]) for field in fields(kind)]
        _WIDE[kind] = [(name, shape) for name, shape in shapes if shape]
    return _WIDE[kind]


_WIDE: dict[type[Any], list[tuple[str, tuple[int, ...]]]] = {}


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """Columns of one length. Never written to in place.

    Tables are not compared as a whole, and say in a line what they are: `eq=False` and `repr=False`
    where they are declared, which also halves the time that it takes to make the class.
    """

    def __post_init__(self) -> None:
        columns, kind = vars(self), type(self)
        names = [field.name for field in _FIELDS.get(kind) or fields(kind)]
        if len({len(columns[name]) for name in names}) > 1:
            lengths = {name: len(columns[name]) for name in names}
            raise ValueError(f"columns of {type(self).__name__} differ in length: {lengths}")
        for name, shape in _WIDE.get(kind) or _wide_columns(kind):
            if columns[name].shape[1:] != shape:
                raise ValueError(
                    f"column {name} of {type(self).__name__} has rows of shape {shape}, not an "
                    f"array of shape {columns[name].shape}"
                )

    def __len__(self) -> int:
        return len(next(iter(vars(self).values())))

    def __repr__(self) -> str:
        names = ", ".join(field.name for field in fields(type(self)))
        return f"<{type(self).__name__}: {len(self):,} rows of {names}>"

    @classmethod
    def of(cls, count: int, **columns: Any) -> Self:
        """A table of `count` rows from some of its columns; the others hold what nobody said."""
        filled: dict[str, Any] = {}
        for field in fields(cls):
            if field.name not in columns:
                filled[field.name] = _blank(field, count)
                continue
            given, dtype = columns.pop(field.name), field.metadata["dtype"]
            shape = (count, *field.metadata["shape"])
            if dtype is not Ids:
                given = np.asarray(given, dtype)
                given = given if given.shape == shape else given.reshape(shape)
            filled[field.name] = given
        if columns:
            raise TypeError(f"{cls.__name__} has no column {', '.join(columns)}")
        return cls(**filled)

    @classmethod
    def empty(cls) -> Self:
        """No rows."""
        return cls.of(0)

    def replaced(self, **columns: Any) -> Self:
        """The same table with other columns in the place of some."""
        return type(self)(**(vars(self) | columns))

    @classmethod
    def concat(cls, tables: Sequence[Self]) -> Self:
        """The rows of all `tables`, in order."""
        if len(tables) == 1:
            return tables[0]
        columns: dict[str, Any] = {}
        for field in fields(cls):
            parts = [getattr(table, field.name) for table in tables]
            if field.metadata["dtype"] is Ids:
                columns[field.name] = concat_ids(parts)
            else:
                columns[field.name] = np.concatenate(parts) if parts else _blank(field, 0)
        return tables[0].replaced(**columns) if tables else cls(**columns)

    def rows(self, which: Selection) -> Self:
        """The rows in `which`: a mask, row numbers or a slice."""
        columns = vars(self)
        return self.replaced(**{f.name: columns[f.name][which] for f in fields(type(self))})

    def repointed(self, new_rows: Mapping[str, Rows]) -> Self:
        """The same table after rows of the tables that it points to were moved.

        `new_rows` has for the name of such a table of k rows the new number of each, (k + 1,), and
        last MISSING, for what points at nothing.
        """
        columns = {
            field.name: new_rows[field.metadata["points_to"]][getattr(self, field.name)]
            for field in fields(type(self))
            if field.metadata["points_to"] in new_rows
        }
        return self.replaced(**columns) if columns else self

    def lost(self, before: Self) -> Bools:
        """Which rows go with one that was dropped, (n,); `before` is the table not repointed."""
        gone = np.zeros(len(self), bool)
        for field in fields(type(self)):
            now, then = getattr(self, field.name), getattr(before, field.name)
            if field.metadata["cascade"] and now is not then:
                gone |= (now == MISSING) & (then != MISSING)
        return gone


def _blank(field: dataclasses.Field[Any], count: int) -> Any:
    if field.metadata["dtype"] is Ids:
        return Ids.missing(count)
    shape = (count, *field.metadata["shape"])
    return np.full(shape, field.metadata["fill"], dtype=field.metadata["dtype"])
