"""Boxes from the rows of a table, one row a box, whatever its columns are called."""

from __future__ import annotations

import csv
import os
import posixpath
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from labelaudit.core.columns import MISSING
from labelaudit.core.text import counted
from labelaudit.dataset.tables import ProblemKind, RecordType
from labelaudit.io.formats.box_record import BoxRecord
from labelaudit.io.formats.builder import UNKNOWN, DatasetBuilder
from labelaudit.io.formats.csv_layout import (
    TableLayout,
    cells_of,
    is_empty,
    numbers_in,
    words_in,
)
from labelaudit.io.formats.problems import FieldProblem
from labelaudit.io.formats.text_lines import lines_of, split_named
from labelaudit.io.formats.unheld import NAMES
from labelaudit.io.formats.values import FIVE, number_in, shown

HEAD = 1 << 14
"""Bytes of a file by whose lines its columns are judged."""

MOSTLY = 0.9
"""The share of boxes within 0 to 1 from which on a table is one of fractions; a choice."""

LABEL_FILES = (".xml", ".txt", ".json")
"""What names in the column of images end in that are names of label files."""

ONE_CLASS = "object"
"""What all boxes of a table without a column of classes are called."""

BOX = "bbox"
"""What the four numbers of a box are called together, whatever their columns are."""

UNHELD = f"cells of other columns ({NAMES}): without them"

_UNHELD = ("score",)
_TRUE = ("1", "1.0", "true", "yes", "t", "y")


class _Box(NamedTuple):
    """A box whose unit is not known yet."""

    image: int
    label: str
    xyxy: list[float] | None
    record: int
    crowd: bool
    difficult: bool


