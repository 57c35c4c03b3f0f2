"""From the texts of annotations to the tables of a dataset, and to what is wrong with the texts."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from labelaudit.core.columns import MISSING, Bools, Floats, Rows
from labelaudit.core.columns import texts as text_column
from labelaudit.dataset.tables import (
    Boxes,
    Categories,
    Images,
    ProblemKind,
    RecordType,
)
from labelaudit.images.files import is_image
from labelaudit.io.formats.voc.image_lookup import is_inner
from labelaudit.io.formats.voc.values import (
    CORNERS,
    SHIFT,
    edge,
    flag,
    is_plain_flag,
    is_whole,
    number,
)
from labelaudit.io.formats.voc.xml_texts import Column, Texts

Value = TypeVar("Value")


@dataclass(frozen=True)
class Field:
    """A field of all images or all objects, as it is written; its problems go to `texts`."""

    texts: Texts
    part: RecordType
    name: str
    column: Column

    def values(
        self, read: Callable[[str], Value | None], well: Callable[[str], bool] | None = None
    ) -> list[Value | None]:
        """What `read` makes of each text; None where there is none or nothing was made of it.

        What was understood, but is not `well` written, as every reader expects, is noted, too.
        """
        # There are far fewer distinct texts than rows.
        meaning = {text: None if text is None else read(text) for text in set(self.column)}
        odd = {text for text, value in meaning.items() if value is None}
        self._note(ProblemKind.UNREADABLE_FIELD, odd - {None})
        if well:
            understood = (text for text in meaning if text is not None and text not in odd)
            self._note(ProblemKind.WRONG_TYPE, {text for text in understood if not well(text)})
        return list(map(meaning.__getitem__, self.column))

    def note_absent(self) -> None:
        """Note where the field is missing from a record that could have it."""
        if None not in self.column:
            return
        for row, text in enumerate(self.column):
            if text is None and (self.part, row, self.name) not in self.texts.excused:
                self.texts.note(self.part, row, ProblemKind.MISSING_FIELD, self.name)

    def _note(self, kind: ProblemKind, odd: Set[str | None]) -> None:
        if not odd:
            return
        for row, text in enumerate(self.column):
            if text in odd:
                self.texts.note(self.part, row, kind, self.name, text or "")


def images(texts: Texts, paths: Sequence[str]) -> Images:
    """One row for each annotation, with the path of its image, empty if that was not found."""
    _note_filenames(texts, paths)
    sides = [_sides(texts, "width", texts.width), _sides(texts, "height", texts.height)]
    return Images.of(
        len(paths),
        file=texts.image_file,
        record=np.zeros(len(paths)),
        name=text_column(name or "" for name in texts.filename),
        path=text_column(paths),
        size=np.column_stack(sides),
    )


def boxes(texts: Texts) -> tuple[Boxes, Categories]:
    """One row for each object, and one for each distinct name that objects have."""
    label, names = _labels(texts)
    edges = [
        _numbers(texts, name, column) for name, column in zip(CORNERS, texts.corners, strict=True)
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


def _numbers(texts: Texts, name: str, column: Column) -> Floats:
    field = Field(texts, RecordType.BOX, name, column)
    field.note_absent()
    axis = CORNERS.index(name) % 2
    values = field.values(lambda text: edge(text, axis), lambda text: number(text) is not None)
    return np.array(values, np.float64)


def _sides(texts: Texts, name: str, column: Column) -> Floats:
    """Width or height of each image, (n,); readers expect whole numbers."""
    field = Field(texts, RecordType.IMAGE, name, column)
    field.note_absent()
    return np.array(field.values(_finite, is_whole), np.float64)


def _finite(text: str) -> float | None:
    value = number(text)
    return value if value is not None and math.isfinite(value) else None


def _flags(texts: Texts, name: str, column: Column) -> Bools:
    """Whether each flag is set, (n,); one that is absent or not understood is not."""
    field = Field(texts, RecordType.BOX, name, column)
    values = field.values(flag, is_plain_flag)
    return np.array([value is True for value in values], bool)


def _labels(texts: Texts) -> tuple[Rows, list[str]]:
    """The row of each object's name among the distinct names, (n,), and those, as written."""
    field = Field(texts, RecordType.BOX, "name", texts.name)
    field.note_absent()
    # Spaces around a name stay: to most trainers "dog " is another class than "dog".
    named = field.values(lambda text: text if text.strip() else None)
    distinct = [name for name in dict.fromkeys(named) if name is not None]
    row: dict[str | None, int] = {name: row for row, name in enumerate(distinct)}
    row[None] = MISSING
    return np.array([row[name] for name in named], np.int32), distinct


def _note_filenames(texts: Texts, paths: Sequence[str]) -> None:
    """Note each `filename` that is absent, empty, or would not lead a trainer to the image."""
    Field(texts, RecordType.IMAGE, "filename", texts.filename).note_absent()
    for row, (filename, path) in enumerate(zip(texts.filename, paths, strict=True)):
        if filename is None or _is_of(filename, path):
            continue
        if not filename.strip():
            texts.note(RecordType.IMAGE, row, ProblemKind.UNREADABLE_FIELD, "filename", filename)
        elif not _leads_to(filename, path):
            texts.note(RecordType.IMAGE, row, ProblemKind.WRONG_TYPE, "filename", filename)


def _is_of(filename: str, path: str) -> bool:
    """Whether an image that was found has the name, as nearly always: the rest takes longer."""
    return bool(filename) and path[path.rfind(os.sep) + 1 :] == filename


def _leads_to(filename: str, path: str) -> bool:
    """Whether a trainer that goes by the `filename` opens this image; any, if it was not found."""
    if not is_inner(filename) or not is_image(filename):
        return False
    return not path or filename.rpartition("/")[2] == path.rpartition(os.sep)[2]
