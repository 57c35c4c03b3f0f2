"""Where records stand and what they say, in the words that messages of this family use."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from labelaudit.dataset import Boxes, Categories, Dataset, Images, Part, ProblemKind
from labelaudit.table import MISSING, Ints, Rows

ESSENTIAL = frozenset((
    "id", "image_id", "category_id", "bbox", "bndbox", "box", "xmin", "ymin", "xmax", "ymax",
    "class", "name", "file_name",
))  # fmt: skip
"""Fields without which a trainer stops, or leaves the record out."""


def problems(dataset: Dataset, *kinds: ProblemKind) -> Ints:
    """Rows of the problems of these kinds."""
    wanted = np.zeros(len(dataset.problems), bool)
    for kind in kinds:
        wanted |= dataset.problems.kind == kind.value
    return np.flatnonzero(wanted)


def about(dataset: Dataset, problem: Ints) -> dict[str, Ints | Rows]:
    """The columns of findings about these problems: the file, and the record if it is in a table."""
    some = dataset.problems.rows(problem)
    box, image, category = (
        np.where(some.part == part.value, some.row, MISSING)
        for part in (Part.BOX, Part.IMAGE, Part.CATEGORY)
    )
    image = np.where(box == MISSING, image, np.append(dataset.boxes.image, MISSING)[box])
    columns = {"box": box, "image": image, "category": category}
    return {"problem": problem, "file": some.file, **columns}


def places(dataset: Dataset, problem: Ints) -> list[str]:
    """Where these problems are: `annotations[3]`, or the path of the file."""
    some = dataset.problems.rows(problem)
    paths = [*dataset.files.path.tolist(), "the dataset"]
    rows = zip(some.part.tolist(), some.record.tolist(), some.file.tolist(), strict=True)
    return [
        paths[file] if record == MISSING else f"{part}[{record}]" for part, record, file in rows
    ]


def image_names(images: Images, rows: Iterable[int]) -> list[str]:
    """What to call these images: their file name, or their id."""
    names = [
        name or f"the image with id {shown(images.id.value(row))}"
        for row, name in enumerate(images.name.tolist())
    ]
    return [names[row] if row != MISSING else "no known image" for row in rows]


def table_of(dataset: Dataset, part: Part) -> Images | Categories | Boxes:
    """The table of a part."""
    tables = {
        Part.IMAGE: dataset.images,
        Part.CATEGORY: dataset.categories,
        Part.BOX: dataset.boxes,
    }
    return tables[part]


def shown(value: Any, width: int = 60) -> str:  # Any: whatever JSON holds
    """A value from a JSON file, as it is written there, and shortened.

    >>> shown("7"), shown(None), shown(["x" * 99], width=9)
    ('"7"', 'null', '["xxxx...')
    """
    try:
        text = json.dumps(value, ensure_ascii=False)
    except RecursionError:
        text = "something nested too deeply"
    return text if len(text) <= width else f"{text[: width - 3]}..."


def understood(dataset: Dataset, part: Part, row: int, field: str) -> Any:  # Any: of any column
    """What the columns hold for a field of a record; None if there is no such column, or nothing."""
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
