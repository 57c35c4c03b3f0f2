"""DOTA: a text file for each image, eight corners, a class and a difficulty a line; read only.

Source: https://captain-whu.github.io/DOTA/dataset.html; the first lines may name the source of the
image and its ground sample distance. Coordinates are pixels from 0. The box is the extent of the
four corners, which are its polygon.
"""

from __future__ import annotations

import re

from labelaudit.io.formats import FORMATS
from labelaudit.io.formats.box_record import BoxRecord, extent
from labelaudit.io.formats.builder import DatasetBuilder
from labelaudit.io.formats.label_lines import LabelLines, Line, not_a_box, odd
from labelaudit.io.formats.read_only import ReadOnly
from labelaudit.io.formats.values import number_in

_CORNERS = 8
_HEADING = re.compile(r"\s*(?:imagesource|image ?source|gsd|acquisition[ _]dates?)\s*:", re.I)
_FOLDER = re.compile(r"label_?txt.*|labels|annfiles|annotations", re.IGNORECASE)
_DIFFICULTY = re.compile(r"\d")


def _heading(text: str) -> bool:
    """Whether a line says something of the image.

    >>> _heading("imagesource:GoogleEarth"), _heading("gsd:null"), _heading("1 2 3")
    (True, True, False)
    """
    return _HEADING.match(text) is not None


def _parts(text: str) -> tuple[list[str], str, str]:
    """The coordinates, the class, which may be of several words, and the difficulty if it has one.

    >>> _parts("1 2 3 4 5 6 7 8 storage tank 1")
    (['1', '2', '3', '4', '5', '6', '7', '8'], 'storage tank', '1')
    >>> _parts("1 2 3 4 5 6 7 8 9")[1:]
    ('9', '')
    """
    words = text.split()
    rest = words[_CORNERS:]
    has_difficulty = len(rest) > 1 and _DIFFICULTY.fullmatch(rest[-1]) is not None
    name = rest[:-1] if has_difficulty else rest
    return words[:_CORNERS], " ".join(name), rest[-1] if has_difficulty else ""


def _fits(text: str) -> bool:
    corners, name, _ = _parts(text)
    numbers = None not in map(number_in, corners)
    return _heading(text) or bool(numbers and name and number_in(name.split()[0]) is None)


def _image_folder(name: str) -> str:
    """The folder of images of a folder of labels.

    >>> _image_folder("labelTxt-v1.5"), _image_folder("labels"), _image_folder("train")
    ('images', 'images', 'train')
    """
    return "images" if _FOLDER.fullmatch(name) else name


def _read_line(built: DatasetBuilder, line: Line) -> None:
    """Take in a line with four corners and a class."""
    corners, name, difficulty = _parts(line.text)
    numbers = [number_in(word) for word in corners]
    known = [value for value in numbers if value is not None]
    if len(corners) < _CORNERS or len(known) < _CORNERS // 2:
        not_a_box(built, line)
        return
    if len(known) < _CORNERS:
        odd(built, line, "corners", " ".join(corners))
    if not name:
        odd(built, line, "class", None)
    built.told.box(built.next_box, {"difficult": difficulty})
    whole = len(known) == _CORNERS
    box = BoxRecord(
        name,
        extent(list(zip(known[::2], known[1::2], strict=True))) if whole else None,
        line.record,
        [known] if whole else [],
        difficult=difficulty not in ("", "0"),
    )
    built.add_box(line.file, line.image, box)


LINES = LabelLines(
    "dota",
    "text files of DOTA (eight corners and a class a line)",
    _fits,
    _read_line,
    _image_folder,
    _heading,
)

FORMATS.add(
    "dota",
    ReadOnly(
        "dota",
        "a folder of DOTA (labelTxt with eight corners, a class and a difficulty a line)",
        LINES.evidence,
        LINES.read,
        {"box_record": "line {line}", "source_fields": {"xyxy": ("corners",)}},
        endings=(".txt",),
    ).format(),
)
