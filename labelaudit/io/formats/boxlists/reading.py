"""Reading lists of boxes for each image, whatever their keys are called."""

from __future__ import annotations

import csv
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labelaudit.dataset.tables import ProblemKind, RecordType
from labelaudit.errors import FormatError
from labelaudit.io.formats.attributes import others
from labelaudit.io.formats.box_record import BoxRecord
from labelaudit.io.formats.boxlists.documents import (
    Entries,
    entries_in,
    json_lines,
    table_rows,
    yaml_value,
)
from labelaudit.io.formats.boxlists.entries import SCORES, ImageEntry, LooseObject, entry_of
from labelaudit.io.formats.boxlists.finding import ENDINGS, LINES, TABLE, WHY, YAML, Stems, fits
from labelaudit.io.formats.builder import DatasetBuilder
from labelaudit.io.formats.csv_boxes import ONE_CLASS, are_fractions
from labelaudit.io.formats.evidence import PathSample
from labelaudit.io.formats.problems import FieldProblem
from labelaudit.io.formats.sources import splits_of
from labelaudit.io.formats.text_lines import LARGEST, lines_of, text_in
from labelaudit.io.formats.unheld import NAMES
from labelaudit.io.formats.values import json_in, shown

UNHELD = f"other values of boxes ({NAMES}): without them"
UNHELD_OF_IMAGES = f"other values of images ({NAMES}): without them"


def read(path: Path) -> DatasetBuilder:
    """What is in a file with boxes for each image, or in those of a folder, a split each.

    Raises
    ------
    FormatError
        if there is none in the folder.
    """
    root, names = path.parent, [path.name]
    if not path.is_file():
        sample = PathSample(path)
        root, names = path, [one for one in sample.ending(*ENDINGS) if fits(sample, one)]
    if not names:
        raise FormatError(f"{path}: no file with {WHY} in it")
    built = DatasetBuilder("boxlists", root)
    built.four.said = built.four.doubted = True
    files = [_File(built, name, split) for name, split in zip(names, splits_of(names), strict=True)]
    for one in files:
        one.read()
    boxes = [placed for one in files for placed in one.boxes]
    fractions = are_fractions([placed.numbers for placed in boxes])
    labelled = any(placed.label for placed in boxes)
    for placed in boxes:
        placed.add(built, fractions=fractions, labelled=labelled)
    if boxes and not labelled:
        built.notes.append(f"{names[0]} has no classes: its boxes are called {ONE_CLASS!r}")
    if scored := [one.name for one in files if one.scored]:
        words = "its boxes may be results of a detector, and are read as labels"
        built.notes.append(f"{scored[0]} has scores: {words}")
    return built


@dataclass(frozen=True)
class _PlacedBox:
    """A box of which it is not known yet whether all of them are in fractions."""

    file: int
    image: int
    record: int
    label: str
    one: LooseObject
    label_key: str

    @property
    def numbers(self) -> list[float] | None:
        return list(self.one.numbers or self.one.xyxy) or None

    def add(self, built: DatasetBuilder, *, fractions: bool, labelled: bool) -> None:
        """Take it in, and note what is odd of it."""
        place = {"file": self.file, "record": self.record, "row": built.next_box}
        one = self.one
        if not one.has_box:
            built.odd_field(RecordType.BOX, one.key or "bbox", shown(one.value), **place)
        if one.behind:
            found = f"{shown(one.value)}, of which {', '.join(f'{side:g}' for side in one.behind)} "
            found += "is left out" if len(one.behind) == 1 else "are left out"
            what = FieldProblem(ProblemKind.LEFT_OVER, one.key or "bbox", found)
            built.problems.note(RecordType.BOX, what, **place)
        if labelled and not self.label:
            built.odd_field(RecordType.BOX, self.label_key or "label", one.label, **place)
        label = self.label if labelled else ONE_CLASS
        if isinstance(one.value, Mapping):
            known = (*one.known, *SCORES)
            built.unheld.count_others(UNHELD, one.value, known)
            built.told.box(built.next_box, others(one.value, one.known))
        if one.numbers:
            built.four.rows.append(built.next_box)
        record = BoxRecord(label, self.numbers, self.record, fractions=fractions)
        built.add_box(self.file, self.image, record)


