from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.boxes.ops import area
from labelaudit.core.columns import MISSING, Ints
from labelaudit.core.rows import take_or_missing
from labelaudit.core.text import has_or_have
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.rules.geo.mask_columns import mask_area, mask_row_of
from labelaudit.rules.ref.problem_rows import counted_records, left_to_trainers, places, table_of


@rule(
    "REF015",
    "missing-trainer-field",
    message="{what}: {who}",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
)
def missing_trainer_field(audit: AuditContext) -> Found:
    """A field that labels can be read without, and that trainers or evaluators stop without.

    Why it hurts: training runs to its first evaluation and ends there with a KeyError, or does not
    start at all. In COCO these are `iscrowd` and `area`, in a data.yaml `train` and `val`.

    All records of a file that lack a field are one finding.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image, with_columns
        >>> dataset = with_columns(one_image("car 10 10 40 40"), "boxes", area=[900])
        >>> print(before_and_after(missing_trainer_field, dataset))
        Found: the only annotation has no iscrowd: pycocotools' COCOeval and torchvision's
            references stop with KeyError
        labels.json, before (-) and after (+) a safe fix:
        - {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30], "area": 900}
        + {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30], "area": 900,
            "iscrowd": 0}

    Fix: writes 0 for `iscrowd`, which is what readers take where it is not written, and the area of
    the mask, else of the box; safe, unless a mask has several parts, which may overlap. None for a
    split, since somebody has to choose it, and for more than 50,000 annotations of a file, for
    which a line of Python does.

    Source: computeIoU and evaluateImg of pycocotools/cocoeval.py; ConvertCocoPolysToMask of
    references/detection in torchvision; CocoDataset of mmdet/datasets/coco.py; check_det_dataset of
    ultralytics/data/utils.py.
    """
    dataset = audit.dataset
    groups = _groups(dataset)
    splits = list(_unlisted_splits(dataset))
    some = [rows[0] for rows in groups]
    fields = dataset.problems.field[some].tolist()
    box = np.array([*(_only_box(dataset, rows) for rows in groups), *[MISSING] * len(splits)], int)
    each = list(zip(fields, groups, strict=True))
    return found(
        problem=[*some, *[MISSING] * len(splits)],
        file=[*dataset.problems.file[some].tolist(), *(file for file, _ in splits)],
        box=box,
        image=take_or_missing(dataset.boxes.image, box),
        fix=[*(_fix(audit, field, rows) for field, rows in each), *[None] * len(splits)],
        what=[
            *(_what(dataset, field, rows) for field, rows in each),
            *(what for _, what in splits),
        ],
        who=[
            *(dataset.facts.stops_without[field] for field in fields),
            *[dataset.facts.stops_without_splits] * len(splits),
        ],
    )


def _unlisted_splits(dataset: Dataset) -> Iterator[tuple[int, str]]:
    """The files that do not list a split which they have to, and that in words."""
    if not dataset.splits:
        return
    facts, faulty = dataset.facts, set(dataset.problems.field.tolist())
    for file, path in enumerate(dataset.files.path.tolist()):
        if path.endswith(facts.splits_listed_in):
            for split in facts.required_splits:
                if split not in dataset.splits and split not in faulty:
                    yield file, f"{path} has no {split}"


def _groups(dataset: Dataset) -> list[list[int]]:
    """Rows of problems, those of one field in the records of one file together."""
    groups: dict[tuple[int, str, str], list[int]] = {}
    some = dataset.problems
    for row in np.flatnonzero(left_to_trainers(dataset)).tolist():
        key = int(some.file[row]), str(some.part[row]), str(some.field[row])
        groups.setdefault(key, []).append(row)
    return list(groups.values())


def _only_box(dataset: Dataset, rows: list[int]) -> int:
    """The box that a group is about, if it is only one."""
    some, first = dataset.problems, rows[0]
    is_box = some.part[first] == RecordType.BOX.value and len(rows) == 1
    return int(some.row[first]) if is_box else MISSING


def _what(dataset: Dataset, field: str, rows: list[int]) -> str:
    some, first = dataset.problems, rows[0]
    part = RecordType(str(some.part[first]))
    all_of = int(np.count_nonzero(table_of(dataset, part).file == some.file[first]))
    count = int(str(some.found[first]) or 0) if some.row[first] == MISSING else len(rows)
    if count == all_of == 1:
        return f"the only {counted_records(1, part)[2:]} has no {field}"
    if count == all_of:
        return f"none of {counted_records(count, part)} has {field}"
    place = places(dataset, np.array([first]))[0]
    at = f", the first is {place}" if some.row[first] != MISSING else ""
    return f"{count:,} of {all_of:,} {part} {has_or_have(count)} no {field}{at}"


def _fix(audit: AuditContext, field: str, rows: list[int]) -> Fix | None:
    """The fix that writes a field of boxes; None where not one can be written."""
    some = audit.dataset.problems
    if some.part[rows[0]] != RecordType.BOX.value or some.row[rows[0]] == MISSING:
        return None
    box = some.row[rows].astype(np.int64)
    values: list[float]
    values, safety = [int(crowd) for crowd in audit.dataset.boxes.crowd[box]], Safety.SAFE
    if field == "area":
        box = box[audit.derived.is_valid[box] & audit.derived.in_range[box]]
        values, safety = _areas(audit, box)
    fixes = tuple(
        Fix("set-field", safety, RecordType.BOX, row, {"field": field, "value": value})
        for row, value in zip(box.tolist(), values, strict=True)
    )
    if not fixes:
        return None
    return Fix("together", safety, RecordType.FILE, MISSING, {"fixes": fixes})


def _areas(audit: AuditContext, box: Ints) -> tuple[list[float], Safety]:
    """The area of each box, (n,), and how sure that is."""
    whole, mask = area(audit.dataset.boxes.xyxy[box]), mask_area(audit, box)
    row = mask_row_of(audit, box)
    parts = np.append(audit.dataset.masks.parts, 1)[row]
    certain = (row == MISSING) | (~np.isnan(mask) & (parts == 1))
    return (
        [float(f"{value:.12g}") for value in np.where(np.isnan(mask), whole, mask).tolist()],
        Safety.SAFE if certain.all() else Safety.UNSAFE,
    )
