"""VisDrone: a text file for each image, eight numbers with commas a line; read only.

Source: https://github.com/VisDrone/VisDrone2018-DET-toolkit, `README.txt`: left, top, width,
height, score, category, truncation, occlusion, in pixels. A score of 0 is a box that is not judged;
category 0 is a region that is left out, and 11 are other vehicles. Some files end lines in a comma.
"""

from __future__ import annotations

import re

from labelaudit.io.formats import FORMATS
from labelaudit.io.formats.box_record import BoxRecord
from labelaudit.io.formats.builder import DatasetBuilder
from labelaudit.io.formats.label_lines import LabelLines, Line, not_a_box, odd
from labelaudit.io.formats.read_only import ReadOnly
from labelaudit.io.formats.values import number_in

CATEGORIES = (
    *("ignored regions", "pedestrian", "people", "bicycle", "car", "van", "truck", "tricycle"),
    *("awning-tricycle", "bus", "motor", "others"),
)
"""The classes by their numbers."""

_COLUMNS = 8
_NAMES = ("truncation", "occlusion")
_MARKS = {6: "truncated", 7: "occluded"}
_LINE = re.compile(r"\s*(?:-?\d+\s*,\s*){4}[01]\s*,\s*(?:\d|1[01])\s*,\s*[01]\s*,\s*[0-2]\s*,?\s*")


def _fits(text: str) -> bool:
    return _LINE.fullmatch(text) is not None


def _image_folder(name: str) -> str:
    return "images" if name.lower() in ("annotations", "annotation") else name


def _read_line(built: DatasetBuilder, line: Line) -> None:
    """Take in a line of at least a box; what of its numbers is odd is noted."""
    words = [word.strip() for word in line.text.rstrip(" ,").split(",")]
    numbers = [number_in(word) for word in words]
    known = [value for value in numbers[:4] if value is not None]
    if len(words) < 5 or not known:
        not_a_box(built, line)
        return
    if len(known) < 4:
        odd(built, line, "bbox", ",".join(words[:4]))
    if len(words) != _COLUMNS:
        odd(built, line, "columns", f"{len(words)} in place of {_COLUMNS}")
    left, top, width, height = known if len(known) == 4 else [0.0] * 4
    category = words[5] if len(words) > 5 else None
    name = _category(category)
    if not name:
        odd(built, line, "object_category", category)
    if numbers[4] not in (0, 1):
        odd(built, line, "score", words[4])
    region = name == CATEGORIES[0]
    for place, what in _MARKS.items():
        if place < len(numbers) and (numbers[place] or 0) > 0:
            built.unheld.count(f"objects marked as {what}: without the mark")
    built.told.box(built.next_box, dict(zip(_NAMES, words[6:], strict=False)))
    box = BoxRecord(
        name,
        [left, top, left + width, top + height] if len(known) == 4 else None,
        line.record,
        crowd=region,
        difficult=region or numbers[4] == 0,
    )
    built.add_box(line.file, line.image, box)


def _category(word: str | None) -> str:
    number = number_in(word or "")
    known = number is not None and number.is_integer() and 0 <= number < len(CATEGORIES)
    return CATEGORIES[int(number)] if number is not None and known else ""


LINES = LabelLines(
    "visdrone",
    "text files of VisDrone (eight numbers with commas a line)",
    _fits,
    _read_line,
    _image_folder,
)

FORMATS.add(
    "visdrone",
    ReadOnly(
        "visdrone",
        "a folder of VisDrone (annotations with eight numbers with commas a line)",
        LINES.evidence,
        LINES.read,
        {
            "convention": "xywh",
            "box_record": "line {line}",
            "source_fields": {"xyxy": ("bbox",), "label": ("object_category",)},
        },
        endings=(".txt",),
    ).format(),
)
