"""LabelMe: a folder of JSON files, one for each image; they can be read only.

Source: https://github.com/wkentaro/labelme, `labelme/label_file.py` and `labelme/shape.py`.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

from labelaudit.dataset.tables import RecordType
from labelaudit.errors import FormatError
from labelaudit.io.formats import FORMATS
from labelaudit.io.formats.box_record import BoxRecord, extent
from labelaudit.io.formats.builder import DatasetBuilder
from labelaudit.io.formats.evidence import FormatEvidence, PathSample
from labelaudit.io.formats.listing import label_files
from labelaudit.io.formats.read_only import ReadOnly
from labelaudit.io.formats.values import json_in, number, shown, text_of

KINDS = ("rectangle", "polygon", "circle")
"""The kinds of shape that have a box. Others (points, lines, masks as pictures) are noted."""

_SHAPES = re.compile(rb'"shapes"\s*:\s*\[')
_OURS = re.compile(rb'"(?:imagePath|shape_type|imageHeight)"\s*:')


def evidence(sample: PathSample) -> FormatEvidence | None:
    """What speaks for a path being a LabelMe file, or a folder of them."""

    def fits(name: str) -> bool:
        head = sample.head(name)
        return _SHAPES.search(head) is not None and _OURS.search(head) is not None

    return sample.judged(sample.ending(".json"), fits, "JSON files with shapes and an imagePath")


def read(path: Path) -> DatasetBuilder:
    """What is in a LabelMe file, or in all files of a folder, each of them about one image.

    Raises
    ------
    FormatError
        if there is no JSON file in the folder.
    """
    root = path.parent if path.is_file() else path
    names = [path.name] if path.is_file() else [*filter(_is_json, label_files(path))]
    if not names:
        raise FormatError(f"{path}: no JSON file of LabelMe in it")
    built = DatasetBuilder("labelme", root)
    for name in names:
        _read_file(built, built.add_file(name), name)
    return built


def _is_json(name: str) -> bool:
    return name.lower().endswith(".json")


def _read_file(built: DatasetBuilder, file: int, name: str) -> None:
    """Take in one file: what is no annotation is noted."""
    try:
        value = json_in(built.root / name)
    except ValueError as error:
        built.unreadable_file(file, str(error))
        return
    if not isinstance(value, dict) or not isinstance(value.get("shapes"), list):
        built.unreadable_file(file, "no list of shapes")
        return
    image = _read_image(built, file, name.rpartition("/")[0], value)
    for record, shape in enumerate(value["shapes"]):
        _read_shape(built, file, image, (record, shape))


def _read_image(built: DatasetBuilder, file: int, folder: str, value: dict[str, Any]) -> int:
    inside = text_of(value.get("imagePath")).replace("\\", "/")
    sides = {name: number(value.get(name)) for name in ("imageWidth", "imageHeight")}
    width, height = (side or math.nan for side in sides.values())
    name = f"{folder}/{inside}" if folder and inside else inside
    image = built.add_image(file, name, size=(width, height))
    understood = {"imagePath": inside or None, **sides}
    for field, known in understood.items():
        if known is None:
            odd = value.get(field)
            built.odd_field(RecordType.IMAGE, field, odd, file=file, record=0, row=image)
    return image


def _read_shape(
    built: DatasetBuilder, file: int, image: int, placed: tuple[int, Any]
) -> None:  # Any: whatever stands in the list of shapes
    """Take in a shape with its position; one that has no box is noted."""
    record, shape = placed
    kind = shape.get("shape_type") or "polygon" if isinstance(shape, dict) else None
    if kind not in KINDS:
        found = f"a shape of kind {shown(kind)}" if kind else shape
        built.unreadable_record(RecordType.BOX, file, record, found)
        return
    points, label = _points(shape.get("points"), kind), text_of(shape.get("label"))
    for field, understood in (("points", points), ("label", label or None)):
        if understood is None:
            odd, row = shape.get(field), built.next_box
            built.odd_field(RecordType.BOX, field, odd, file=file, record=record, row=row)
    flat = [side for point in points or () for side in point]
    polygons = [flat] if flat and kind == "polygon" else []
    built.add_box(file, image, BoxRecord(label, _corners(points, kind), record, polygons))


def _points(value: Any, kind: str) -> list[list[float]] | None:
    """Points as LabelMe writes them; None if they are none, or not two for two corners."""
    if not isinstance(value, list) or not value:
        return None
    points = [
        [number(side) for side in point]
        for point in value
        if isinstance(point, list) and len(point) == 2
    ]
    known = [[x, y] for x, y in points if x is not None and y is not None]
    if len(known) < len(value) or (kind != "polygon" and len(known) != 2):
        return None
    return known


def _corners(points: list[list[float]] | None, kind: str) -> list[float] | None:
    """Left, top, right, bottom of a shape; None without points.

    >>> _corners([[5.0, 5.0], [8.0, 9.0]], "circle")
    [0.0, 0.0, 10.0, 10.0]
    """
    if points is None:
        return None
    if kind == "circle":
        (x, y), edge = points
        radius = math.dist((x, y), edge)
        return [x - radius, y - radius, x + radius, y + radius]
    return extent(points)


FORMATS.add(
    "labelme",
    ReadOnly(
        "labelme",
        "a folder of LabelMe files (JSON with shapes and an imagePath)",
        evidence,
        read,
        {
            "box_record": "shapes[{record}]",
            "source_fields": {"xyxy": ("points",), "label": ("label",)},
        },
    ).format(),
)