@dataclass
class _File:
    """A file that is being read."""

    built: DatasetBuilder
    name: str
    split: str
    boxes: list[_PlacedBox] = field(default_factory=list)
    scored: bool = False
    _images: dict[tuple[str, str], int] = field(default_factory=dict)  # of boxes alone

    def read(self) -> None:
        """Take in its images, and keep its boxes."""
        file = self.built.add_file(self.name)
        try:
            value = _content(self.built.root / self.name)
        except (ValueError, csv.Error) as error:
            self.built.unreadable_file(file, str(error))
            return
        is_there = Stems((self.built.root / self.name).parent)
        entries = entries_in(value, is_there) or Entries()
        if not entries.records:
            self.built.unreadable_file(file, "no boxes of images are known in it")
        for number, label in entries.classes.items():
            self.built.add_category(label, id=number)
        for record, (split, key, one) in enumerate(entries.records):
            self.built.place(RecordType.IMAGE, record, one)
            entry = entry_of(key, one)
            if entry is None:
                self.built.unreadable_record(RecordType.IMAGE, file, record, one)
                continue
            image = self._image(file, record, entry, split or self.split)
            for found in entry.objects:
                self._keep(file, image, found, entries.classes)

    def _image(self, file: int, record: int, entry: ImageEntry, split: str) -> int:
        """The row of the image of a record; of boxes alone, one image for all of a name."""
        known = self._images.get((entry.name, split)) if entry.alone else None
        if known is not None:
            return known
        name, folder = entry.name.replace("\\", "/"), posixpath.dirname(self.name)
        near = f"{folder}/{name}" if folder and name[0] != "/" else name
        row = self.built.add_image(
            file, near, record=record, size=entry.size, split=split, other_name=name
        )
        self._images[entry.name, split] = row
        if isinstance(entry.value, Mapping) and not entry.alone:
            self.built.unheld.count_others(UNHELD_OF_IMAGES, entry.value, entry.known)
            self.built.told.image(row, others(entry.value, entry.known))
        return row

    def _keep(self, file: int, image: int, one: LooseObject, classes: Mapping[int, str]) -> None:
        label = _label(one.label, classes)
        self.built.place(RecordType.BOX, len(self.boxes), one.value)
        self.boxes.append(_PlacedBox(file, image, len(self.boxes), label, one, one.label_key))
        keys = one.value if isinstance(one.value, Mapping) else ()
        self.scored |= any(str(key).lower() in SCORES for key in keys)


def _content(path: Path) -> Any:  # Any: whatever a file holds
    """What a file holds.

    Raises
    ------
    ValueError
        in words, if it cannot be read.
    csv.Error
        if a table is none.
    """
    ending = path.suffix.lower()
    try:
        if ending in LINES:
            return list(json_lines(lines_of(path)))
        if ending in (*YAML, TABLE):
            if (size := path.stat().st_size) > LARGEST:
                raise ValueError(f"too large for a file of labels: {size:,} bytes")
            text = text_in(path.read_bytes())
            if ending == TABLE:
                return table_rows(text.splitlines(keepends=True))
            return yaml_value(text)
    except OSError as error:
        raise ValueError(error.strerror or str(error)) from error
    try:
        return json_in(path)
    except ValueError as error:
        if "Extra data" not in str(error):
            raise
        return list(json_lines(lines_of(path)))  # a line each, whatever the file is called


def _label(value: Any, classes: Mapping[int, str]) -> str:  # Any: whatever a file holds
    """The name of the class that a value means; empty if it means none."""
    if isinstance(value, str):
        word = value.strip()
        return classes.get(int(word), f"class_{word}") if word.isdecimal() else word
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return classes.get(int(value), f"class_{value:g}") if float(value).is_integer() else ""
