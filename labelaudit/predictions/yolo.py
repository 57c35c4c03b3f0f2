"""YOLO predictions: a text file an image, `class x y width height confidence` in each line."""

from __future__ import annotations

import codecs
from pathlib import Path

import numpy as np

from labelaudit.core.columns import MISSING, Floats, Rows
from labelaudit.core.ids import Ids
from labelaudit.core.text import text_lines
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.errors import FormatError
from labelaudit.images.files import listed
from labelaudit.images.headers import headers_of
from labelaudit.predictions.conventions import class_numbers
from labelaudit.predictions.lookup import ImageNames
from labelaudit.predictions.validate import ImportedPredictions, PredictionColumns, validate

USUAL_NUMBERS = "numbers of the dataset's classes"

WORDS = 6
"""Class, centre x and y, width, height, confidence."""


def read_yolo(folder: Path, derived: DatasetColumns) -> ImportedPredictions:
    """The predictions in a folder of text files, as Ultralytics saves them with `save_conf`.

    The class is the id that a YOLO dataset gives it; in other formats, the place of the class among
    the dataset's classes.

    Raises
    ------
    FormatError
        if there is no text file in the folder, or no line has six words.
    """
    files = [name for name in listed(folder) if name.endswith(".txt")]
    if not files:
        raise FormatError(f"{folder}: no .txt files with predictions in this folder")
    names = ImageNames(derived)
    tables, images, unreadable, bare = [], [], 0, 0
    for name in files:
        values, odd, plain = _lines(folder / name)
        tables.append(values)
        images.append(np.full(len(values), names.row(name.removesuffix(".txt")), np.int32))
        unreadable, bare = unreadable + odd, bare + plain
    values = np.concatenate(tables)
    if bare and not len(values):
        raise FormatError(f"{folder}: no line has a confidence: predict with save_conf=True")
    image = np.concatenate(images)
    xyxy, score = _corners(derived, image, values[:, 1:5]), values[:, 5]
    notes: list[str] = []
    label = _labels(derived, values[:, 0])
    if (numbers := _whole(values[:, 0])) is not None:
        at = image, xyxy, score
        label, notes = class_numbers(derived, numbers, label, at, usual=USUAL_NUMBERS)
    columns = PredictionColumns(image, label, xyxy, score)
    notes = [f"{folder}: {words}" for words in notes]
    return validate(derived, columns, str(folder), notes=notes, unreadable=unreadable)


def _whole(numbers: Floats) -> list[int] | None:
    """Class numbers as whole ones, (n,); None if some are not."""
    if not (np.isfinite(numbers) & (numbers == np.floor(numbers))).all():
        return None
    return [int(number) for number in numbers.tolist()]


def _lines(path: Path) -> tuple[Floats, int, int]:
    """The numbers of each line, (n, 6), how many lines are odd, and how many of these have five."""
    content = path.read_bytes()
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = content.decode("utf-16" if wide else "utf-8-sig", "replace")
    words = [line.split() for line in text_lines(text)]
    words = [line for line in words if line]
    good = []
    for line in words:
        try:
            numbers = [float(word) for word in line]
        except ValueError:
            continue
        if len(numbers) == WORDS:
            good.append(numbers)
    bare = sum(len(line) == WORDS - 1 for line in words)
    return np.array(good, np.float64).reshape(-1, WORDS), len(words) - len(good), bare


def _labels(derived: DatasetColumns, number: Floats) -> Rows:
    """The class of each number, (n,)."""
    whole = np.isfinite(number) & (number == np.floor(number)) & (np.abs(number) < 2**31)
    plain = np.where(whole, number, -1).astype(np.int64)
    if derived.dataset.facts.ids_are_indices:
        category = derived.dataset.categories.id.find(Ids.of(plain.tolist()))
        return np.append(derived.class_of, np.int32(MISSING))[category]
    known = (plain >= 0) & (plain < len(derived.classes))
    return np.where(known, plain, MISSING).astype(np.int32)


def _corners(derived: DatasetColumns, image: Rows, shares: Floats) -> Floats:
    """Corners in pixels, (n, 4), from centre and size in shares of the image."""
    size = derived.dataset.images.size
    if not np.isfinite(size).all() or derived.dataset.images.assumed.any():
        read = headers_of(derived.dataset).size
        size = np.where(np.isfinite(read), read, size)
    size = np.vstack([size, [[np.nan, np.nan]]])[image]
    with np.errstate(over="ignore", invalid="ignore"):  # what is infinite is told as such
        centre, half = shares[:, :2] * size, shares[:, 2:] * size / 2
        return np.hstack([centre - half, centre + half])
