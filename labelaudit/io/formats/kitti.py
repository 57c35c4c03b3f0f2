"""KITTI: a text file of 15 columns a line for each image, `label_2` beside `image_2`; read only.

Source: the development kit of https://www.cvlibs.net/datasets/kitti/eval_object.php, `readme.txt`:
type, truncated, occluded, alpha, left, top, right, bottom, three dimensions, three coordinates of
the place, rotation; results of a detector end in a score. Coordinates are pixels from 0.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from labelaudit.io.formats import FORMATS
from labelaudit.io.formats.box_record import BoxRecord
from labelaudit.io.formats.builder import DatasetBuilder
from labelaudit.io.formats.label_lines import LabelLines, Line, not_a_box, odd
from labelaudit.io.formats.odd_values import odd_writing
from labelaudit.io.formats.read_only import ReadOnly
from labelaudit.io.formats.values import number_in

REGION = "DontCare"
"""The type of a region with objects that were not labelled."""

_COLUMNS = (14, 15)  # numbers behind the type; the last of 15 is a score
_BOX = slice(3, 7)
_OCCLUDED = (1, 2)  # partly, largely; 3 is unknown
_COMMA = re.compile(r"(?<=\d),(?=\d+$)")  # of decimals
_FOLDER = re.compile(r"label(?=(s?)(?:_\d+)?$)", re.IGNORECASE)


def _words(text: str) -> tuple[str, list[str]]:
    """The type, which may be of several words, and the columns behind it.

    >>> _words("Person sitting 0,00 1 -1.57")
    ('Person sitting', ['0.00', '1', '-1.57'])
    """
    words = [_COMMA.sub(".", word) for word in text.split()]
    first = 1
    while first < len(words) and number_in(words[first]) is None:
        first += 1
    return " ".join(words[:first]), words[first:]


def _fits(text: str) -> bool:
    name, values = _words(text)
    return (
        len(values) in _COLUMNS
        and number_in(name) is None
        and None not in map(number_in, values)
        and float(values[5]) >= float(values[3])
    )


def _image_folder(name: str) -> str:
    """The folder of images of a folder of labels.

    >>> _image_folder("label_2"), _image_folder("labels"), _image_folder("training")
    ('image_2', 'images', 'training')
    """
    return _FOLDER.sub("image", name)


def _read_line(built: DatasetBuilder, line: Line) -> None:
    """Take in a line of a type and at least the seven columns up to the box."""
    name, values = _words(line.text)
    if len(values) < _BOX.stop and len(line.text.split()) <= _BOX.stop:
        not_a_box(built, line)
        return
    if any(map(_COMMA.search, line.text.split())):
        odd_writing(built, "columns", line.text.strip(), file=line.file, record=line.record)
    if len(values) < _BOX.stop:  # a column before the box is no number, and went to the name
        name, *values = line.text.split()
    numbers = [number_in(value) for value in values[_BOX]]
    known = [value for value in numbers if value is not None]
    if len(known) < len(numbers):
        odd(built, line, "bbox", " ".join(values[_BOX]))
    if len(values) not in _COLUMNS:
        odd(built, line, "columns", f"{len(values) + 1} in place of 15")
    if len(values) == max(_COLUMNS):
        place = f"line {line.record + 1}"
        built.leave_out("scores, as results of a detector have them", line.file, place)
    region = name == REGION
    if not region:
        _count_unheld(built, values)
    told = dict(zip(("truncated", "occluded"), values, strict=False))
    built.told.box(built.next_box, told)
    box = known if len(known) == len(numbers) else None
    built.add_box(
        line.file,
        line.image,
        BoxRecord(name, box, line.record, crowd=region, difficult=region),
    )


def _count_unheld(built: DatasetBuilder, values: Sequence[str]) -> None:
    """Count what the columns around the box say; -1, -10 and -1000 say that nothing is known."""
    told = [number_in(value) or 0.0 for value in values]
    if told[0] > 0:
        built.unheld.count("objects marked as truncated: without the mark")
    if told[1] in _OCCLUDED:
        built.unheld.count("objects marked as occluded: without the mark")
    if any(side > 0 for side in told[_BOX.stop : _BOX.stop + 3]):
        built.unheld.count("objects with sizes and places in space: without them")


LINES = LabelLines(
    "kitti", "text files of KITTI (15 columns a line)", _fits, _read_line, _image_folder
)

FORMATS.add(
    "kitti",
    ReadOnly(
        "kitti",
        "a folder of KITTI (label_2 with a type and 14 numbers a line)",
        LINES.evidence,
        LINES.read,
        {"box_record": "line {line}", "source_fields": {"xyxy": ("bbox",), "label": ("type",)}},
        endings=(".txt",),
    ).format(),
)
