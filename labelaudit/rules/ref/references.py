"""References of boxes to images and classes that point at nothing."""

from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, drops
from labelaudit.auditing.scopes.gathering import Gathering
from labelaudit.core.columns import MISSING, Ints, Rows
from labelaudit.dataset.tables import Dataset, ProblemKind, RecordType
from labelaudit.rules.ref.problem_rows import problems

FEW = 10
"""Boxes of one file that are named one by one even if all of them dangle."""


def dangling(dataset: Dataset, pointer: Rows, fields: tuple[str, ...]) -> Ints:
    """The boxes whose `pointer`, (n,), points at nothing, although the source says something there.

    Where it says nothing, or nothing that can be read, another rule reports that.
    """
    pointing = pointer != MISSING
    missing = problems(dataset, ProblemKind.MISSING_FIELD, ProblemKind.UNREADABLE_FIELD)
    pointing[_boxes(dataset, missing, fields)] = True
    return np.flatnonzero(~pointing)


def wholesale(dataset: Dataset, box: Ints) -> tuple[Ints, Rows, Ints]:
    """The boxes that dangle one by one, and the files of which every box does, with their counts.

    A file that lost its classes or images is one cause, and so one finding, not one for each of its
    boxes; up to `FEW` boxes are named.
    """
    file = dataset.boxes.file + 1  # 0: in no file
    count = np.bincount(file[box], minlength=len(dataset.files) + 1)
    whole = (count == np.bincount(file, minlength=len(count))) & (count > FEW)
    whole[0] = False
    files = np.flatnonzero(whole)
    return box[~whole[file[box]]], (files - 1).astype(np.int32), count[files]


def _lost(dataset: Dataset) -> frozenset[str]:
    """The types of records of which one could not be read."""
    lost = problems(dataset, ProblemKind.UNREADABLE, ProblemKind.TRUNCATED)
    return frozenset(dataset.problems.part[lost].tolist())


LOST = Gathering(
    "types of records that could not be read",
    lambda audit, _: _lost(audit.dataset),
    lambda parts: frozenset[str]().union(*parts),
)
"""Of which types, in any file, a record may be there that a reference seems to miss."""


def drops_unless_unread(audit: AuditContext, box: Ints, target: RecordType) -> list[Fix | None]:
    """A fix for each dangling box that drops it; None where what it points at may just be unread.

    It may where a record of that kind could not be read, or where the box's own file is cut off.

    Parameters
    ----------
    audit:
        of the dataset.
    box:
        (n,) rows in Boxes.
    target:
        what they point at: images or categories.
    """
    dataset = audit.dataset
    if target.value in LOST.known(audit, lambda: _lost(dataset)):
        return [None] * len(box)
    lost = problems(dataset, ProblemKind.UNREADABLE, ProblemKind.TRUNCATED)
    some = dataset.problems.rows(lost)
    cut = np.isin(dataset.boxes.file[box], some.file[some.part == RecordType.FILE.value])
    fixes = drops(RecordType.BOX, box, Safety.UNSAFE)
    return [None if is_cut else fix for is_cut, fix in zip(cut.tolist(), fixes, strict=True)]


def targets(dataset: Dataset, fields: tuple[str, ...]) -> dict[int, str]:
    """For each box of which the source says what dangles: the name of the field and its value."""
    problem = problems(dataset, ProblemKind.DANGLING)
    some = dataset.problems.rows(problem)
    columns = (some.row, some.part, some.field, some.found)
    each = zip(*(column.tolist() for column in columns), strict=True)
    return {
        row: said for row, part, field, said in each if part == RecordType.BOX and field in fields
    }


def _boxes(dataset: Dataset, problem: Ints, fields: tuple[str, ...]) -> Ints:
    some = dataset.problems.rows(problem)
    here = (some.part == RecordType.BOX.value) & (some.row != MISSING)
    about = np.array([field in fields for field in some.field.tolist()], bool)
    return np.asarray(some.row[here & about], np.int64)
