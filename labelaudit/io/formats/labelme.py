"""LabelMe: a folder of JSON files, one for each image; they can be read only.

Source: https://github.com/wkentaro/labelme, `labelme/label_file.py` and `labelme/shape.py`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from labelaudit.dataset.tables import RecordType
from labelaudit.errors import FormatError
from labelaudit.io.formats import FORMATS
from labelaudit.io.formats.attributes import others
from labelaudit.io.formats.box_record import BoxRecord, extent
from labelaudit.io.formats.builder import DatasetBuilder
from labelaudit.io.formats.evidence import FormatEvidence, PathSample
from labelaudit.io.formats.listing import label_files
from labelaudit.io.formats.odd_values import listed, odd_writing
from labelaudit.io.formats.read_only import ReadOnly
from labelaudit.io.formats.unheld import NAMES
from labelaudit.io.formats.values import json_in, number, shown, text_of

# A scan that writes no report with lines does without it.

POINTS: Mapping[str, Sequence[int]] = {
    "rectangle": (2, 4),
    "circle": (2,),
    "mask": (2,),
    "rotation": (4,),
    "polygon": (),
}
"""The kinds of shape that have a box, and how many points they have; of a polygon any number.

Others (points, lines) are left out. X-AnyLabeling writes rectangles with four corners, and turned
ones as `rotation`.
"""

FLAGS = f"flags of objects ({NAMES}): without them"
FLAGS_OF_IMAGES = f"flags of images ({NAMES}): without them"
ATTRIBUTES = f"attributes of objects ({NAMES}): without them"
UNHELD = f"other values of objects ({NAMES}): without them"

_KEYS = ("label", "points", "shape_type", "flags", "attributes", "difficult")
_KEYS_OF_PLACES = ("label", "points", "shape_type", "mask")
_KEYS_OF_IMAGES = ("shapes", "imagePath", "imageData", "imageHeight", "imageWidth")

DRAWN = ("polygon", "rotation")
"""The kinds whose points are a polygon."""

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
    groups: dict[Any, list[tuple[int, Any]]] = {}
    for record, shape in enumerate(value["shapes"]):
        groups.setdefault(_instance(record, shape), []).append((record, shape))
    for group in groups.values():
        _read_object(built, file, image, group)


def _instance(record: int, shape: Any) -> Any:  # Any: whatever stands in the list of shapes
    """What tells an object from others: polygons of one class and one group are parts of one.

    Source: `examples/instance_segmentation/labelme2coco.py` of LabelMe.
    """
    if not isinstance(shape, dict) or _kind(shape) != "polygon":
        return record
    label, group = text_of(shape.get("label")), shape.get("group_id")
    known = label and isinstance(group, int | str) and group != "" and not isinstance(group, bool)
    return (label, group) if known else record


def _kind(shape: Mapping[str, Any]) -> str:
    """The kind of a shape; its first versions had polygons only."""
    kind = shape.get("shape_type") or "polygon"
    return kind.lower() if isinstance(kind, str) else shown(kind)


def _read_image(built: DatasetBuilder, file: int, folder: str, value: dict[str, Any]) -> int:
    inside = text_of(value.get("imagePath")).replace("\\", "/")
    sides = {name: number(value.get(name)) for name in ("imageWidth", "imageHeight")}
    width, height = (side or math.nan for side in sides.values())
    name = f"{folder}/{inside}" if folder and inside else inside
    image = built.add_image(file, name, size=(width, height))
    flags = value.get("flags")
    built.unheld.count_others(FLAGS_OF_IMAGES, flags if isinstance(flags, dict) else {}, ())
    built.told.image(image, others(value, _KEYS_OF_IMAGES))
    understood = {"imagePath": inside or None, **sides}
    for field, known in understood.items():
        if known is None:
            odd = value.get(field)
            built.odd_field(RecordType.IMAGE, field, odd, file=file, record=0, row=image)
    return image


def _read_object(
    built: DatasetBuilder, file: int, image: int, group: Sequence[tuple[int, Any]]
) -> None:
    """Take in an object of one shape or of several; one that has no box is left out.

    Parameters
    ----------
    built:
        what takes it in.
    file:
        the row of its file.
    image:
        the row of its image.
    group:
        its shapes, each with its position in the list of shapes.
    """
    record, first = group[0]
    if not isinstance(first, dict):
        built.unreadable_record(RecordType.BOX, file, record, first)
        return
    kind, label = _kind(first), text_of(first.get("label"))
    if kind not in POINTS:
        kind = shown(first.get("shape_type"))
        built.leave_out(f"shapes of kind {kind}, which have no box", file, f"shapes[{record}]")
        return
    if first.get("shape_type") not in (None, "", kind):
        odd_writing(built, "shape_type", first["shape_type"], file=file, record=record)
    if not label:
        odd, row = first.get("label"), built.next_box
        built.odd_field(RecordType.BOX, "label", odd, file=file, record=record, row=row)
    for _, shape in group:
        if isinstance(shape, dict):
            _count_unheld(built, shape, grouped=len(group) > 1)
    parts = [_points(built, file, placed, kind) for placed in group]
    if len(group) > 1:
        built.gather("polygons of one class and one group_id are one object", file, label)
    known = [points for points in parts if points]
    flat = [[side for point in points for side in point] for points in known]
    xyxy = _corners([point for points in known for point in points], kind)
    polygons = flat if kind in DRAWN else ()
    built.told.box(built.next_box, others(first, _KEYS_OF_PLACES))
    built.place(RecordType.BOX, record, first)
    difficult = first.get("difficult") is True  # as X-AnyLabeling has it
    built.add_box(file, image, BoxRecord(label, xyxy, record, polygons, difficult=difficult))


def _count_unheld(built: DatasetBuilder, shape: Mapping[str, Any], *, grouped: bool) -> None:
    """Count what a shape says beside its place; a group that was made one object is held."""
    flags = shape.get("flags")
    built.unheld.count_others(FLAGS, flags if isinstance(flags, dict) else {}, ())
    attributes = shape.get("attributes")
    built.unheld.count_others(ATTRIBUTES, attributes if isinstance(attributes, dict) else {}, ())
    known = (*_KEYS, "group_id") if grouped else _KEYS
    built.unheld.count_others(UNHELD, shape, known)


def _points(
    built: DatasetBuilder, file: int, placed: tuple[int, Any], kind: str
) -> list[list[float]]:  # Any: whatever stands in the list of shapes
    """The points of a shape; none if they are none, or not as many as its kind has: noted."""
    record, shape = placed
    value = listed(built, "points", shape.get("points"), file=file, record=record)
    points = [
        [number(side) for side in point]
        for point in (value if isinstance(value, list) else ())
        if isinstance(point, list) and len(point) == 2
    ]
    known = [[x, y] for x, y in points if x is not None and y is not None]
    whole = isinstance(value, list) and len(known) == len(value) > 0
    if whole and (not POINTS[kind] or len(known) in POINTS[kind]):
        return known
    row = built.next_box
    built.odd_field(RecordType.BOX, "points", value, file=file, record=record, row=row)
    return []


def _corners(points: list[list[float]], kind: str) -> list[float] | None:
    """Left, top, right, bottom of a shape; None without points.

    >>> _corners([[5.0, 5.0], [8.0, 9.0]], "circle"), _corners([[5.0, 5.0], [8.0, 9.0]], "mask")
    ([0.0, 0.0, 10.0, 10.0], [5.0, 5.0, 9.0, 10.0])
    """
    if kind == "circle" and points:
        (x, y), edge = points
        radius = math.dist((x, y), edge)
        return [x - radius, y - radius, x + radius, y + radius]
    around = extent(points)
    if kind == "mask" and around:  # its corners are the first and the last pixel
        return [*around[:2], around[2] + 1, around[3] + 1]
    return around


FORMATS.add(
    "labelme",
    ReadOnly(
        "labelme",
        "a folder of LabelMe files (JSON with shapes and an imagePath)",
        evidence,
        read,
        {
            "box_record": "shapes[{record}]",
            "one_image_a_file": True,
            "source_fields": {"xyxy": ("points",), "label": ("label",)},
        },
        endings=(".json",),
        placed=True,
    ).format(),
)
