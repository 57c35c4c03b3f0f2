from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.auditing.setting_types import Count
from labelaudit.core.columns import MISSING, Bools
from labelaudit.core.rows import take_or_missing
from labelaudit.dataset.tables import Dataset, ProblemKind, RecordType
from labelaudit.rules.ref.id_use import ID_USE, IdUse, id_use, keeps_repeated
from labelaudit.rules.ref.numbering import LARGEST, renumberings, unusual
from labelaudit.rules.ref.problem_rows import problems, shown, table_of

_NOUNS = {RecordType.IMAGE: "image", RecordType.CATEGORY: "category", RecordType.BOX: "annotation"}


@rule(
    "REF007",
    "odd-id",
    message="{what}",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
    scope=Scope.FILE,
    gathers=ID_USE,
    keeps=keeps_repeated,
)
def odd_id(audit: AuditContext, *, max_each: Count = 10) -> Found:
    """An id that is not a whole number as every tool reads it.

    Why it hurts: text and null fit in no tensor of image ids, a float or a truth value is not found
    again by the number it seems to be, and a number above 2**53 is changed by every tool that reads
    JSON numbers as doubles. 0 is a trap for annotations alone: pycocotools takes a detection that
    matches annotation 0 for one that matches nothing, so average precision is too low.

    Where more than `max_each` records, and more than half of a file's, are odd in the same way, the
    file keeps its ids so: it gets one finding for all of them, and no fix.

    Settings:
        max_each: up to so many ids of one kind in one file are always reported one by one.

    Example:
        >>> from labelaudit.testing import before_and_after, coco_text, one_image
        >>> labels = coco_text(one_image("car 10 10 40 40", "car 50 20 60 60"))
        >>> print(before_and_after(odd_id, labels.replace('"id": 2', '"id": "b"')))
        Found: annotation id "b" is text
        labels.json, before (-) and after (+) a safe fix:
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
        - {"id": "b", "image_id": 1, "category_id": 1, "bbox": [50, 20, 10, 40]}
        + {"id": 2, "image_id": 1, "category_id": 1, "bbox": [50, 20, 10, 40]}

    Fix: gives the record an id that is free. Safe for an annotation, because nothing in the file
    refers to it. Unsafe for an image or a class, because another file may.

    Source: `evaluateImg` in cocoeval.py of pycocotools keeps the id of the annotation that a
    detection matches, and `accumulate` takes any id but 0 for a match.
    """
    dataset = audit.dataset
    known = {RecordType.BOX: id_use(audit)}
    odd = [one for part in _NOUNS for one in _oddities(dataset, part, max_each, known.get(part))]
    row = {part: [one.row if one.part is part else MISSING for one in odd] for part in _NOUNS}
    image = take_or_missing(dataset.boxes.image, np.array(row[RecordType.BOX], np.int64))
    return found(
        box=row[RecordType.BOX],
        image=np.where(image == MISSING, row[RecordType.IMAGE], image),
        category=row[RecordType.CATEGORY],
        file=[one.file for one in odd],
        fix=[one.fix for one in odd],
        what=[one.what for one in odd],
    )


@dataclass(frozen=True)
class Oddity:
    """An odd id, or all odd ids of one kind in a file."""

    part: RecordType
    file: int
    row: int  # MISSING where it is about many
    what: str
    fix: Fix | None


def _oddities(
    dataset: Dataset, part: RecordType, max_each: int, known: IdUse | None
) -> Iterator[Oddity]:
    """The odd ids of a table.

    Parameters
    ----------
    dataset:
        with the table.
    part:
        that it has.
    max_each:
        see `odd_id`.
    known:
        what there is in the file, where the table has not all of its records.
    """
    table, noun = table_of(dataset, part), _NOUNS[part]
    rows: dict[tuple[int, str], list[int]] = {}
    odd = unusual(table.id, part) | _nulls(dataset, part)
    for row in np.flatnonzero(odd).tolist():
        rows.setdefault((int(table.file[row]), _kind(table.id.value(row))), []).append(row)
    for (file, kind), here in rows.items():
        every = np.count_nonzero(table.file == file) if known is None else known.count[file]
        first = f"{noun} id {shown(table.id.value(here[0]))}"
        if len(here) > max_each and 2 * len(here) > every:
            what = f"{len(here):,} of {every:,} {noun} ids are {kind}; {first} is the first"
            yield Oddity(part, file, MISSING, what, None)
            continue
        safety = Safety.SAFE if part is RecordType.BOX else Safety.UNSAFE
        largest = None if known is None else known.largest
        fixes = renumberings(dataset, part, np.array(here, np.int64), safety, largest)
        for row, fix in zip(here, fixes, strict=True):
            value = table.id.value(row)
            said = f" {shown(value)}" if value is not None else ""
            yield Oddity(part, file, row, f"{noun} id{said} is {kind}", fix)


def _nulls(dataset: Dataset, part: RecordType) -> Bools:
    """Which records have no id, in a dataset of ids, and no problem that says so."""
    table = table_of(dataset, part)
    if not dataset.images.id.given.any():
        return np.zeros(len(table), bool)
    problem = problems(dataset, ProblemKind.MISSING_FIELD, ProblemKind.UNREADABLE_FIELD)
    some = dataset.problems.rows(problem)
    said = (some.part == part.value) & (some.field == "id") & (some.row != MISSING)
    nulls = ~table.id.given
    nulls[some.row[said]] = False
    return nulls


def _kind(value: Any) -> str:  # Any: whatever JSON holds
    kinds = {type(None): "null", bool: "a truth value", str: "text", float: "a float"}
    if type(value) is not int:
        return kinds.get(type(value), "not a number")
    if value < 0:
        return "negative"
    return "above 2**53" if value > LARGEST else "zero"
