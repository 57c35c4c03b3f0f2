"""Regions of Label Studio: corners and polygons in per cent of an image that is known or not.

Source: https://labelstud.io/tags/rectanglelabels, /tags/polygonlabels and /tags/ellipselabels.
Coordinates are per cent of width and height of the image as it is shown; a rectangle is turned
clockwise about its left top corner, an ellipse about its centre.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from labelaudit.dataset.tables import RecordType
from labelaudit.io.formats.box_record import extent
from labelaudit.io.formats.builder import DatasetBuilder
from labelaudit.io.formats.labelstudio.brush import painted_pixels
from labelaudit.io.formats.mask_runs import encoded, extent_of
from labelaudit.io.formats.odd_values import listed
from labelaudit.io.formats.turned import ellipse_extent, turned_corners
from labelaudit.io.formats.values import number, number_in, text_of

Record = Mapping[str, Any]  # Any: whatever a file holds
Size = tuple[float, float]
Shaped = dict[str, Any]  # Any: arguments of BoxRecord


def grouped(results: Iterable[Any]) -> Iterator[list[Any]]:  # Any: whatever a file holds
    """The results of each region: its shape and its class may be two with one id.

    Results of one id at several places are of as many regions. Relations, which are of no region,
    are passed over; what is no result comes alone.
    """
    groups: dict[Any, list[Any]] = {}
    for place, result in enumerate(results):
        keys = result if isinstance(result, dict) else {}
        if keys.get("type") == "relation":
            continue
        name = text_of(keys.get("id"))
        groups.setdefault(name or place, []).append(result)
    for group in groups.values():
        yield from _apart(group)


def _apart(group: list[Any]) -> list[list[Any]]:
    """The results of one id, by where they are; those that are nowhere go with the first."""
    if len(group) < 2:
        return [group]
    regions: dict[str, list[Any]] = {}
    for result in group:
        if kind_of(result) in SHAPES:
            regions.setdefault(_place(result), []).append(result)
    if len(regions) < 2:
        return [group]
    first = next(iter(regions))
    for result in group:
        if kind_of(result) not in SHAPES:
            regions.get(_place(result), regions[first]).append(result)
    return list(regions.values())


def _place(result: Record) -> str:
    """Where a result is: its coordinates as the file writes them, of one item of a task."""
    value = result.get("value")
    known = value if isinstance(value, Mapping) else {}
    return repr([result.get("item_index"), *(known.get(key) for key in COORDINATES)])


def kind_of(result: Record) -> str:
    """What a result draws: a key of SHAPES, or its own type, without `labels` at its end.

    >>> kind_of({"type": "rectanglelabels"}), kind_of({"value": {"points": [], "closed": True}})
    ('rectangle', 'polygon')
    """
    kind = text_of(result.get("type")).lower()
    if kind:
        return kind.removesuffix("labels") or "labels"
    value = result.get("value")
    keys = value if isinstance(value, Mapping) else {}
    return next((kind for key, kind in MARKS.items() if key in keys), "other")


COORDINATES = ("x", "y", "width", "height", "radiusX", "radiusY", "points", "rle")

MARKS = {
    "points": "polygon",
    "radiusX": "ellipse",
    "rle": "brush",
    "keypointlabels": "keypoint",
    "height": "rectangle",
}
"""What coordinates have by which a result is known that does not say what it draws."""


def labels_of(results: Iterable[Record]) -> list[str]:
    """The classes of a region: what stands in lists whose names end with `labels`."""
    found = [
        text_of(label)
        for result in results
        if isinstance(value := result.get("value"), Mapping)
        for key, labels in value.items()
        if key.endswith("labels") and isinstance(labels, list)
        for label in labels
    ]
    return list(dict.fromkeys(filter(None, found)))


def size_of(results: Iterable[Any]) -> Size | None:  # Any: whatever a file holds
    """Width and height of the image as the first result says that does; None if none does."""
    for result in results:
        if not isinstance(result, dict):
            continue
        width, height = (number(result.get(f"original_{side}")) for side in ("width", "height"))
        if width and height and width > 0 and height > 0:
            return width, height
    return None


def shape_of(
    built: DatasetBuilder, value: Record, kind: str, size: Size | None, record: tuple[int, int]
) -> Shaped:
    """Corners and polygons of a region, in pixels if the size of the image is known.

    Parameters
    ----------
    built:
        what notes the fields that cannot be understood.
    value:
        the coordinates.
    kind:
        a key of SHAPES.
    size:
        width and height of the image in pixels; None if nobody says.
    record:
        its file, and its position among the regions there.
    """
    turn = _turn(value)
    if size is None and (turn % 360 or kind == "brush"):
        file, place = record
        field = "original_width"
        built.odd_field(RecordType.BOX, field, None, file=file, record=place, row=built.next_box)
        return {"xyxy": None}
    shaped = SHAPES[kind](built, value, size or (1.0, 1.0), record)
    return {**shaped, "fractions": size is None}


def _rectangle(built: DatasetBuilder, value: Record, size: Size, record: tuple[int, int]) -> Shaped:
    sides = _numbers(built, value, record, "x", "y", "width", "height")
    if sides is None:
        return {"xyxy": None}
    x, y, width, height = _scaled(sides, size)
    box, turn = [x, y, x + width, y + height], _turn(value)
    if not turn % 360:
        return {"xyxy": box}
    corners = turned_corners(box, turn, (x, y))
    return {"xyxy": extent(corners), "polygons": [[side for point in corners for side in point]]}


def _ellipse(built: DatasetBuilder, value: Record, size: Size, record: tuple[int, int]) -> Shaped:
    sides = _numbers(built, value, record, "x", "y", "radiusX", "radiusY")
    if sides is None:
        return {"xyxy": None}
    x, y, wide, high = _scaled(sides, size)
    return {"xyxy": ellipse_extent((x, y), (wide, high), _turn(value))}


def _polygon(built: DatasetBuilder, value: Record, size: Size, record: tuple[int, int]) -> Shaped:
    file, place = record
    points = listed(built, "points", value.get("points"), file=file, record=place)
    known = [
        [number(side) for side in point] if isinstance(point, list) else []
        for point in (points if isinstance(points, list) else ())
    ]
    flat = [side for point in known if len(point) == 2 for side in point if side is not None]
    if not known or len(flat) != 2 * len(known):
        built.odd_field(
            RecordType.BOX, "points", points, file=file, record=place, row=built.next_box
        )
        return {"xyxy": None}
    scaled = _scaled(flat, size)
    pairs = [scaled[at : at + 2] for at in range(0, len(scaled), 2)]
    return {"xyxy": extent(pairs), "polygons": [scaled]}


def _numbers(
    built: DatasetBuilder, value: Record, record: tuple[int, int], *names: str
) -> list[float] | None:
    """The numbers of a region; None if one is none, or that by which it is turned is none."""
    file, place = record
    written = ["rotation"] if value.get("rotation") is not None else []
    values = {name: value.get(name) for name in (*names, *written)}
    numbers = built.numbers(values, file=file, record=place)
    return numbers and numbers[: len(names)]


def _turn(value: Record) -> float:
    """By how many degrees a region is turned; text that is no number is noted by `_numbers`."""
    written = value.get("rotation")
    return (number_in(written) if isinstance(written, str) else number(written)) or 0.0


def _scaled(sides: list[float], size: Size) -> list[float]:
    """Per cent of width and height in turn, in units of `size`."""
    return [side * size[at % 2] / 100 for at, side in enumerate(sides)]


def _brush(built: DatasetBuilder, value: Record, size: Size, record: tuple[int, int]) -> Shaped:
    packed = value.get("rle")
    whole = round(size[0]), round(size[1])
    pixels = painted_pixels(packed, whole) if isinstance(packed, list) else None
    if pixels is None:
        file, place = record
        built.odd_field(RecordType.BOX, "rle", packed, file=file, record=place, row=built.next_box)
        return {"xyxy": None}
    return {"xyxy": extent_of(pixels), "rle": encoded(pixels, (0, 0), whole)}


SHAPES: Mapping[str, Callable[[DatasetBuilder, Record, Size, tuple[int, int]], Shaped]] = {
    "rectangle": _rectangle,
    "ellipse": _ellipse,
    "polygon": _polygon,
    "brush": _brush,
}
"""How the kinds of region that have a box are read; points and texts are left out."""
