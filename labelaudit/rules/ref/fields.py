"""What the columns hold for a field of a record, and the fix that writes it."""

from __future__ import annotations

import math
from typing import Any

from labelaudit.dataset import Dataset, Part
from labelaudit.findings import Fix, FixKind, Safety
from labelaudit.table import MISSING


def rewriting(dataset: Dataset, problem: int, safety: Safety) -> Fix | None:
    """The fix that writes a field again as it was understood; None if no column is for it."""
    problems = dataset.problems
    part, row, field = (
        Part(problems.part[problem]),
        int(problems.row[problem]),
        problems.field[problem],
    )
    if part is Part.FILE or row == MISSING:
        return None
    value = understood(dataset, part, row, field)
    if value is None:
        return None
    return Fix(FixKind.SET_FIELD, safety, part, row, {"field": str(field), "value": value})


def understood(dataset: Dataset, part: Part, row: int, field: str) -> Any:  # Any: of any column
    """What the columns hold for a field of a record; None if nothing, or no column is for it."""
    if part is Part.BOX:
        value = _of_box(dataset, row, field)
    elif part is Part.IMAGE:
        width, height = dataset.images.size[row].tolist()
        name = str(dataset.images.name[row])
        sides = {"width": width, "height": height, "size": [width, height]}
        values = {"id": dataset.images.id.value(row), "file_name": name, "filename": name, **sides}
        value = values.get(field)
    elif part is Part.CATEGORY:
        categories = dataset.categories
        value = {"id": categories.id.value(row), "name": str(categories.name[row])}.get(field)
    else:
        value = None
    numbers = value if isinstance(value, list) else [value]
    if any(isinstance(number, float) and not math.isfinite(number) for number in numbers):
        return None  # JSON has no NaN, and no fix may write one
    return None if value == "" else value


def _of_box(dataset: Dataset, row: int, field: str) -> Any:  # Any: see understood
    boxes = dataset.boxes
    left, top, right, bottom = corners = boxes.xyxy[row].tolist()
    image, label = int(boxes.image[row]), int(boxes.label[row])
    class_id = None if label == MISSING else dataset.categories.id.value(label)
    stated = dataset.keypoints.stated[dataset.keypoints.box == row].tolist()
    values = {
        "id": boxes.id.value(row),
        "image_id": None if image == MISSING else dataset.images.id.value(image),
        "category_id": class_id,
        "class": class_id,
        "name": None if label == MISSING else str(dataset.categories.name[label]),
        "bbox": [left, top, right - left, bottom - top],
        "bndbox": corners,
        "box": corners,
        **dict(zip(("xmin", "ymin", "xmax", "ymax"), corners, strict=True)),
        "area": float(boxes.area[row]),
        "iscrowd": int(boxes.crowd[row]),
        "ignore": int(boxes.difficult[row]),
        "difficult": int(boxes.difficult[row]),
        "num_keypoints": stated[0] if stated else None,
    }
    return values.get(field)
