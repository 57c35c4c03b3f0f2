"""Values of fixes, each as a fix names it and as a fix list does, where rows have no meaning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from labelaudit.auditing.findings import Fix
from labelaudit.dataset.tables import RecordType


class RecordNames(Protocol):
    """A dataset that names its records."""

    class_names: list[str]

    def record(self, part: RecordType, row: int) -> dict[str, Any]:
        """The file and position of a record."""

    def fix(self, fix: Fix) -> dict[str, Any]:
        """A fix as an object that JSON can hold."""


class RecordRows(Protocol):
    """A dataset that finds its records again."""

    def row(self, part: RecordType, key: dict[str, Any] | None) -> int:
        """The row of a record from its file and position; `ValueError` if there is none."""

    def fix(self, entry: dict[str, Any]) -> Fix:
        """A fix from such an object."""


@dataclass(frozen=True)
class Value:
    """How one value of a fix is written to a fix list and read back."""

    key: str  # of `changes` in a fix list, without which it is not there

    write: Callable[[RecordNames, RecordType, Any], dict[str, Any]]
    """The keys of `changes` that hold a value of a fix of a record of this type."""

    read: Callable[[RecordRows, RecordType, Mapping[str, Any]], Any]
    """The value from `changes`."""


def plain(key: str) -> Value:
    """A value that stands in a fix list as it is."""
    return Value(key, lambda _names, _part, value: {key: value}, lambda *given: given[-1][key])


def _box(_names: RecordNames, _part: RecordType, value: Any) -> dict[str, Any]:  # Any: four numbers
    left, top, right, bottom = value
    return {"box": [left, top, right - left, bottom - top]}


def _corners(_rows: RecordRows, _part: RecordType, changes: Mapping[str, Any]) -> list[float]:
    left, top, width, height = changes["box"]
    return [left, top, left + width, top + height]


def _class(names: RecordNames, _part: RecordType, value: Any) -> dict[str, Any]:  # Any: a row
    label = int(value)
    category = names.record(RecordType.CATEGORY, label)
    return {"class": names.class_names[label], "category": category}


BOX = Value("box", _box, _corners)
"""Corners in pixels; in a fix list left, top, width, height."""

CLASS = Value(
    "class",
    _class,
    lambda rows, _part, changes: rows.row(RecordType.CATEGORY, changes["category"]),
)
"""A row in Categories; in a fix list its name, and its place."""

IMAGE = Value(
    "image",
    lambda names, _part, value: {"image": names.record(RecordType.IMAGE, int(value))},
    lambda rows, _part, changes: rows.row(RecordType.IMAGE, changes["image"]),
)
"""A row in Images; in a fix list its place."""

RECORD = Value(
    "into",
    lambda names, part, value: {"into": names.record(part, int(value))},
    lambda rows, part, changes: rows.row(part, changes["into"]),
)
"""A row in the table of the fix; in a fix list its place."""

FIXES = Value(
    "fixes",
    lambda names, _part, value: {"fixes": [names.fix(one) for one in value]},
    lambda rows, _part, changes: tuple(rows.fix(one) for one in changes["fixes"]),
)
"""Fixes, (n,); in a fix list as that of a finding is."""