@dataclass
class CsvBoxes:
    """A table that is being read into a dataset."""

    built: DatasetBuilder
    name: str  # of the file
    layout: TableLayout
    label: Callable[[str], str] = lambda cell: cell  # the name of the class that a cell means
    file: int = MISSING
    _images: dict[str, int] = field(default_factory=dict)  # row in Images, by the cell
    _sizes: dict[int, tuple[float, float]] = field(default_factory=dict)
    _named_by_labels: int = 0  # images whose name is that of a label file
    _boxes: list[_Box] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._split = split_named(self.name)
        layout = self.layout
        # Tables of both customs are not judged together.
        custom = "xywh" if layout.form == "size" else "xyxy"
        self._is_open = layout.is_open and custom == self.built.four.custom
        others = [at for key, at in layout.others.items() if key not in _UNHELD]
        held = {layout.image, layout.label, *layout.box, *others}
        self._unheld = [(at, name) for at, name in enumerate(layout.header) if at not in held]

    def read(self) -> None:
        """Take in all rows."""
        self.file = self.built.add_file(self.name)
        try:
            for record, line in enumerate(lines_of(self.built.root / self.name)):
                self._read_line(record, line)
        except OSError as error:
            self.built.unreadable_file(self.file, error.strerror or str(error))
        fractions = self.layout.fractions
        if fractions is None:
            fractions = are_fractions([box.xyxy for box in self._boxes])
        for box in self._boxes:
            whole = BoxRecord(
                box.label,
                box.xyxy,
                box.record,
                fractions=fractions,
                crowd=box.crowd,
                difficult=box.difficult,
            )
            if self._is_open and box.xyxy:
                self.built.four.rows.append(self.built.next_box)
            self.built.add_box(self.file, box.image, whole)
        if self._named_by_labels:
            words = counted(self._named_by_labels, "name")
            said = f"{words} of label files, taken for the images of their stems"
            self.built.notes.append(f"{self.name} has {said}")

    def image_names(self) -> set[str]:
        """What the rows call their images, without taking any of them in."""
        names = set()
        try:
            for line in lines_of(self.built.root / self.name):
                with suppress(csv.Error, IndexError):
                    names.add(cells_of(line, self.layout.delimiter)[self.layout.image])
        except OSError:
            return set()
        return names - {"", *self.layout.header}  # a header may stand in between

    def _read_line(self, record: int, line: str) -> None:
        if not line.strip():
            return
        try:
            cells = cells_of(line, self.layout.delimiter)
        except csv.Error as error:
            self._no_record(record, str(error))
            return
        if tuple(cells) == self.layout.header:  # once more where tables were put together
            return
        width = max(self.layout.image, *self.layout.box) + 1
        if len(cells) < width or is_empty(cells[self.layout.image]):
            self._no_record(record, line.strip())
            return
        image = self._image(record, cells)
        written = [cells[place] for place in self.layout.box]
        numbers = numbers_in(written)
        label = self._cell(cells, self.layout.label)
        if numbers == []:
            if label:
                self.built.leave_out(
                    "rows of a class without a box", self.file, f"line {record + 1}"
                )
            return
        self._add(record, image, cells, numbers)

    def _add(
        self, record: int, image: int, cells: Sequence[str], numbers: list[float] | None
    ) -> None:
        """Keep a box until all are known; what of it is odd is noted.

        Parameters
        ----------
        record:
            the line that it stands in, from 0.
        image:
            the row of its image.
        cells:
            of the line.
        numbers:
            the four of the box; None if they cannot be read.
        """
        layout, row = self.layout, self.built.next_box + len(self._boxes)
        told = [name for at, name in self._unheld if at < len(cells) and _says(cells[at])]
        if told:
            self.built.unheld.count(UNHELD, told)
        place = {"file": self.file, "record": record, "row": row}
        if numbers is None:
            self.built.odd_field(RecordType.BOX, BOX, self._odd_cells(cells), **place)
        elif len(layout.box) == 1 and len(words := words_in(cells[layout.box[0]])) == FIVE:
            found = f"{cells[layout.box[0]]}, of which {words[-1]} is left out"
            what = FieldProblem(ProblemKind.LEFT_OVER, BOX, shown(found))
            self.built.problems.note(RecordType.BOX, what, **place)
        label = ONE_CLASS
        if layout.label is not None:
            label = self.label(self._cell(cells, layout.label))
            if not label:
                name = layout.header[layout.label] if layout.header else "class"
                self.built.odd_field(RecordType.BOX, name, None, **place)
        if self.built.told.wanted:
            self.built.told.box(row, self._others(cells))
        xyxy = corners(numbers, layout.form) if numbers else None
        crowd, difficult = self._says(cells, "crowd"), self._says(cells, "difficult")
        self._boxes.append(_Box(image, label, xyxy, record, crowd, difficult))

    def _says(self, cells: Sequence[str], key: str) -> bool:
        place = self.layout.others.get(key)
        return place is not None and self._cell(cells, place).lower() in _TRUE

    def _others(self, cells: Sequence[str]) -> dict[str, str]:
        """The cells that say something beside the place and the class of a box, by columns."""
        layout = self.layout
        sides = [layout.others[key] for key in ("width", "height") if key in layout.others]
        held = {layout.image, layout.label, *layout.box, *sides}
        named = enumerate(zip(layout.header, cells, strict=False))
        return {name: cell for at, (name, cell) in named if at not in held and not is_empty(cell)}

    def _odd_cells(self, cells: Sequence[str]) -> str:
        """The cells of a box that are no numbers, with the names of their columns."""
        named = zip(self.layout.names_of_box(), self.layout.box, strict=False)
        odd = [(name, cells[at]) for name, at in named]
        odd = [(name, cell) for name, cell in odd if number_in(cell.replace(",", ".")) is None]
        return ", ".join(f"{name} is {cell or 'empty'}" for name, cell in odd)

    def _no_record(self, record: int, found: str) -> None:
        self.built.unreadable_record(RecordType.BOX, self.file, record, found)

    def _cell(self, cells: Sequence[str], place: int | None) -> str:
        known = place is not None and place < len(cells) and not is_empty(cells[place])
        return cells[place] if known and place is not None else ""

    def _image(self, record: int, cells: Sequence[str]) -> int:
        """The row of the image that a row of the table is about."""
        written = cells[self.layout.image]
        size = self._size(cells)
        row = self._images.get(written)
        if row is None:
            others = self.layout.others
            split = split_named(self._cell(cells, others.get("split"))) or self._split
            name = self._image_name(written)
            row = self.built.add_image(self.file, name, record=record, size=size, split=split)
            self._images[written], self._sizes[row] = row, size
        elif size != self._sizes[row] and size is not UNKNOWN:
            found = "{:g} x {:g}, and {:g} x {:g} before".format(*size, *self._sizes[row])
            place = {"file": self.file, "record": record, "row": row}
            self.built.odd_field(RecordType.IMAGE, "size", found, **place)
            self._sizes[row] = size  # each change is told once
        return row

    def _size(self, cells: Sequence[str]) -> tuple[float, float]:
        others = self.layout.others
        if "width" not in others or "height" not in others:
            return UNKNOWN
        sides = [number_in(self._cell(cells, others[key])) for key in ("width", "height")]
        known = [side for side in sides if side is not None]
        return (known[0], known[1]) if len(known) == 2 else UNKNOWN

    def _image_name(self, written: str) -> str:
        """The path of an image from the folder of the dataset on, if it lies beside its table.

        Of a label file of one image, which tables made of such files name, it is the stem.
        """
        stem, ending = posixpath.splitext(written)
        if ending.lower() in LABEL_FILES:
            self._named_by_labels += 1
            written = stem
        folder = posixpath.dirname(self.name)
        beside = posixpath.join(folder, written.replace("\\", "/"))
        there = folder and os.path.exists(os.path.join(self.built.root, beside))
        return beside if there else written


def _says(cell: str) -> bool:
    """Whether a cell says something: neither nothing nor that something is not so."""
    return not is_empty(cell) and cell.lower() not in ("0", "0.0", "-1", "false", "no")


def corners(numbers: Sequence[float], form: str) -> list[float]:
    """Left, top, right, bottom of four numbers.

    >>> corners([1, 2, 3, 4], "size"), corners([5, 5, 2, 4], "centre")
    ([1, 2, 4, 6], [4.0, 3.0, 6.0, 7.0])
    """
    x, y, third, fourth = numbers
    if form == "size":
        return [x, y, x + third, y + fourth]
    if form == "centre":
        return [x - third / 2, y - fourth / 2, x + third / 2, y + fourth / 2]
    return [x, y, third, fourth]


def are_fractions(boxes: Sequence[Sequence[float] | None]) -> bool:
    """Whether boxes are in fractions of their images: nearly all lie within 0 to 1."""
    known = [box for box in boxes if box]
    inside = [box for box in known if min(box) >= 0 and max(box) <= 1]
    split = any(side != int(side) for box in inside for side in box)
    return split and len(inside) >= MOSTLY * len(known)
