"""Predictions in a table of text: a line for each, with a heading that says what stands where."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from labelaudit.dataset.derived import DatasetColumns
from labelaudit.errors import FormatError
from labelaudit.predictions.coco import of_rows
from labelaudit.predictions.rows import Row
from labelaudit.predictions.validate import ImportedPredictions

SUFFIXES = (".csv", ".tsv")

DELIMITERS = (",", ";", "\t", "|")

IMAGE = ("imageid", "filename", "imagename", "imagepath", "image", "img", "path", "file")
CLASS = ("classname", "categoryname", "labelname", "label", "class", "category", "name")
CLASS_NUMBER = ("categoryid", "classid", "labelid", "cls")
SCORE = ("score", "confidence", "conf", "probability", "prob")
LEFT, TOP = ("x1", "xmin", "left"), ("y1", "ymin", "top")
RIGHT, BOTTOM = ("x2", "xmax", "right"), ("y2", "ymax", "bottom")
X, Y = ("x", *LEFT), ("y", *TOP)
WIDTH, HEIGHT = ("w", "width", "boxwidth", "bboxwidth"), ("h", "height", "boxheight", "bboxheight")
"""What columns are called, without case and signs; the first that is there counts."""

CORNERS, SIZES = (LEFT, TOP, RIGHT, BOTTOM), (X, Y, WIDTH, HEIGHT)


def read_table(path: Path, derived: DatasetColumns) -> ImportedPredictions:
    """The predictions in a CSV file with a heading.

    Raises
    ------
    FormatError
        if it has no heading that names image, class, box and score, or nothing in it can be used.
    """
    text = path.read_bytes().decode("utf-8-sig", "replace")
    heading = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=heading.count)
    lines = list(csv.reader(text.splitlines(), delimiter=delimiter))
    names = ["".join(filter(str.isalnum, name.casefold())) for name in (lines or [[]])[0]]
    place = {name: at for at, name in reversed(list(enumerate(names)))}
    image, label, score = (_at(place, one) for one in (IMAGE, (*CLASS, *CLASS_NUMBER), SCORE))
    four = [_at(place, one) for one in CORNERS]
    corners = None not in four
    if not corners:
        four = [_at(place, one) for one in SIZES]
    if image is None or label is None or score is None or None in four:
        raise FormatError(
            f"{path}: expected columns of image, class, score and box (x1, y1, x2, y2, or x, y, "
            f"width, height), found {', '.join(names) or 'no heading'}"
        )
    places = [image, label, score, *(at for at in four if at is not None)]
    found = [_row(line, places, corners=corners) for line in lines[1:] if any(line)]
    rows = [row for row in found if row is not None]
    return of_rows(derived, rows, len(found) - len(rows), path)


def _at(place: Mapping[str, int], names: Sequence[str]) -> int | None:
    """Where the first column of these names stands; None if there is none."""
    return next((place[name] for name in names if name in place), None)


def _row(line: Sequence[str], places: Sequence[int], *, corners: bool) -> Row | None:
    """One prediction; None if the line is too short, or a number is none."""
    if len(line) <= max(places):
        return None
    image, label, *numbers = (line[at].strip() for at in places)
    try:
        score, *(left, top, right, bottom) = map(float, numbers)
    except ValueError:
        return None
    if corners:
        right, bottom = right - left, bottom - top
    number = label.isascii() and label.isdigit() and len(label) < 19
    return Row(image, int(label) if number else label, (left, top, right, bottom), score)
