"""From the texts of annotations to the tables of a dataset, and to what is wrong with the texts."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence, Set
from typing import TypeVar

import numpy as np

from labelaudit.dataset import Boxes, Categories, Images, Part, ProblemKind, Problems
from labelaudit.formats.voc.pictures import is_inner
from labelaudit.formats.voc.reading import Column, Texts
from labelaudit.formats.voc.values import CORNERS, SHIFT, flag, is_plain_flag, is_whole, number
from labelaudit.images import is_image
from labelaudit.table import MISSING, Bools, Floats, Rows
from labelaudit.table import texts as text_column

Value = TypeVar("Value")


def images(texts: Texts, paths: Sequence[str]) -> Images:
    """One row for each annotation, with the path of its image, empty if that was not found."""
    _note_filenames(texts, paths)
    sides = [_side(texts, "width", texts.width), _side(texts, "height", texts.height)]
    return Images.of(
        len(paths),
        file=texts.image_file,
        record=np.zeros(len(paths)),
        name=text_column(name or "" for name in texts.filename),
        path=text_column(paths),
        size=np.column_stack(sides),
    )


def boxes(texts: Texts) -> tuple[Boxes, Categories]:
    """One row for each object, and one for each distinct name that objects have, as it is written."""
    label, names = _labels(texts)
    edges = [
        _numbers(texts, Part.BOX, field, column)
        for field, column in zip(CORNERS, texts.corners, strict=True)
    ]
    image = np.array(texts.image, np.int32)
    table = Boxes.of(
        len(image),
        file=np.array([*texts.image_file, MISSING])[image],
        record=texts.record,
        image=image,
        label=label,
        xyxy=np.column_stack(edges) - SHIFT,
        difficult=_flags(texts, "difficult", texts.difficult),
    )
    return table, Categories.of(len(names), name=text_column(names))


def problems(texts: Texts) -> Problems:
    """What is wrong with files and fields, in the order of the files."""
    ordered = sorted(texts.troubles, key=lambda trouble: (trouble.file, trouble.record))
    return Problems.of(
        len(ordered),
        file=[trouble.file for trouble in ordered],
        part=text_column(trouble.part.value for trouble in ordered),
        record=[trouble.record for trouble in ordered],
        row=[trouble.row for trouble in ordered],
        kind=text_column(trouble.kind.value for trouble in ordered),
        field=text_column(trouble.field for trouble in ordered),
        found=text_column(trouble.found for trouble in ordered),
    )


def _numbers(texts: Texts, part: Part, field: str, column: Column) -> Floats:
    _note_absent(texts, part, field, column)
    return np.array(_understood(texts, part, field, column, number), np.float64)


def _side(texts: Texts, field: str, column: Column) -> Floats:
    """Width or height of each image; whole numbers, because readers do not expect others."""
    _note_absent(texts, Part.IMAGE, field, column)
    values = _understood(texts, Part.IMAGE, field, column, _finite)
    _note_written(texts, Part.IMAGE, field, column, values)
    return np.array(values, np.float64)


def _flags(texts: Texts, field: str, column: Column) -> Bools:
    """Whether each flag is set; where there is none, or none that is understood, it is not."""
    values = _understood(texts, Part.BOX, field, column, flag)
    _note_written(texts, Part.BOX, field, column, values)
    return np.array([value is True for value in values], bool)


def _finite(text: str) -> float | None:
    value = number(text)
    return value if value is not None and math.isfinite(value) else None


def _labels(texts: Texts) -> tuple[Rows, list[str]]:
    """The row of each object's name among the distinct names, (n,), and those."""
    _note_absent(texts, Part.BOX, "name", texts.name)
    # Spaces around a name stay: "dog " is another class than "dog" to most trainers.
    named = _understood(
        texts, Part.BOX, "name", texts.name, lambda text: text if text.strip() else None
    )
    place: dict[str | None, int] = {None: MISSING}
    for name in named:
        place.setdefault(name, len(place) - 1)
    names = [name for name in place if name is not None]
    return np.array([place[name] for name in named], np.int32), names


def _understood(
    texts: Texts, part: Part, field: str, column: Column, read: Callable[[str], Value | None]
) -> list[Value | None]:
    """The value of each text; None where there is no text, or where `read` makes nothing of it."""
    # There are far fewer distinct texts than rows.
    meaning = {text: None if text is None else read(text) for text in set(column)}
    odd = {text for text, value in meaning.items() if value is None} - {None}
    _note_rows(texts, part, ProblemKind.UNREADABLE_FIELD, field, column, odd)
    return [meaning[text] for text in column]


def _note_written(
    texts: Texts, part: Part, field: str, column: Column, values: Sequence[object]
) -> None:
    """Note what was understood, but is not written as every reader expects."""
    well = is_whole if part is Part.IMAGE else is_plain_flag
    understood = {text for text, value in zip(column, values, strict=True) if value is not None}
    odd = {text for text in understood if text is not None and not well(text)}
    _note_rows(texts, part, ProblemKind.WRONG_TYPE, field, column, odd)


def _note_rows(
    texts: Texts, part: Part, kind: ProblemKind, field: str, column: Column, odd: Set[str | None]
) -> None:
    """Note a problem at each row whose text is one of `odd`."""
    if odd:
        for row, text in enumerate(column):
            if text in odd:
                texts.note(part, row, kind, field, text or "")


def _note_absent(texts: Texts, part: Part, field: str, column: Column) -> None:
    if None not in column:
        return
    for row, text in enumerate(column):
        if text is None and (part, row) not in texts.excused:
            texts.note(part, row, ProblemKind.MISSING_FIELD, field)


def _note_filenames(texts: Texts, paths: Sequence[str]) -> None:
    """Note each `filename` that is absent, empty, or would not lead a trainer to the image."""
    _note_absent(texts, Part.IMAGE, "filename", texts.filename)
    for row, (filename, path) in enumerate(zip(texts.filename, paths, strict=True)):
        if filename is None:
            continue
        if not filename.strip():
            texts.note(Part.IMAGE, row, ProblemKind.UNREADABLE_FIELD, "filename", filename)
        elif not _leads_to(filename, path):
            texts.note(Part.IMAGE, row, ProblemKind.WRONG_TYPE, "filename", filename)


def _leads_to(filename: str, path: str) -> bool:
    """Whether a trainer that goes by the `filename` opens this image; any, if it was not found."""
    if not is_inner(filename) or not is_image(filename):
        return False
    return not path or os.path.basename(filename) == os.path.basename(path)
