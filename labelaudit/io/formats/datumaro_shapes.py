"""Shapes of annotations of Datumaro: which numbers are a box, a polygon, a mask or keypoints."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from labelaudit.dataset.masks import rle_masks
from labelaudit.dataset.tables import RecordType
from labelaudit.io.formats.box_record import extent
from labelaudit.io.formats.builder import UNKNOWN, DatasetBuilder
from labelaudit.io.formats.odd_values import listed
from labelaudit.io.formats.turned import turned_corners
from labelaudit.io.formats.values import number

Record = Mapping[str, Any]  # Any: whatever a file holds
Place = tuple[int, int]  # file and record
Shaped = dict[str, Any]  # Any: arguments of BoxRecord


def _numbers(built: DatasetBuilder, one: Record, key: str, place: Place) -> list[float] | None:
    """A list of numbers of an annotation; None if it is none, which is noted."""
    values = listed(built, key, one.get(key), file=place[0], record=place[1])
    known = [number(value) for value in values] if isinstance(values, list) else []
    numbers = [value for value in known if value is not None]
    if numbers and len(numbers) == len(known):
        return numbers
    _odd(built, one, key, place)
    return None


def _odd(built: DatasetBuilder, one: Record, key: str, place: Place) -> None:
    file, record = place
    row = built.next_box
    built.odd_field(RecordType.BOX, key, one.get(key), file=file, record=record, row=row)


def _box(built: DatasetBuilder, one: Record, place: Place) -> Shaped:
    sides = _numbers(built, one, "bbox", place)
    if sides is None or len(sides) != 4:
        if sides is not None:
            _odd(built, one, "bbox", place)
        return {"xyxy": None}
    x, y, width, height = sides
    return {"xyxy": [x, y, x + width, y + height]}


def _polygon(built: DatasetBuilder, one: Record, place: Place) -> Shaped:
    points = _numbers(built, one, "points", place)
    if points is None:
        return {"xyxy": None}
    return {"xyxy": extent(_pairs(points)), "polygons": [points]}


def _mask(built: DatasetBuilder, one: Record, place: Place) -> Shaped:
    rle = one.get("rle")
    size = rle.get("size") if isinstance(rle, dict) else None
    counts = rle.get("counts") if isinstance(rle, dict) else None
    height, width = pair(size)
    listed = isinstance(counts, list) and all(number(count) is not None for count in counts)
    if math.isnan(height) or not (listed or isinstance(counts, str)):
        _odd(built, one, "rle", place)
        return {"xyxy": None}
    found = rle_masks([counts or []], np.array([[height, width]], np.float64))
    corners = found.xyxy[0].tolist() if np.isfinite(found.xyxy).all() else None
    return {"xyxy": corners, "rle": {"size": size, "counts": counts}}


def _ellipse(built: DatasetBuilder, one: Record, place: Place) -> Shaped:
    """Left, top, right, bottom; or the points of a cuboid in the picture."""
    points = one.get("points")
    flat = one
    if isinstance(points, list) and all(isinstance(point, list) for point in points):
        flat = {"points": [side for point in points for side in point]}
    found = _numbers(built, flat, "points", place)
    return {"xyxy": found and extent(_pairs(found))}


def _turned(built: DatasetBuilder, one: Record, place: Place) -> Shaped:
    """Centre, width, height and degrees."""
    sides = _numbers(built, one, "points", place)
    if sides is None or len(sides) != 5:
        if sides is not None:
            _odd(built, one, "points", place)
        return {"xyxy": None}
    x, y, width, height, degrees = sides
    box = [x - width / 2, y - height / 2, x + width / 2, y + height / 2]
    corners = turned_corners(box, degrees)
    return {"xyxy": extent(corners), "polygons": [[side for point in corners for side in point]]}


def _skeleton(built: DatasetBuilder, one: Record, place: Place) -> Shaped:
    """Keypoints as COCO has them, and their extent."""
    values = _numbers(built, one, "points", place) or []
    if len(values) % 3:
        _odd(built, one, "points", place)
    points = [values[at : at + 3] for at in range(0, len(values) - 2, 3)]
    return {"xyxy": extent([point[:2] for point in points if point[2]]), "keypoints": points}


def joints(built: DatasetBuilder, one: Record, place: Place) -> Shaped:
    """Points that belong to a box: x and y, and a list of what is seen of them.

    Parameters
    ----------
    built:
        where what cannot be read is noted.
    one:
        the annotation.
    place:
        its file and its position there.
    """
    values = _numbers(built, one, "points", place) or []
    seen = one.get("visibility")
    pairs = _pairs(values)
    known = [number(value) for value in seen] if isinstance(seen, list) else [2.0] * len(pairs)
    if len(known) != len(pairs) or None in known:
        _odd(built, one, "visibility", place)
        return {"xyxy": None}
    return {
        "xyxy": None,
        "keypoints": [[*pair, see] for pair, see in zip(pairs, known, strict=True)],
    }


def _pairs(numbers: list[float]) -> list[list[float]]:
    """Points from numbers in turn; a last number without another is left out."""
    return [numbers[at : at + 2] for at in range(0, len(numbers) - 1, 2)]


def around(parts: Iterable[Shaped]) -> list[float] | None:
    """The extent of all parts that have one, as left, top, right, bottom; None if none has."""
    known = [part["xyxy"] for part in parts if part["xyxy"]]
    return extent([box[at : at + 2] for box in known for at in (0, 2)])


def pair(value: Any) -> tuple[float, float]:  # Any: whatever a file holds
    """Two numbers, as height and width; `UNKNOWN` if they are none."""
    sides = [number(side) for side in value] if isinstance(value, list) else []
    if len(sides) != 2 or sides[0] is None or sides[1] is None:
        return UNKNOWN
    return sides[0], sides[1]


SHAPES: Mapping[str, Callable[[DatasetBuilder, Record, Place], Shaped]] = {
    "bbox": _box,
    "polygon": _polygon,
    "mask": _mask,
    "ellipse": _ellipse,
    "rotated_bbox": _turned,
    "cuboid_2d": _ellipse,
    "skeleton": _skeleton,
}
"""How the types of annotation that have a box are read; others (labels, points) are left out."""
