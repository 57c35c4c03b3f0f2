"""Create ML: a JSON file with a list of images and their objects; it is read only.

Source: https://developer.apple.com/documentation/createml/building-an-object-detector-data-source.
Coordinates are the centre, the width and the height of a box, in pixels from the left top. Apple's
page writes `imagefilename` and `annotation`, its application and other tools `image` and
`annotations`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labelaudit.dataset.tables import ProblemKind, RecordType
from labelaudit.io.formats import FORMATS
from labelaudit.io.formats.attributes import others
from labelaudit.io.formats.box_record import BoxRecord
from labelaudit.io.formats.builder import DatasetBuilder
from labelaudit.io.formats.evidence import FormatEvidence, PathSample
from labelaudit.io.formats.problems import FieldProblem
from labelaudit.io.formats.read_only import ReadOnly
from labelaudit.io.formats.sources import fitting_files, splits_of
from labelaudit.io.formats.unheld import NAMES
from labelaudit.io.formats.values import json_in, shown, text_of

IMAGE = ("image", "imagefilename", "imageFilename", "imageURL")
OBJECTS = ("annotations", "annotation")
UNHELD = f"other values of objects ({NAMES}): without them"
UNHELD_OF_IMAGES = f"other values of images ({NAMES}): without them"
SIDES = ("x", "y", "width", "height")

_LIST = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*\[")
_NAME = re.compile(rb'"(?:image|imagefilename|imageFilename|imageURL)"\s*:\s*"')
_OBJECTS = re.compile(rb'"annotations?"\s*:\s*\[')
_CENTRE = re.compile(rb'"coordinates"\s*:\s*\{')
_FILLED = re.compile(rb'"annotations?"\s*:\s*\[\s*[^\]\s]')
_OTHERS = re.compile(rb'"(?:from_name|data)"\s*:')


def evidence(sample: PathSample) -> FormatEvidence | None:
    """What speaks for a path being a Create ML file, or a folder with some."""
    why = "JSON files with a list of images and coordinates"
    return sample.judged(sample.ending(".json"), lambda name: _fits(sample.head(name)), why)


def _fits(head: bytes) -> bool:
    """Whether a file begins as one of Create ML; the first images may have no objects."""
    listed = _LIST.search(head) and _NAME.search(head) and _OBJECTS.search(head)
    empty = not _FILLED.search(head) and not _OTHERS.search(head)
    return bool(listed) and (bool(_CENTRE.search(head)) or empty)


def read(path: Path) -> DatasetBuilder:
    """What is in a Create ML file, or in those of a folder, each of them a split.

    Raises
    ------
    FormatError
        if there is none in the folder.
    """
    root, names = fitting_files(path, [".json"], _fits, "JSON file of Create ML")
    built = DatasetBuilder("createml", root)
    for name, split in zip(names, splits_of(names), strict=True):
        _read_file(built, built.add_file(name), name, split)
    return built


def _read_file(built: DatasetBuilder, file: int, name: str, split: str) -> None:
    """Take in one file: what is no list of images is noted."""
    try:
        images = json_in(built.root / name)
    except ValueError as error:
        built.unreadable_file(file, str(error))
        return
    if not isinstance(images, list):
        built.unreadable_file(file, "no list of images")
        return
    count = 0
    for record, image in enumerate(images):
        if not isinstance(image, dict):
            built.unreadable_record(RecordType.IMAGE, file, record, image)
            continue
        row = _read_image(built, file, (record, image), (name.rpartition("/")[0], split))
        objects, key = _first(image, OBJECTS)
        if not isinstance(objects, list):
            place = {"file": file, "record": record, "row": row}
            built.odd_field(RecordType.IMAGE, key, objects, **place)
            continue
        for one in objects:
            _read_object(built, file, row, (count, one))
            count += 1


def _read_image(
    built: DatasetBuilder,
    file: int,
    placed: tuple[int, Mapping[str, Any]],
    where: tuple[str, str],  # the folder of the file, and its split
) -> int:
    record, image = placed
    folder, split = where
    value, key = _first(image, IMAGE)
    built.unheld.count_others(UNHELD_OF_IMAGES, image, (*IMAGE, *OBJECTS))
    name = text_of(value).replace("\\", "/")
    near = f"{folder}/{name}" if folder and name and name[0] != "/" else name
    row = built.add_image(file, near, record=record, split=split, other_name=name)
    built.told.image(row, others(image, (*IMAGE, *OBJECTS)))
    built.place(RecordType.IMAGE, record, image)
    if not name:
        built.odd_field(RecordType.IMAGE, key, value, file=file, record=record, row=row)
    return row


def _read_object(
    built: DatasetBuilder, file: int, image: int, placed: tuple[int, Any]
) -> None:  # Any: whatever stands in the list
    """Take in an object with its position among all of the file."""
    record, one = placed
    if not isinstance(one, dict):
        built.unreadable_record(RecordType.BOX, file, record, one)
        return
    place = {"file": file, "record": record, "row": built.next_box}
    label = _label(one.get("label"))
    if not label:
        built.odd_field(RecordType.BOX, "label", one.get("label"), **place)
    elif not isinstance(one["label"], str):
        what = FieldProblem(ProblemKind.WRONG_TYPE, "label", shown(one["label"]))
        built.problems.note(RecordType.BOX, what, **place)
    built.unheld.count_others(UNHELD, one, ("label", "coordinates"))
    built.told.box(built.next_box, others(one, ("label", "coordinates")))
    built.place(RecordType.BOX, record, one)
    sides, xyxy = one.get("coordinates"), None
    if not isinstance(sides, dict):
        built.odd_field(RecordType.BOX, "coordinates", sides, **place)
    else:
        values = {name: sides.get(name) for name in SIDES}
        if numbers := built.numbers(values, file=file, record=record):
            x, y, width, height = numbers
            xyxy = [x - width / 2, y - height / 2, x + width / 2, y + height / 2]
    built.add_box(file, image, BoxRecord(label, xyxy, record))


def _label(value: Any) -> str:  # Any: whatever a file holds
    """The name of a class; a number is one, too."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if whole else text_of(value)


def _first(record: Mapping[str, Any], names: tuple[str, ...]) -> tuple[Any, str]:
    """What stands under the first of some names that a record has, and that name."""
    name = next((name for name in names if name in record), names[0])
    return record.get(name), name


FORMATS.add(
    "createml",
    ReadOnly(
        "createml",
        "a Create ML file (JSON with a list of images and coordinates)",
        evidence,
        read,
        {
            "box_record": "object[{record}]",
            "source_fields": {"xyxy": ("coordinates",), "label": ("label",)},
            "box_parts": SIDES,
        },
        endings=(".json",),
        placed=True,
    ).format(),
)
