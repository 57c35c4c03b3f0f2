"""What the columns hold for a field of a record, and the fix that writes it."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety
from labelaudit.auditing.fixes.number_style import is_rounded, number_styles
from labelaudit.auditing.scopes.gathering import Gathering
from labelaudit.boxes.conventions import CONVENTIONS
from labelaudit.core.columns import MISSING, Ints
from labelaudit.dataset.tables import Dataset, ProblemKind, RecordType
from labelaudit.rules.img.naming import may_be_of_another

Reader: TypeAlias = Callable[[Dataset, int, str], Any]  # Any: a value of any column


NUMBER_STYLES = Gathering(
    "number styles of files",
    lambda audit, _: number_styles(audit.dataset),
    lambda parts: np.sum(parts, axis=0),
    of_file=True,
)
"""Whether files are of whole numbers alone, which `careful_rewritings` has to know."""


def rewriting(dataset: Dataset, problem: int, safety: Safety) -> Fix | None:
    """The fix that writes a field again as it was understood; None if no column is for it."""
    problems = dataset.problems
    part, row = RecordType(problems.part[problem]), int(problems.row[problem])
    field = str(problems.field[problem])
    value = understood(dataset, part, row, field) if row != MISSING else None
    if row != MISSING and field in dataset.facts.as_usual:
        value = dataset.facts.as_usual[field](str(problems.found[problem]))
    if value is None:
        return None
    return Fix("set-field", safety, part, row, {"field": field, "value": value})


def careful_rewritings(audit: AuditContext, problem: Ints) -> list[Fix | None]:
    """`rewriting` of each problem, safe unless what was understood is in doubt or is rounded.

    A box without an inside is not what somebody drew, one of decimals is rounded where its file is
    of whole numbers, and of one with more numbers some would be lost. A name that becomes another
    one may be that of another image, and so may a file whose image has another size than it states.
    """
    dataset, is_valid = audit.dataset, audit.derived.is_valid
    some = dataset.problems.rows(problem)
    of_box = np.isin(some.field.astype(object), dataset.facts.box_fields)
    of_box &= (some.part == RecordType.BOX.value) & (some.row != MISSING)
    box = some.row[of_box].astype(np.int64)
    doubtful = np.array(some.kind == ProblemKind.LEFT_OVER.value, bool)
    rounded = is_rounded(dataset, box, audit.gathered.get(NUMBER_STYLES.name))
    doubtful[of_box] |= ~is_valid[box] | rounded
    names = dataset.facts.image_fields.get("path", ())
    fixes = [rewriting(dataset, row, Safety.SAFE) for row in problem.tolist()]
    for number, fix in enumerate(fixes):
        if fix and fix.part is RecordType.IMAGE and fix.values["field"] in names:
            doubtful[number] = may_be_of_another(audit, fix.row)
        if fix and doubtful[number]:
            fixes[number] = dataclasses.replace(fix, safety=Safety.UNSAFE)
    return fixes


def understood(
    dataset: Dataset, part: RecordType, row: int, field: str
) -> Any:  # Any: of any column
    """What the columns hold for a field of a record; None if nothing, or no column is for it."""
    reader = _READERS.get(part)
    value = reader(dataset, row, field) if reader else None
    if isinstance(value, list):
        numbers = [_whole(number) for number in value]
        return None if None in numbers else numbers
    return None if value == "" else _whole(value)


def _whole(value: Any) -> Any:  # Any: see understood
    """640 for 640.0, which is how files write it; None for what JSON cannot hold."""
    if not isinstance(value, float):
        return value
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() else value


def _of_image(dataset: Dataset, row: int, field: str) -> Any:  # Any: of any column
    images = dataset.images
    if field == "id":
        return images.id.value(row)
    column, number = _column(dataset.facts.image_fields, field, len("wh"))
    if column == "path":  # the name of the image that was found: what is written is often another
        return os.path.basename(str(images.path[row]))
    if column == "name":
        return str(images.name[row])
    return _number(images.size[row].tolist(), number) if column == "size" else None


def _of_category(dataset: Dataset, row: int, field: str) -> Any:  # Any: of any column
    categories = dataset.categories
    if field == "id":
        return categories.id.value(row)
    return str(categories.name[row]) if field == "name" else None


def _of_box(dataset: Dataset, row: int, field: str) -> Any:  # Any: of any column
    if field == "id":
        return dataset.boxes.id.value(row)
    if field == "area":
        return float(dataset.boxes.area[row])
    column, number = _column(dataset.facts.source_fields, field, len("ltrb"))
    if column == "xyxy":
        return _number(_written(dataset, row), number)
    reader = _BOX.get(column)
    return reader(dataset, row) if reader else None


def _column(
    fields: Mapping[str, tuple[str, ...]], field: str, numbers: int
) -> tuple[str, int | None]:
    """The column that a field is of, and which of its numbers; None: the whole of it."""
    for column, names in fields.items():
        if field in names:
            number = names.index(field) - (len(names) - numbers)
            return column, number if len(names) >= numbers and number >= 0 else None
    return "", None


def _number(numbers: list[float], which: int | None) -> float | list[float]:
    """One of some numbers, or all."""
    return numbers if which is None else numbers[which]


def _written(dataset: Dataset, row: int) -> list[float]:
    """The four numbers of a box as the source writes them."""
    xyxy, image = dataset.boxes.xyxy[[row]], int(dataset.boxes.image[row])
    size = np.full((1, 2), np.nan) if image == MISSING else dataset.images.size[[image]]
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        numbers = CONVENTIONS[dataset.facts.convention].write(xyxy, size)[0].tolist()
    return [float(f"{number:.12g}") for number in numbers]


def _image_id(dataset: Dataset, row: int) -> Any:  # Any: whatever JSON holds
    image = int(dataset.boxes.image[row])
    return None if image == MISSING else dataset.images.id.value(image)


def _class(dataset: Dataset, row: int) -> Any:  # Any: whatever JSON holds
    """The id of the class of a box; its name where classes have no ids."""
    label = int(dataset.boxes.label[row])
    if label == MISSING:
        return None
    categories = dataset.categories
    return categories.id.value(label) if categories.id.given.any() else str(categories.name[label])


def _stated_keypoints(dataset: Dataset, row: int) -> int | None:
    stated = dataset.keypoints.stated[dataset.keypoints.box == row].tolist()
    return stated[0] if stated and stated[0] != MISSING else None


_BOX: Mapping[str, Callable[[Dataset, int], Any]] = {  # Any: as above
    "image": _image_id,
    "label": _class,
    "crowd": lambda dataset, row: int(dataset.boxes.crowd[row]),
    "difficult": lambda dataset, row: int(dataset.boxes.difficult[row]),
    "stated": _stated_keypoints,
}
_READERS: Mapping[RecordType, Reader] = {
    RecordType.IMAGE: _of_image,
    RecordType.CATEGORY: _of_category,
    RecordType.BOX: _of_box,
}
