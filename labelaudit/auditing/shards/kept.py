"""What is kept of a shard: all records but boxes, and of these the ones that findings name."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import numpy as np

from labelaudit.auditing.causes import Affected, Explained
from labelaudit.auditing.findings import Findings, Fix
from labelaudit.auditing.fixes import KINDS
from labelaudit.auditing.fixes.values import CLASS, FIXES, IMAGE, RECORD
from labelaudit.core.columns import MISSING, Bools, Ints, Rows
from labelaudit.core.rows import row_numbers_after
from labelaudit.dataset.tables import TABLE_OF_PART, Dataset, RecordType

NewRows = Mapping[str, Rows]
"""For a table of k rows, by name, the new number of each, (k + 1,), and last MISSING."""

POINTERS = {
    "file": "files",
    "image": "images",
    "box": "boxes",
    "other": "boxes",
    "category": "categories",
    "problem": "problems",
}
"""The columns of `Findings` that are row numbers, and in which table."""

_EXPLAINED = ("file", "image", "box", "category", "problem")

Rowed = TypeVar("Rowed", Explained, Affected)


def kept_of(dataset: Dataset, findings: Findings) -> tuple[Dataset, Findings]:
    """A dataset without the boxes that no finding and no problem names, and findings about it.

    Parameters
    ----------
    dataset:
        that was audited.
    findings:
        about it.
    """
    kept = boxes_named(dataset, findings)
    new_rows = {"boxes": row_numbers_after(kept)}
    smaller = dataset.keep(boxes=kept)
    elsewhere = dataset.boxes_elsewhere + int(np.count_nonzero(~kept))
    return (
        dataclasses.replace(smaller, boxes_elsewhere=elsewhere),
        repointed(findings, new_rows),
    )


def boxes_named(dataset: Dataset, findings: Findings) -> Bools:
    """Which boxes, (boxes,), findings or problems name.

    Parameters
    ----------
    dataset:
        that was audited.
    findings:
        about it.
    """
    named = np.zeros(len(dataset.boxes) + 1, bool)
    for rows in _boxes_named(dataset, findings):
        named[rows] = True
    return named[:-1]


def _boxes_named(dataset: Dataset, findings: Findings) -> Iterator[Ints | Rows]:
    """Rows of boxes, MISSING among them, that something points to."""
    yield findings.box
    yield findings.other
    for affected in findings.affects:
        if affected is not None:
            yield affected.box
    for fix in findings.fix:
        if fix is not None:
            yield np.array(list(_boxes_of(fix)), np.int64)
    problems = dataset.problems
    yield problems.row[np.flatnonzero(problems.part == RecordType.BOX.value)]


def _boxes_of(fix: Fix) -> Iterator[int]:
    """Rows of the boxes that a fix changes."""
    if fix.part is RecordType.BOX:
        yield fix.row
    for name, value in KINDS[fix.kind].values.items():
        if name not in fix.values:
            continue
        if value is FIXES:
            for one in fix.values[name]:
                yield from _boxes_of(one)
        elif value is RECORD and fix.part is RecordType.BOX:
            yield int(fix.values[name])


def repointed(findings: Findings, new_rows: NewRows) -> Findings:
    """The same findings after rows of tables were moved; no table of theirs is named any more.

    Parameters
    ----------
    findings:
        with rows as they were.
    new_rows:
        of the tables whose rows were moved. What follows from a finding at a row that is gone, is
        not named any more.
    """
    columns: dict[str, Any] = {
        column: new_rows[table][getattr(findings, column)]
        for column, table in POINTERS.items()
        if table in new_rows
    }
    for name, moved in (("fix", moved_fix), ("explains", _moved), ("affects", _moved)):
        objects = getattr(findings, name).copy()
        for row, one in enumerate(objects.tolist()):
            if one is not None:
                objects[row] = moved(one, new_rows)
        columns[name] = objects
    return dataclasses.replace(findings, dataset=None, **columns)


def moved_fix(fix: Fix, new_rows: NewRows) -> Fix:
    """A fix of the same record after rows of tables were moved.

    Parameters
    ----------
    fix:
        with rows as they were.
    new_rows:
        see `repointed`.
    """
    values = dict(fix.values)
    parts = {CLASS: RecordType.CATEGORY, IMAGE: RecordType.IMAGE, RECORD: fix.part}
    for name, value in KINDS[fix.kind].values.items():
        if values.get(name) is None:
            continue
        if value is FIXES:
            values[name] = tuple(moved_fix(one, new_rows) for one in values[name])
        elif value in parts:
            values[name] = _moved_row(int(values[name]), parts[value], new_rows)
    row = _moved_row(fix.row, fix.part, new_rows)
    return dataclasses.replace(fix, row=row, values=values)


def _moved_row(row: int, part: RecordType, new_rows: NewRows) -> int:
    table = TABLE_OF_PART[part]
    return int(new_rows[table][row]) if table in new_rows else row


def _moved(named: Rowed, new_rows: NewRows) -> Rowed:
    """What names records after their rows were moved, without those that are gone."""
    changes: dict[str, Any] = {}
    for column in _EXPLAINED:
        table = POINTERS[column]
        if hasattr(named, column) and table in new_rows:
            rows = new_rows[table][getattr(named, column)]
            changes[column] = rows[rows != MISSING]
    if isinstance(named, Explained):
        changes["also"] = tuple(_moved(one, new_rows) for one in named.also)
    return dataclasses.replace(named, **changes)
