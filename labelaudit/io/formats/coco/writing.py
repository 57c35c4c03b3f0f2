"""A dataset of any format as new COCO files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from labelaudit.core.columns import MISSING, Bools, Floats, Rows
from labelaudit.dataset.shapes import Shape
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FormatError
from labelaudit.io.formats import shapes


def write(dataset: Dataset, path: Path) -> list[str]:
    """Write COCO files; what they cannot hold, a line each.

    Without splits, or to a path that ends in .json, it is one file. With splits it is a folder with
    one file for each of them; all of them have the same classes and ids.

    Raises
    ------
    FormatError
        if the path exists, or names one file for an image in two splits.
    """
    if path.exists():
        raise FormatError(f"{path}: exists; give the name of a new file or folder")
    shaped = shapes(dataset)
    lost = _lost(dataset, shaped)
    everything = np.ones(len(dataset.images), bool)
    if not dataset.splits or path.suffix.lower() == ".json":
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_file(dataset, shaped, everything, path)
        if dataset.splits:
            lost.append(
                f"splits ({', '.join(dataset.splits)}): name a folder to get a file for each"
            )
        return lost
    path.mkdir(parents=True)
    listed = np.zeros(len(dataset.images), bool)
    for number, name in enumerate(dataset.splits):
        chosen = _in_split(dataset, number)
        listed |= chosen
        _write_file(dataset, shaped, chosen, path / f"{name}.json")
    if not listed.all():
        _write_file(dataset, shaped, ~listed, path / "unlisted.json")
    return lost


def _in_split(dataset: Dataset, split: int) -> Bools:
    members = dataset.split_members
    chosen = np.zeros(len(dataset.images), bool)
    chosen[members.image[(members.split == split) & (members.image != MISSING)]] = True
    return chosen


def _write_file(dataset: Dataset, shaped: Mapping[int, Shape], chosen: Bools, path: Path) -> None:
    """One record a line: a line-wise diff of two such files shows records."""
    category = _category_ids(dataset)
    sections = {
        "images": _images(dataset, chosen),
        "annotations": _annotations(dataset, shaped, chosen, category),
        "categories": _categories(dataset, category),
    }
    with path.open("x", encoding="utf-8") as file:
        file.write("{")
        for number, (key, records) in enumerate(sections.items()):
            lines = ",\n".join(json.dumps(record, ensure_ascii=False) for record in records)
            file.write(f'{"," if number else ""}\n"{key}": [\n{lines}\n]')
        file.write("\n}\n")


def _category_ids(dataset: Dataset) -> Rows:
    """An id for each class record, from 1; records of one name, in several files, share one."""
    names: dict[str, int] = {}
    for name in dataset.class_names:
        names.setdefault(name, len(names) + 1)
    return np.array([names[name] for name in dataset.class_names], np.int32)


def _categories(dataset: Dataset, category: Rows) -> list[dict[str, Any]]:
    names = dict(zip(category.tolist(), dataset.class_names, strict=True))
    return [{"id": number, "name": name} for number, name in sorted(names.items())]


def _images(dataset: Dataset, chosen: Bools) -> list[dict[str, Any]]:
    images = dataset.images
    records = []
    for row in np.flatnonzero(chosen).tolist():
        width, height = images.size[row].tolist()
        known = not images.assumed[row] and np.isfinite([width, height]).all()
        sides = {"width": _number(width), "height": _number(height)} if known else {}
        records.append({"id": row + 1, "file_name": str(images.name[row]), **sides})
    return records


def _annotations(
    dataset: Dataset, shaped: Mapping[int, Shape], chosen: Bools, category: Rows
) -> list[dict[str, Any]]:
    boxes = dataset.boxes
    rows = np.flatnonzero(_holdable(dataset) & np.append(chosen, False)[boxes.image])
    records = []
    for row in rows.tolist():
        left, top, right, bottom = boxes.xyxy[row].tolist()
        width, height = (float(f"{side:.12g}") for side in (right - left, bottom - top))
        area = float(boxes.area[row])
        record: dict[str, Any] = {
            "id": row + 1,
            "image_id": int(boxes.image[row]) + 1,
            "category_id": int(category[boxes.label[row]]),
            "bbox": [_number(side) for side in (left, top, width, height)],
            "area": _number(width * height if np.isnan(area) else area),
            "iscrowd": int(boxes.crowd[row]),
        }
        if boxes.difficult[row]:
            record["ignore"] = 1
        records.append(record | _shape_fields(shaped.get(row, Shape())))
    return records


def _shape_fields(shape: Shape) -> dict[str, Any]:
    """The mask and the keypoints of an annotation."""
    fields: dict[str, Any] = {}
    if shape.rle is not None:
        fields["segmentation"] = shape.rle
    elif shape.polygons:
        fields["segmentation"] = [_numbers(polygon) for polygon in shape.polygons]
    if shape.keypoints is not None:
        fields["keypoints"] = _numbers(shape.keypoints)
        fields["num_keypoints"] = int(np.count_nonzero(shape.keypoints[:, 2]))
    return fields


def _numbers(values: Floats) -> list[float]:
    """Numbers with no more digits than arithmetic on fractions leaves true."""
    return [_number(float(f"{value:.12g}")) for value in values.reshape(-1).tolist()]


def _number(value: float) -> float:
    return int(value) if value.is_integer() else value


def _holdable(dataset: Dataset) -> Bools:
    boxes = dataset.boxes
    holdable: Bools = np.logical_and.reduce(np.isfinite(boxes.xyxy), axis=1)
    holdable &= boxes.image != MISSING
    holdable &= boxes.label != MISSING
    return holdable


def _lost(dataset: Dataset, shaped: Mapping[int, Shape]) -> list[str]:
    """What COCO could not hold, or this dataset does not know."""
    lost = []
    left_out = int(np.count_nonzero(~_holdable(dataset)))
    if left_out:
        lost.append(f"{left_out:,} boxes without an image, a class or finite numbers")
    masks = sum(bool(shape.polygons) or shape.rle is not None for shape in shaped.values())
    if len(dataset.masks) > masks:
        lost.append(f"{len(dataset.masks) - masks:,} masks that cannot be read")
    posed = sum(shape.keypoints is not None for shape in shaped.values())
    if len(dataset.keypoints) > posed:
        lost.append(f"the keypoints of {len(dataset.keypoints) - posed:,} objects")
    if posed:
        lost.append("the names of keypoints and what connects them")
    unknown = int(np.count_nonzero(dataset.images.assumed))
    if unknown:
        lost.append(f"the sizes of {unknown:,} images that were not found")
    unread = int(np.count_nonzero(dataset.problems.row == MISSING))
    if unread:
        lost.append(f"{unread:,} records or files that cannot be read")
    return lost
