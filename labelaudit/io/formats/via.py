"""VGG Image Annotator (VIA 2, and the exports of VIA 1): a JSON file; it is read only.

Source: https://www.robots.ox.ac.uk/~vgg/software/via/, `via.js` of version 2.0.12: rectangles are
x, y, width and height, circles and ellipses a centre and radii, `theta` is in radians, and the
class is whatever attribute its users named.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from labelaudit.dataset.tables import RecordType
from labelaudit.io.formats import FORMATS
from labelaudit.io.formats.attributes import others
from labelaudit.io.formats.box_record import BoxRecord, extent
from labelaudit.io.formats.builder import DatasetBuilder
from labelaudit.io.formats.evidence import FormatEvidence, PathSample
from labelaudit.io.formats.odd_values import listed
from labelaudit.io.formats.read_only import ReadOnly
from labelaudit.io.formats.sources import fitting_files, splits_of
from labelaudit.io.formats.text_lines import lines_in
from labelaudit.io.formats.turned import ellipse_extent
from labelaudit.io.formats.unheld import NAMES
from labelaudit.io.formats.values import json_in, number, text_of

ENDINGS = (".json", ".csv")
"""Of exports; the table has the same records as the JSON file, a region a row."""

CELLS = ("region_shape_attributes", "region_attributes")
"""The columns of the table that hold JSON."""

ATTRIBUTES = f"attributes of objects ({NAMES}): without them"
ATTRIBUTES_OF_IMAGES = f"attributes of images ({NAMES}): without them"

PROJECT = "_via_img_metadata"
"""Where a project file has what an export is."""

CLASS_WORDS = ("class", "label", "category", "name", "object", "type")
"""Words in the names of attributes by which one is taken for the class, the surest first.

