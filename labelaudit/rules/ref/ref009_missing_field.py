from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, Severity, drops, moves
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Count
from labelaudit.core.columns import MISSING, Ints, Rows
from labelaudit.dataset.groups import pools_of_files
from labelaudit.dataset.tables import Dataset, LoadProblems, ProblemKind, RecordType
from labelaudit.rules.geo.fix_choices import either, restored_or_dropped
from labelaudit.rules.geo.mask_columns import mask_extent, shape_extent
from labelaudit.rules.ref.fields import careful_rewritings
from labelaudit.rules.ref.numbering import renumberings
from labelaudit.rules.ref.problem_rows import (
    about,
    counted_records,
    essential,
    left_to_trainers,
    places,
    problems,
    table_of,
)

OTHER_FIELDS = "; other fields say where it is"


@rule(
    "REF009",
    "missing-field",
    message="{what}",
    severity=Severity.ERROR,
    fix=Safety.SAFE,
)
def missing_field(audit: AuditContext, *, max_each: Count = 10) -> Found:
    """A field that a record must have and has not, or whose value cannot be understood.

    Why it hurts: a trainer stops at it with a KeyError, or leaves the record out. It is an error
    where the field says what or where something is, or what it is called; else a warning, because
    not every trainer asks for an area or for the size of an image.

    Fields that are optional to read are left to missing-trainer-field.

    Where every record of a file, and more than `max_each`, misses a field, that is one finding,
    unless there is a fix for each. Where every image has a file of its own, that is asked of all
    images.

    Settings:
        max_each: up to so many records of one file are always reported one by one.

    Example:
        >>> from labelaudit.testing import before_and_after, coco_text, one_image
        >>> labels = coco_text(one_image("car 10 10 40 40", "car 50 20 60 60"))
        >>> print(before_and_after(missing_field, labels.replace('"id": 2, ', "")))
        Found: annotations[1] has no id
        labels.json, before (-) and after (+) a safe fix:
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
        - {"image_id": 1, "category_id": 1, "bbox": [50, 20, 10, 40]}
        + {"image_id": 1, "category_id": 1, "bbox": [50, 20, 10, 40], "id": 2}

    Fix: a label without a box gets the box that its mask or other fields say: safe. The extent of
    its keypoints is unsafe, as an object reaches beyond its joints. A label of which nothing says
    where it is is dropped, unsafe, because somebody may know; and so is one without an image or a
    class, because it can be completed. A record without an id gets one that is free: safe for a
    label, unsafe for an image or a class, whose labels cannot name it yet. An annotation file of
    Pascal VOC without a `filename` gets that of the image that was found: safe unless the image has
    another size than stated.
    """
    dataset = audit.dataset
    problem = problems(dataset, ProblemKind.MISSING_FIELD, ProblemKind.UNREADABLE_FIELD)
    problem = problem[~left_to_trainers(dataset)[problem]]
    fixes = _fixes(audit, problem)
    common = _common(dataset, [row for row in problem.tolist() if row not in fixes], max_each)
    told = {row for rows in common.values() for row in rows}
    each = [row for row in problem.tolist() if row not in told]
    some = np.array([*common, *each], np.int64)
    grave = essential(dataset)
    columns, few = about(dataset, some), dataset.problems.rows(some[: len(common)])
    for name in ("box", "image", "category"):
        columns[name][: len(common)] = MISSING
    return found(
        **columns,
        severity=[_severity(dataset.problems, row, grave) for row in some.tolist()],
        fix=[fixes.get(row) for row in some.tolist()],
        what=[
            *(
                f"none of {counted_records(len(common[row]), part)} has {field}"
                for row, part, field in zip(common, few.part, few.field, strict=True)
            ),
            *_words(audit, np.array(each, np.int64)),
        ],
    )


def _common(dataset: Dataset, problem: list[int], max_each: int) -> dict[int, list[int]]:
    """Problems that all records of their file have, by the first of them; or all images."""
    pools = {str(RecordType.IMAGE.value): pools_of_files(dataset)}
    groups: dict[tuple[int, str, str], list[int]] = {}
    for row in problem:
        some = dataset.problems
        if some.kind[row] == ProblemKind.MISSING_FIELD.value and some.row[row] != MISSING:
            part = str(some.part[row])
            pool = pools[part][some.row[row]] if part in pools else some.file[row]
            groups.setdefault((int(pool), part, str(some.field[row])), []).append(row)
    return {
        rows[0]: rows
        for (pool, part, _), rows in groups.items()
        if len(rows) > max_each and len(rows) == _of_pool(dataset, pools, part, pool)
    }


