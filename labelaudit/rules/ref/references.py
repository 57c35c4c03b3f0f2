"""References of boxes to images and classes that point at nothing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, drops
from labelaudit.auditing.scopes.gathering import Gathering
from labelaudit.core.columns import MISSING, Bools, Ints, Rows
from labelaudit.core.rows import all_but
from labelaudit.dataset.tables import Dataset, ProblemKind, RecordType
from labelaudit.rules.ref.problem_rows import problems

FEW = 10
"""Boxes of one file that are named one by one even if all of them dangle."""


def _dangling(dataset: Dataset, pointer: Rows, fields: tuple[str, ...]) -> Ints:
    """The boxes whose `pointer`, (n,), points at nothing, although the source says something there.

    Where it says nothing, or nothing that can be read, another rule reports that.
    """
    pointing = pointer != MISSING
    missing = problems(dataset, ProblemKind.MISSING_FIELD, ProblemKind.UNREADABLE_FIELD)
    pointing[_boxes(dataset, missing, fields)] = True
    return np.flatnonzero(~pointing)


def _lost_images(dataset: Dataset) -> Ints:
    """The boxes that are in no image, although the source says something there."""
    return _dangling(dataset, dataset.boxes.image, dataset.facts.image_references)


def _lost_classes(dataset: Dataset) -> Ints:
    """The boxes that are of no class, although the source says something there."""
    return _dangling(dataset, dataset.boxes.label, dataset.facts.class_references)


def _counts(dataset: Dataset, box: Ints) -> Ints:
    """Of no file, and of each file: how many boxes dangle, and how many it has, (2, files + 1)."""
    file, least = dataset.boxes.file + 1, len(dataset.files) + 1
    return np.stack([np.bincount(some, minlength=least) for some in (file[box], file)])


DANGLING_IMAGES = Gathering(
    "boxes in no image",
    lambda audit, _: _counts(audit.dataset, _lost_images(audit.dataset)),
    lambda parts: np.sum(parts, axis=0),
    of_file=True,
)
"""How many boxes of a file dangle, and how many it has."""

DANGLING_CLASSES = Gathering(
    "boxes of no class",
    lambda audit, _: _counts(audit.dataset, _lost_classes(audit.dataset)),
    lambda parts: np.sum(parts, axis=0),
    of_file=True,
)
"""Likewise."""


class Wholesale(NamedTuple):
    """What points at nothing."""

    box: Ints  # boxes that do one by one
    file: Rows  # files of which every box does
    boxes: Ints  # how many these have


def without_images(audit: AuditContext) -> Wholesale:
    """The boxes in no image; see `_wholesale`."""
    return _wholesale(audit, _lost_images(audit.dataset), DANGLING_IMAGES)


def without_classes(audit: AuditContext) -> Wholesale:
    """The boxes of no class; see `_wholesale`."""
    return _wholesale(audit, _lost_classes(audit.dataset), DANGLING_CLASSES)


def keeps_without_images(audit: AuditContext) -> Bools:
    """Which boxes, (boxes,), are in no image, but for those of which a file has no other."""
    return ~all_but(len(audit.dataset.boxes), without_images(audit).box)


def keeps_without_classes(audit: AuditContext) -> Bools:
    """Which boxes, (boxes,), are of no class, but for those of which a file has no other."""
    return ~all_but(len(audit.dataset.boxes), without_classes(audit).box)


def _wholesale(audit: AuditContext, box: Ints, counts: Gathering) -> Wholesale:
    """The boxes that dangle one by one, and the files of which every box does, with their counts.

    A file that lost its classes or images is one cause, and so one finding, not one for each of its
    boxes; up to `FEW` boxes are named.

    Parameters
    ----------
    audit:
        of the dataset.
    box:
        (n,) rows of those that dangle.
    counts:
        how many do of each file, and how many it has.
    """
    count, every = counts.known(audit, lambda: _counts(audit.dataset, box))
    whole = (count == every) & (count > FEW)
    whole[0] = False  # of no file
    files = np.flatnonzero(whole)
    file = audit.dataset.boxes.file[box] + 1
    return Wholesale(box[~whole[file]], (files - 1).astype(np.int32), count[files])


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
