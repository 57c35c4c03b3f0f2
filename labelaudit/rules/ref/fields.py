"""What the columns hold for a field of a record, and the fix that writes it."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from labelaudit.auditing.findings import Fix, Safety
from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Dataset, RecordType

Readers: TypeAlias = Mapping[str, Callable[[Dataset, int], Any]]  # Any: a value of any column


def rewriting(dataset: Dataset, problem: int, safety: Safety) -> Fix | None:
    """The fix that writes a field again as it was understood; None if no column is for it."""
    problems = dataset.problems
    part, row = RecordType(problems.part[problem]), int(problems.row[problem])
    field = str(problems.field[problem])
    value = understood(dataset, part, row, field) if row != MISSING else None
    if value is None:
        return None
    return Fix("set-field", safety, part, row, {"field": field, "value": value})


def understood(
    dataset: Dataset, part: RecordType, row: int, field: str
) -> Any:  # Any: of any column
    """What the columns hold for a field of a record; None if nothing, or no column is for it."""
    reader = _READERS.get(part, {}).get(field)
    value = reader(dataset, row) if reader else None
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


def _side(side: int) -> Callable[[Dataset, int], float]:
    return lambda dataset, row: float(dataset.images.size[row, side])


def _true_name(dataset: Dataset, row: int) -> str:
    """The name of the image that was found: what VOC writes as `filename` is often another."""
    return os.path.basename(str(dataset.images.path[row]))


def _corner(corner: int) -> Callable[[Dataset, int], float]:
    return lambda dataset, row: float(dataset.boxes.xyxy[row, corner])


def _corners(dataset: Dataset, row: int) -> list[float]:
    corners: list[float] = dataset.boxes.xyxy[row].tolist()
    return corners


def _sides(dataset: Dataset, row: int) -> list[float]:
    left, top, right, bottom = _corners(dataset, row)
    return [left, top, right - left, bottom - top]


def _image_id(dataset: Dataset, row: int) -> Any:  # Any: whatever JSON holds
    image = int(dataset.boxes.image[row])
    return None if image == MISSING else dataset.images.id.value(image)


def _class_id(dataset: Dataset, row: int) -> Any:  # Any: whatever JSON holds
    label = int(dataset.boxes.label[row])
    return None if label == MISSING else dataset.categories.id.value(label)


def _class_name(dataset: Dataset, row: int) -> str:
    label = int(dataset.boxes.label[row])
    return "" if label == MISSING else str(dataset.categories.name[label])


def _stated_keypoints(dataset: Dataset, row: int) -> int | None:
    stated = dataset.keypoints.stated[dataset.keypoints.box == row].tolist()
    return stated[0] if stated and stated[0] != MISSING else None


_IMAGE: Readers = {
    "id": lambda dataset, row: dataset.images.id.value(row),
    "file_name": lambda dataset, row: str(dataset.images.name[row]),
    "filename": _true_name,
    "width": _side(0),
    "height": _side(1),
    "size": lambda dataset, row: dataset.images.size[row].tolist(),
}
_CATEGORY: Readers = {
    "id": lambda dataset, row: dataset.categories.id.value(row),
    "name": lambda dataset, row: str(dataset.categories.name[row]),
}
_BOX: Readers = {
    "id": lambda dataset, row: dataset.boxes.id.value(row),
    "image_id": _image_id,
    "category_id": _class_id,
    "class": _class_id,
    "name": _class_name,
    "bbox": _sides,
    "bndbox": _corners,
    "box": _corners,
    "xmin": _corner(0),
    "ymin": _corner(1),
    "xmax": _corner(2),
    "ymax": _corner(3),
    "area": lambda dataset, row: float(dataset.boxes.area[row]),
    "iscrowd": lambda dataset, row: int(dataset.boxes.crowd[row]),
    "ignore": lambda dataset, row: int(dataset.boxes.difficult[row]),
    "difficult": lambda dataset, row: int(dataset.boxes.difficult[row]),
    "num_keypoints": _stated_keypoints,
}
_READERS: Mapping[RecordType, Readers] = {
    RecordType.IMAGE: _IMAGE,
    RecordType.CATEGORY: _CATEGORY,
    RecordType.BOX: _BOX,
}