def _of_pool(dataset: Dataset, pools: Mapping[str, Rows], part: str, pool: int) -> int:
    """How many records of a part are in a pool."""
    pooled = pools.get(part)
    of_file = table_of(dataset, RecordType(part)).file if pooled is None else pooled
    return int(np.count_nonzero(of_file == pool))


def _severity(problems: LoadProblems, row: int, grave: Collection[str]) -> Severity:
    field = problems.field[row]
    if problems.part[row] == RecordType.FILE.value:
        unlabelled = (
            field == RecordType.BOX.value and problems.kind[row] == ProblemKind.MISSING_FIELD
        )
        return Severity.WARNING if unlabelled else Severity.ERROR
    return Severity.ERROR if not field or field in grave else Severity.WARNING


def _words(audit: AuditContext, problem: Ints) -> list[str]:
    dataset = audit.dataset
    some = dataset.problems.rows(problem)
    columns = (some.kind, some.field, some.found)
    each = zip(
        places(dataset, problem),
        *(column.tolist() for column in columns),
        _sources(audit, problem),
        strict=True,
    )
    return [
        f"{place} has no {field}{source}"
        if kind == ProblemKind.MISSING_FIELD.value
        else f"{place}: {_not_understood(field, said)}{source}"
        for place, kind, field, said, source in each
    ]


def _not_understood(field: str, said: str) -> str:
    """That what is said of a field, or of a whole record, means nothing."""
    what = f"{field} cannot" if field else "cannot"
    return f"{what} be understood: {said if said.strip() else repr(said)}"


def _sources(audit: AuditContext, problem: Ints) -> list[str]:
    """What a box was taken from whose own field says none, in words; empty for other problems."""
    dataset = audit.dataset
    some = dataset.problems.rows(problem)
    lost = (some.part == RecordType.BOX.value) & (some.row != MISSING)
    lost &= np.isin(some.field.astype(object), dataset.facts.box_fields)
    box = some.row[lost].astype(np.int64)
    shape, own = shape_extent(audit, box), dataset.boxes.xyxy[box]
    masked = np.isin(box, dataset.masks.box)
    sources = np.full(len(problem), "", object)
    sources[lost] = np.select(
        [np.isnan(own).any(axis=1), (shape != own).any(axis=1), masked],
        ["", OTHER_FIELDS, "; its mask says where it is"],
        "; its keypoints say where it is",
    )
    return [str(source) for source in sources]


def _boxes(audit: AuditContext, box: Ints) -> list[Fix]:
    """A fix for each label whose field for its box says none."""
    xyxy = audit.dataset.boxes.xyxy[box]
    keyed = np.isnan(mask_extent(audit, box)[:, 0]) & np.isin(box, audit.dataset.keypoints.box)
    known = np.logical_and.reduce(np.isfinite(xyxy), axis=1)
    taken = either(keyed, moves(box, xyxy, Safety.UNSAFE), moves(box, xyxy, Safety.SAFE))
    return either(known, taken, restored_or_dropped(audit, box, Safety.UNSAFE))


def _fixes(audit: AuditContext, problem: Ints) -> dict[int, Fix]:
    """The fix of each problem that has one."""
    dataset, facts = audit.dataset, audit.dataset.facts
    some = dataset.problems.rows(problem)
    fields = some.field.tolist()
    known = some.row != MISSING
    fixes: dict[int, Fix] = {}

    def rows_of(part: RecordType, names: Collection[str]) -> tuple[Ints, Ints]:
        here = known & (some.part == part.value) & np.array([f in names for f in fields], bool)
        return problem[here], some.row[here].astype(np.int64)

    where, box = rows_of(RecordType.BOX, facts.box_fields)
    fixes.update(zip(where.tolist(), _boxes(audit, box), strict=True))
    references = (*facts.image_references, *facts.class_references)
    where, box = rows_of(RecordType.BOX, references)
    fixes.update(zip(where.tolist(), drops(RecordType.BOX, box, Safety.UNSAFE), strict=True))
    for part in (RecordType.IMAGE, RecordType.CATEGORY, RecordType.BOX):
        where, row = rows_of(part, ("id",))
        safety = Safety.SAFE if part is RecordType.BOX else Safety.UNSAFE
        fixes.update(zip(where.tolist(), renumberings(dataset, part, row, safety), strict=True))
    where, _ = rows_of(RecordType.IMAGE, facts.image_fields.get("path", ()))
    named = dict(zip(where.tolist(), careful_rewritings(audit, where), strict=True))
    fixes.update({row: fix for row, fix in named.items() if fix})
    return fixes