A choice, after the attributes of VIA files in public repositories.
"""

USUAL = 0.5
"""How often the class is filled in at least, as a share of the most common attribute; a choice."""

ONLY_CLASS = "object"
"""The class of all regions where none has an attribute: they were drawn for one class."""

_OURS = re.compile(
    rb'"(?:_via_img_metadata|_via_settings|shape_attributes|region_attributes|base64_img_data)"\s*:'
)
_TABLE = b"region_shape_attributes"
_EMPTY = re.compile(rb'"filename"\s*:\s*".*?"regions"\s*:\s*[\[{]', re.DOTALL)

Images = Mapping[str, Any]  # Any: whatever a file holds


def evidence(sample: PathSample) -> FormatEvidence | None:
    """What speaks for a path being a VIA file, or a folder with some."""
    why = "JSON files with regions and their shape_attributes"
    tables = sample.ending(".csv")
    names = [*sample.ending(".json"), *(name for name in tables if _TABLE in sample.head(name))]
    return sample.judged(names, lambda name: _fits(sample.head(name)), why)


def _fits(head: bytes) -> bool:
    """Whether a file begins as one of VIA; the first images may have no regions."""
    if _TABLE in head.partition(b"\n")[0]:
        return True
    return bool(_OURS.search(head) or (b'"file_attributes"' in head and _EMPTY.search(head)))


def read(path: Path) -> DatasetBuilder:
    """What is in a VIA file, or in those of a folder, each of them a split.

    Raises
    ------
    FormatError
        if there is none in the folder.
    """
    root, names = fitting_files(path, ENDINGS, _fits, "file of VIA")
    built = DatasetBuilder("via", root)
    files = [(built.add_file(name), name, split) for name, split in _with_splits(names)]
    held = [(file, name, split, _images(built, file, name)) for file, name, split in files]
    attribute = _class_attribute(built, [images for *_, images in held])
    for file, name, split, images in held:
        count = 0
        for record, image in enumerate(images.values()):
            if not isinstance(image, dict):
                built.unreadable_record(RecordType.IMAGE, file, record, image)
                continue
            row = _read_image(built, file, (record, image), (name.rpartition("/")[0], split))
            for region in _regions(image):
                _read_region(built, (file, row, count), region, attribute)
                count += 1
    return built


def _with_splits(names: list[str]) -> Iterator[tuple[str, str]]:
    return zip(names, splits_of(names), strict=True)


def _images(built: DatasetBuilder, file: int, name: str) -> Images:
    """The image records of a file, by their keys; none of what is no VIA file, which is noted."""
    try:
        reader = _table_in if name.lower().endswith(".csv") else json_in
        value = reader(built.root / name)
    except (ValueError, csv.Error) as error:
        built.unreadable_file(file, str(error))
        return {}
    images = value.get(PROJECT, value) if isinstance(value, dict) else None
    if not isinstance(images, dict):
        built.unreadable_file(file, "no images by their keys")
        return {}
    return images


def _table_in(path: Path) -> Images:
    """The image records of a table, by their names.

    Raises
    ------
    ValueError
        in words, if it cannot be read.
    """
    try:
        lines = lines_in(path.read_bytes())
    except OSError as error:
        raise ValueError(error.strerror or str(error)) from error
    images: dict[str, dict[str, Any]] = {}
    for row in csv.DictReader(lines):
        name = text_of(row.get("filename", row.get("#filename")))
        about = _cell(row.get("file_attributes"))
        empty = {"filename": name, "file_attributes": about, "regions": []}
        image = images.setdefault(name, empty)
        if text_of(row.get("region_count")) != "0":
            shape, attributes = (_cell(row.get(key)) for key in CELLS)
            image["regions"].append({"shape_attributes": shape, "region_attributes": attributes})
    return images


def _cell(text: Any) -> Any:  # Any: whatever a file holds
    """The value of a cell with JSON; the text itself if it is none."""
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return text


def _regions(image: Mapping[str, Any]) -> list[Any]:
    """The regions of an image: a list in VIA 2, by their numbers in VIA 1."""
    regions = image.get("regions")
    if isinstance(regions, dict):
        return list(regions.values())
    return regions if isinstance(regions, list) else []


def _class_attribute(built: DatasetBuilder, files: list[Images]) -> str | None:
    """The attribute of regions that is the class, which a note says; None if there is none.

    Of those that are filled in often, one whose name says so; else the one that most regions have,
    with the fewest values.
    """
    regions = [
        region
        for images in files
        for image in images.values()
        if isinstance(image, dict)
        for region in _regions(image)
        if isinstance(region, dict)
    ]
    values: dict[str, Counter[str]] = {}
    for region in regions:
        attributes = region.get("region_attributes")
        for name, value in attributes.items() if isinstance(attributes, dict) else ():
            if word := _chosen(value):
                values.setdefault(name, Counter())[word] += 1
    if not values:
        if regions:
            built.notes.append(f"no region has an attribute: all are taken for class {ONLY_CLASS}")
        return None
    most = max(counts.total() for counts in values.values())
    often = [name for name, counts in values.items() if counts.total() >= USUAL * most]
    best = max(often, key=lambda name: (-_word(name), values[name].total(), -len(values[name])))
    others = ", ".join(name for name in values if name != best)
    told = f"the attribute {best!r} of regions is taken for the class"
    built.notes.append(f"{told}; not read: {others}" if others else told)
    return best


def _word(name: str) -> int:
    """The place in CLASS_WORDS of a word that a name has; their number if it has none."""
    words = re.split(r"[^a-z]+", name.lower())
    places = [
        place for place, word in enumerate(CLASS_WORDS) if word in words or f"{word}s" in words
    ]
    return places[0] if places else len(CLASS_WORDS)


def _chosen(value: Any) -> str:  # Any: whatever a file holds
    """What an attribute says: a text, a number, or the only one of some boxes that is ticked.

    >>> _chosen(" cat "), _chosen(3), _chosen({"cat": True, "dog": False})
    ('cat', '3', 'cat')
    >>> _chosen({"cat": True, "dog": True}), _chosen(None)
    ('', '')
    """
    if isinstance(value, dict):
        ticked = [name for name, chosen in value.items() if chosen]
        return text_of(ticked[0]) if len(ticked) == 1 else ""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if whole else text_of(value)


def _read_image(
    built: DatasetBuilder,
    file: int,
    placed: tuple[int, Mapping[str, Any]],
    where: tuple[str, str],  # the folder of the file, and its split
) -> int:
    record, image = placed
    folder, split = where
    name = text_of(image.get("filename")).replace("\\", "/")
    near = f"{folder}/{name}" if folder and name and "://" not in name else name
    row = built.add_image(file, near, record=record, split=split, other_name=name)
    built.told.image(row, others(image, ("filename", "regions", "size")))
    built.place(RecordType.IMAGE, record, image)
    if isinstance(attributes := image.get("file_attributes"), dict):
        built.unheld.count_others(ATTRIBUTES_OF_IMAGES, attributes, ())
    for key, understood in (
        ("filename", bool(name)),
        ("regions", isinstance(image.get("regions"), list | dict)),
    ):
        if not understood:
            place = {"file": file, "record": record, "row": row}
            built.odd_field(RecordType.IMAGE, key, image.get(key), **place)
    return row


def _read_region(
    built: DatasetBuilder, place: tuple[int, int, int], region: Any, attribute: str | None
) -> None:
    """Take in a region; one that has no box is left out.

    Parameters
    ----------
    built:
        what takes it in.
    place:
        its file, its image, and its position among the regions of its file.
    region:
        whatever stands there.
    attribute:
        the one that is the class; None if no region has any.
    """
    file, image, record = place
    shape = region.get("shape_attributes") if isinstance(region, dict) else None
    kind = text_of(shape.get("name")) if isinstance(shape, dict) else ""
    if not isinstance(shape, dict) or not kind:
        built.unreadable_record(RecordType.BOX, file, record, region)
        return
    if kind not in SHAPES:
        built.leave_out(f"{kind} regions, which have no box", file, f"region[{record}]")
        return
    label = ONLY_CLASS
    attributes = region.get("region_attributes")
    if isinstance(attributes, dict):
        built.unheld.count_others(ATTRIBUTES, attributes, (attribute,))
    if attribute is not None:
        value = attributes.get(attribute) if isinstance(attributes, dict) else attributes
        label = _chosen(value)
        if not label:
            row = built.next_box
            built.odd_field(RecordType.BOX, attribute, value, file=file, record=record, row=row)
    built.told.box(built.next_box, others(region, ("shape_attributes",)))
    built.place(RecordType.BOX, record, region)
    xyxy, polygons = SHAPES[kind](built, shape, {"file": file, "record": record})
    built.add_box(file, image, BoxRecord(label, xyxy, record, polygons))


Shape = tuple[list[float] | None, list[list[float]]]  # corners and polygons
Place = Mapping[str, int]


def _numbers(
    built: DatasetBuilder, shape: Mapping[str, Any], place: Place, *names: str
) -> list[float] | None:
    return built.numbers({name: shape.get(name) for name in names}, **place)


def _rectangle(built: DatasetBuilder, shape: Mapping[str, Any], place: Place) -> Shape:
    sides = _numbers(built, shape, place, "x", "y", "width", "height")
    if sides is None:
        return None, []
    x, y, width, height = sides
    return [x, y, x + width, y + height], []


def _circle(built: DatasetBuilder, shape: Mapping[str, Any], place: Place) -> Shape:
    sides = _numbers(built, shape, place, "cx", "cy", "r")
    return (ellipse_extent((sides[0], sides[1]), (sides[2], sides[2])) if sides else None), []


def _ellipse(built: DatasetBuilder, shape: Mapping[str, Any], place: Place) -> Shape:
    written = ["theta"] if shape.get("theta") is not None else []
    sides = _numbers(built, shape, place, "cx", "cy", "rx", "ry", *written)
    if sides is None:
        return None, []
    x, y, wide, high, *theta = sides
    return ellipse_extent((x, y), (wide, high), math.degrees(sum(theta))), []


def _polygon(built: DatasetBuilder, shape: Mapping[str, Any], place: Place) -> Shape:
    names = ("all_points_x", "all_points_y")
    axes = [_axis(listed(built, name, shape.get(name), **place)) for name in names]
    if None not in axes and len(axes[0] or ()) != len(axes[1] or ()):
        axes[1] = None
    for name, axis in zip(names, axes, strict=True):
        if axis is None:
            row = built.next_box
            built.odd_field(RecordType.BOX, name, shape.get(name), row=row, **place)
    points = [list(point) for point in zip(*(axis or () for axis in axes), strict=False)]
    if None in axes or not points:
        return None, []
    return extent(points), [[side for point in points for side in point]]


def _axis(value: Any) -> list[float] | None:  # Any: whatever a file holds
    numbers = [number(one) for one in value] if isinstance(value, list) and value else [None]
    known = [one for one in numbers if one is not None]
    return known if len(known) == len(numbers) else None


SHAPES: Mapping[str, Callable[[DatasetBuilder, Mapping[str, Any], Place], Shape]] = {
    "rect": _rectangle,
    "circle": _circle,
    "ellipse": _ellipse,
    "polygon": _polygon,
}
"""How the kinds of region that have a box are read; points and polylines are left out."""

FORMATS.add(
    "via",
    ReadOnly(
        "via",
        "a VIA file (JSON with regions and their shape_attributes)",
        evidence,
        read,
        {
            "box_record": "region[{record}]",
            "source_fields": {"xyxy": ("shape_attributes",), "label": ("region_attributes",)},
            "box_parts": (
                *("x", "y", "width", "height", "cx", "cy", "r", "rx", "ry", "theta"),
                *("all_points_x", "all_points_y"),
            ),
        },
        endings=(".json", ".csv"),
        placed=True,
    ).format(),
)
