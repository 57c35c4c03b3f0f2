"""Columns of a table as Arrow has them, for whoever takes its C stream interface.

pandas, polars, DuckDB and pyarrow do, and none of them need be installed here. A table is a column
of columns. What is exported is made by `_arrow.c`.

Source: https://arrow.apache.org/docs/format/CDataInterface.html, for formats ("u": text in UTF-8,
"g": float64, "i": int32, "+w:4": four numbers) and layouts of buffers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np

from labelaudit.core.columns import Bools, Floats, Rows
from labelaudit.errors import ConfigError

_exported: ModuleType | None
try:
    from labelaudit.core import _arrow as _exported
except ImportError:  # no C compiler where it was installed
    _exported = None

NULLABLE = 2
"""ARROW_FLAG_NULLABLE: a column may hold nothing in some rows."""

ArrowBuffer: TypeAlias = "np.ndarray[Any, np.dtype[Any]] | bytes | None"


@dataclass(frozen=True)
class ArrowColumn:
    """A column, or a part of one, of one batch."""

    format: str
    length: int
    nulls: int
    buffers: tuple[ArrowBuffer, ...]  # bits of what is there or None for all, then the values
    children: Mapping[str, ArrowColumn]
    dictionary: ArrowColumn | None = None

    def type(self, name: str = "") -> tuple[Any, ...]:
        """What `_arrow.schema` makes a schema of."""
        children = tuple(child.type(name) for name, child in self.children.items())
        words = self.dictionary and self.dictionary.type()
        return self.format, name, NULLABLE, children, words

    def data(self) -> tuple[Any, ...]:
        """What `_arrow.stream` makes an array of."""
        children = tuple(child.data() for child in self.children.values())
        words = self.dictionary and self.dictionary.data()
        return self.length, self.nulls, self.buffers, children, words


def text_column(values: Sequence[str | None]) -> ArrowColumn:
    """Texts, (n,), None where there is none."""
    given = ["" if value is None else value for value in values]
    joined = "".join(given)
    if joined.isascii():
        lengths, data = [len(value) for value in given], joined.encode()
    else:
        encoded = [value.encode("utf-8", "backslashreplace") for value in given]
        lengths, data = [len(value) for value in encoded], b"".join(encoded)
    ends = np.zeros(len(given) + 1, np.int32)
    np.cumsum(lengths, out=ends[1:])
    there = np.array([value is not None for value in values], bool)
    return ArrowColumn("u", len(given), *_told(there, ends, data), {})


def float_column(values: Floats) -> ArrowColumn:
    """Numbers, (n,); NaN is nothing."""
    told = _told(~np.isnan(values), np.ascontiguousarray(values, np.float64))
    return ArrowColumn("g", len(values), *told, {})


def int_column(values: Rows, there: Bools) -> ArrowColumn:
    """Whole numbers, (n,), where one is there."""
    return ArrowColumn("i", len(values), *_told(there, np.ascontiguousarray(values, np.int32)), {})


def vector_column(values: Floats, there: Bools) -> ArrowColumn:
    """Rows of as many numbers each, (n, k), where one is there; NaN stays NaN in it."""
    flat = np.ascontiguousarray(values, np.float64).ravel()
    numbers = ArrowColumn("g", len(flat), 0, (None, flat), {})
    return ArrowColumn(f"+w:{values.shape[1]}", len(values), *_told(there), {"item": numbers})


def word_column(codes: Rows, words: Sequence[str]) -> ArrowColumn:
    """Words by their places in `words`, (n,), negative where there is none: a dictionary column."""
    told = _told(codes >= 0, np.ascontiguousarray(codes, np.int32))
    return ArrowColumn("i", len(codes), *told, {}, text_column(words))


def table_of(columns: Mapping[str, ArrowColumn]) -> ArrowColumn:
    """Columns of one length, by name, as one."""
    length = next(iter(columns.values())).length
    return ArrowColumn("+s", length, 0, (None,), columns)


def schema_capsule(empty: ArrowColumn) -> object:
    """What `__arrow_c_schema__` of a table returns; of a batch of it, which may be empty."""
    return _compiled().schema(empty.type())


def stream_capsule(empty: ArrowColumn, batches: Iterable[ArrowColumn]) -> object:
    """What `__arrow_c_stream__` of a table returns; a batch is taken when it is asked for.

    Batches may have dictionaries of their own.
    """
    return _compiled().stream(empty.type(), _data(batches))


def _data(batches: Iterable[ArrowColumn]) -> Iterator[tuple[Any, ...]]:
    return (batch.data() for batch in batches)


def _told(there: Bools, *values: ArrowBuffer) -> tuple[int, tuple[ArrowBuffer, ...]]:
    """How many rows hold nothing, and the buffers, with the bits of what is there first."""
    nulls = int(np.count_nonzero(~there))
    return nulls, (_bits(there) if nulls else None, *values)


def _bits(truths: Bools) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.packbits(truths, bitorder="little")


def _compiled() -> ModuleType:
    if _exported is None:
        raise ConfigError(
            "the Arrow interface is one of the compiled parts, which this installation lacks: "
            "install labelaudit where there is a C compiler, or make a table of list(findings)"
        )
    return _exported
