"""Findings: what rules return, with the fix that each proposes.

A fix is data, not code: it names a record and what would change in it, so that it can be shown,
kept in a file, decided about by a person and applied to the columns by `labelaudit.auditing.fixes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

import numpy as np

from labelaudit.core.columns import TEXT, Floats, Ints, Objects, Rows, Texts
from labelaudit.core.table import Table, column, rows_column
from labelaudit.dataset.tables import RecordType


class Severity(IntEnum):
    """How bad a finding is."""

    INFO = 0  # worth knowing
    WARNING = 1  # very likely wrong
    ERROR = 2  # objectively broken: training may crash or be poisoned

    def __str__(self) -> str:
        return self.name.lower()


class Safety(StrEnum):
    """Whether a fix may be applied without a person looking at it."""

    SAFE = "safe"  # cannot lose information that a trainer could use
    UNSAFE = "unsafe"  # by --unsafe-fixes or a person's decision


@dataclass(frozen=True)
class Fix:
    """One change to one record, or to one file."""

    kind: str  # of `auditing.fixes.KINDS`, which says what the values are
    safety: Safety
    part: RecordType
    row: int  # in the table of `part`; in Files for a transform, MISSING for one of all files
    values: Mapping[str, Any] = field(default_factory=dict)  # Any: of the kind


def drops(part: RecordType, rows: Iterable[int], safety: Safety) -> list[Fix]:
    """A fix for each row that removes it.

    Parameters
    ----------
    part:
        the table of the records.
    rows:
        (n,) in that table.
    safety:
        whether they may be applied without a person looking at them.
    """
    return [Fix("drop", safety, part, int(row)) for row in rows]


def moves(rows: Iterable[int], xyxy: Floats, safety: Safety) -> list[Fix]:
    """A fix for each box that gives it new corners, (n, 4) in pixels.

    Parameters
    ----------
    rows:
        (n,) in Boxes.
    xyxy:
        (n, 4) the new corners in pixels.
    safety:
        whether they may be applied without a person looking at them.
    """
    corners = xyxy.tolist()
    return [
        Fix("move", safety, RecordType.BOX, int(row), {"xyxy": box})
        for row, box in zip(rows, corners, strict=True)
    ]


def settings(
    part: RecordType, rows: Iterable[int], field: str, values: Iterable[Any], safety: Safety
) -> list[Fix]:
    """A fix for each row that sets one field of it.

    Parameters
    ----------
    part:
        the table of the records.
    rows:
        (n,) in that table.
    field:
        a column, or what the source calls it.
    values:
        (n,) the new ones.
    safety:
        whether they may be applied without a person looking at them.
    """
    return [
        Fix("set-field", safety, part, int(row), {"field": field, "value": value})
        for row, value in zip(rows, values, strict=True)
    ]


def _nothing() -> Ints:
    return np.empty(0, np.int64)


@dataclass(frozen=True, eq=False)
class Explained:
    """The findings that follow from the cause which another finding names.

    They are of one of these rules, and at one of these records: an image stands for the boxes in
    it, a file for all that is in it.
    """

    codes: tuple[str, ...]  # of rules, or how they start
    file: Ints | Rows = field(default_factory=_nothing)  # rows in Files
    image: Ints | Rows = field(default_factory=_nothing)  # rows in Images
    box: Ints | Rows = field(default_factory=_nothing)  # rows in Boxes
    category: Ints | Rows = field(default_factory=_nothing)  # rows in Categories
    problem: Ints | Rows = field(default_factory=_nothing)  # rows in LoadProblems
    also: tuple[Explained, ...] = ()  # of other rules at other records

    @property
    def all_codes(self) -> tuple[str, ...]:
        """The codes, and those of `also`."""
        return self.codes + sum((one.codes for one in self.also), ())


@dataclass(frozen=True, eq=False, repr=False)
class Findings(Table):
    """One row per finding. Row numbers point into the tables of the dataset that was audited."""

    code: Texts = column(TEXT, fill="")  # (n,) of the rule: GEO001
    name: Texts = column(TEXT, fill="")  # (n,) of the rule: zero-area
    severity: Rows = column(np.uint8, fill=0)  # (n,) Severity
    file: Rows = rows_column()  # (n,) row in Files
    image: Rows = rows_column()  # (n,) row in Images
    box: Rows = rows_column()  # (n,) row in Boxes: the one that is wrong
    other: Rows = rows_column()  # (n,) row in Boxes: the one it is compared with
    category: Rows = rows_column()  # (n,) row in Categories, where the class itself is wrong
    problem: Rows = rows_column()  # (n,) row in LoadProblems
    message: Texts = column(TEXT, fill="")  # (n,) with the numbers that are the evidence
    probability: Floats = column(
        np.float64, fill=np.nan
    )  # (n,) that the label is wrong; NaN: no model, or one that knows no probabilities
    # (n,) how strongly a model doubts the label, in [0, 1], where it knows no probability
    doubt: Floats = column(np.float64, fill=np.nan)
    fix: Objects = column(object, fill=None)  # (n,) Fix or None
    # (n,) Explained of a finding that names the cause of others, or None
    explains: Objects = column(object, fill=None)

    @property
    def model_doubt(self) -> Floats:
        """How strongly a model doubts each label, (n,), to rank by; NaN where none was asked."""
        return np.where(np.isnan(self.doubt), self.probability, self.doubt)
