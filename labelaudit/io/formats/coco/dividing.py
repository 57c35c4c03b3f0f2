"""COCO files with other splits: a file each, of the records that stood in the original ones.

Records are copied byte for byte, and so is all else of the file that most images of a split come
from. Numbers are changed only where two files call different images, or different annotations, by
one id, and names of images only where two of them have one or one leads out of the folder.
"""

from __future__ import annotations

import posixpath
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import numpy as np

from labelaudit.core.columns import MISSING, Ints, Rows
from labelaudit.core.ids import Ids, id_key
from labelaudit.core.text import counted
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.errors import FormatError
from labelaudit.io.edits import Edit
from labelaudit.io.formats.coco.decoding import NOT_DECLARED
from labelaudit.io.formats.coco.json_edits import with_fields
from labelaudit.io.formats.coco.patching import CONVERT
from labelaudit.io.formats.coco.records import decoded
from labelaudit.io.formats.coco.stream import SectionReader
from labelaudit.io.formats.copy_plan import inner, leads_out
from labelaudit.io.formats.division import Division, check_readable, put_all_images

_PARTS = {part.value: part for part in (RecordType.IMAGE, RecordType.CATEGORY, RecordType.BOX)}
_RAW = msgspec.json.Decoder(list[msgspec.Raw])


def divide(dataset: Dataset, division: Division, place: Path, *, copied: bool) -> tuple[str, ...]:
    """Write a file for each split, and say what there is to know about it.

    Parameters
    ----------
    dataset, division, place, copied:
        see `Divide`.

    Raises
    ------
    FormatError
        if a record cannot be read, or files call different classes by one id.
    """
    check_readable(dataset, "labelaudit fix mends or drops it")
    check_classes(dataset)
    place.mkdir(parents=True)
    files = [SourceFile.read(dataset, row) for row in range(len(dataset.files))]
    notes: list[str] = []
    for number, name in enumerate(division.names):
        split = SplitFile(dataset, division, number, files)
        split.write(place / f"{name}.json")
        put_all_images(split.images, place, copied=copied)
        if split.changed:
            notes.append(f"{name}: {counted(split.changed, 'record')} got another id or file name")
    for part, table in ((RecordType.IMAGE, dataset.images), (RecordType.BOX, dataset.boxes)):
        other = sum(len(file.lists[part].start) for file in files) - len(table)
        if other:
            notes.append(f"{counted(other, 'record')} of {part.value} not read, and left out")
    lost = int((dataset.boxes.image == MISSING).sum())
    if lost:
        notes.append(f"{counted(lost, 'annotation')} of no image: in {division.names[0]}")
    return tuple(notes)


def check_classes(dataset: Dataset) -> None:
    """Refuse files of which one calls a class by an id that another gives to another class."""
    categories, paths = dataset.categories, dataset.files.path
    by_id: dict[Any, int] = {}
    for row, name in enumerate(categories.name.tolist()):
        key = id_key(categories.id.value(row))
        first = by_id.setdefault(key, row)
        if categories.name[first] != name and categories.file[first] != categories.file[row]:
            raise FormatError(
                f"{dataset.root / paths[categories.file[row]]}: class id {key!r} is {name!r} here "
                f"and {categories.name[first]!r} in {paths[categories.file[first]]}; labelaudit "
                "fix --select class-map-differs --unsafe-fixes makes them agree"
            )


@dataclass
class Spans:
    """Where the records of a list stand in their file, one entry in each for a record."""

    start: array[int] = field(default_factory=lambda: array("q"))
    end: array[int] = field(default_factory=lambda: array("q"))

    def add(self, start: int, end: int) -> None:
        """One more record."""
        self.start.append(start)
        self.end.append(end)


@dataclass(frozen=True, eq=False)
class SourceFile:
    """Where everything stands in a file."""

    path: Path
    row: int  # in Files
    lists: Mapping[RecordType, Spans]
    order: tuple[tuple[int, int, RecordType | None], ...]  # start and end of the value of each key
    size: int

    @property
    def parts(self) -> set[RecordType]:
        """The lists that it has."""
        return {part for _, _, part in self.order if part}

    @classmethod
    def read(cls, dataset: Dataset, row: int) -> SourceFile:
        """Find the records of a file.

        Raises
        ------
        FormatError
            if it ends too early, is otherwise no JSON, or has a list that is none.
        """
        path = dataset.root / str(dataset.files.path[row])
        lists = {part: Spans() for part in _PARTS.values()}
        order: list[tuple[int, int, RecordType | None]] = []
        with path.open("rb") as file:
            reader = SectionReader(file)
            for key in reader.sections():
                start, part = reader.offset, None
                if key in _PARTS and reader.at_list():
                    if reader.is_made:
                        raise FormatError(f"{path}: {key} is {reader.odd[key][-1]}; {CONVERT}")
                    part = _PARTS[key]
                    _take_list(reader, lists[part])
                else:
                    reader.skipped()
                order.append((start, reader.offset, part))
        cut = next((fault for fault in reader.faults if fault.cut_off), None)
        if cut:
            raise FormatError(f"{path}: {cut.text}; mend it before it is divided")
        return cls(path, row, lists, tuple(order), path.stat().st_size)


def _take_list(reader: SectionReader, spans: Spans) -> None:
    reader.open_list()
    for piece in reader.pieces():
        try:
            records = _RAW.decode(b"[" + piece.text + b"]")
        except NOT_DECLARED:
            for element in reader.elements(piece, decoded):
                spans.add(element.start, element.start + len(element.text))
            continue
        at = 0
        for record in map(bytes, records):
            start = piece.text.index(record, at)
            at = start + len(record)
            spans.add(piece.start + start, piece.start + at)


@dataclass(frozen=True)
class _Record:
    """A record of a split file: where it comes from, and what of it is changed."""

    file: int
    record: int
    fields: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class SplitFile:
    """The file of one split, and the images that go with it."""

    dataset: Dataset
    division: Division
    number: int
    files: Sequence[SourceFile]
    lost_too: bool = True  # whether annotations of no image are in the first split
    images: dict[str, str] = field(default_factory=dict)  # paths by their places
    _new: dict[RecordType, dict[int, dict[str, Any]]] = field(default_factory=dict)  # by row

    def __post_init__(self) -> None:
        rows = np.array(self.division.rows(self.number), np.int64)
        boxes = self._boxes()
        self._new[RecordType.IMAGE] = self._ids(
            self.dataset.images.id, self.dataset.images.file, rows
        )
        self._new[RecordType.BOX] = self._ids(self.dataset.boxes.id, self.dataset.boxes.file, boxes)
        images = self._new[RecordType.IMAGE]
        if images:
            for box in boxes.tolist():
                new = images.get(int(self.dataset.boxes.image[box]))
                if new:
                    self._new[RecordType.BOX].setdefault(box, {})["image_id"] = new["id"]
        self._name(rows.tolist())

    @property
    def changed(self) -> int:
        """How many records are not as they were."""
        return sum(map(len, self._new.values()))

    @property
    def renames(self) -> bool:
        """Whether an image has another name than it had."""
        return any("file_name" in new for new in self._new[RecordType.IMAGE].values())

    def _boxes(self) -> Ints:
        """Annotations in its images; those of no image are in the first split, if anywhere."""
        image = self.dataset.boxes.image
        lost = self.lost_too and self.number == 0
        inside = np.append(self.division.split == self.number, lost)[image]
        return np.flatnonzero(inside)

    def _ids(self, ids: Ids, file: Rows, rows: Ints) -> dict[int, dict[str, Any]]:
        """A new id for each record whose own a record of another file has, too."""
        if len(self.files) == 1:
            return {}
        free = iter(range(_largest(ids) + 1, 2**53))
        owner: dict[Any, int] = {}
        given: dict[tuple[int, Any], int] = {}
        found: dict[int, dict[str, Any]] = {}
        for row in rows.tolist():
            value = ids.value(row)
            if value is None:
                continue
            key, home = id_key(value), int(file[row])
            if owner.setdefault(key, home) != home:
                if (home, key) not in given:
                    given[home, key] = next(free)
                found[row] = {"id": given[home, key]}
        return found

    def _name(self, rows: Sequence[int]) -> None:
        """Decide where images go, and which need another name for it."""
        images, folder = self.dataset.images, self.division.names[self.number]
        taken: dict[str, str] = {}
        for row in rows:
            name, path = str(images.name[row]), str(images.path[row])
            if not path:
                continue
            within = free = inner(name) if leads_out(name) else name
            number = 1
            while taken.setdefault(_plain(free).lower(), path) != path:
                number += 1
                free = f"{number}/{within}"
            self.images[posixpath.join(folder, _plain(free))] = path
            if free != name:
                self._new[RecordType.IMAGE].setdefault(row, {})["file_name"] = free

    def write(self, path: Path) -> None:
        """Write the file."""
        rows = np.array(self.division.rows(self.number), np.int64)
        counts = np.bincount(self.dataset.images.file[rows], minlength=len(self.files))
        # One that lacks a list, as those of images without annotations do, has no place for it.
        base = max(self.files, key=lambda file: (len(file.parts), counts[file.row], -file.row))
        content = {
            RecordType.IMAGE: self._records(RecordType.IMAGE, rows),
            RecordType.BOX: self._records(RecordType.BOX, self._boxes()),
            RecordType.CATEGORY: list(self._classes(base.row)),
        }
        with path.open("xb") as out:
            handles = [file.path.open("rb") for file in self.files]
            try:
                _Writer(out, handles, self.files).write(base, content)
            finally:
                for handle in handles:
                    handle.close()

    def _records(self, part: RecordType, rows: Ints) -> list[_Record]:
        table = self.dataset.images if part is RecordType.IMAGE else self.dataset.boxes
        new = self._new[part]
        columns = zip(
            rows.tolist(), table.file[rows].tolist(), table.record[rows].tolist(), strict=True
        )
        return [_Record(file, record, new.get(row, {})) for row, file, record in columns]

    def _classes(self, base: int) -> Iterator[_Record]:
        """The classes of the file that it is made from, and those that it lacks."""
        categories = self.dataset.categories
        own = categories.file == base
        known = {id_key(categories.id.value(row)) for row in np.flatnonzero(own).tolist()}
        for row in [*np.flatnonzero(own).tolist(), *np.flatnonzero(~own).tolist()]:
            key = id_key(categories.id.value(row))
            if categories.file[row] == base or key not in known:
                known.add(key)
                yield _Record(int(categories.file[row]), int(categories.record[row]), {})


def _plain(name: str) -> str:
    r"""A name as a path on this system: tools of Windows write backslashes, which are looked up so.

    >>> _plain("images\\./1.jpg")
    'images/1.jpg'
    """
    return posixpath.normpath(name.replace("\\", "/"))


def _largest(ids: Ids) -> int:
    return int(max(0, ids.number.max(initial=0)))


@dataclass(frozen=True)
class _Writer:
    """Writes a file of records that stand in others."""

    out: BinaryIO
    handles: Sequence[BinaryIO]
    files: Sequence[SourceFile]

    def write(self, base: SourceFile, content: Mapping[RecordType, Sequence[_Record]]) -> None:
        """Write all of a file but its lists, and others in their places."""
        at = 0
        done: set[RecordType] = set()
        for start, end, part in base.order:
            self._copy(base.row, at, start)
            if part is None:
                self._copy(base.row, start, end)
            else:
                self._list(base, part, [] if part in done else content[part], (start, end))
                done.add(part)
            at = end
        self._copy(base.row, at, base.size)

    def _copy(self, file: int, start: int, end: int) -> None:
        self.handles[file].seek(start)
        while start < end and (block := self.handles[file].read(min(1 << 20, end - start))):
            self.out.write(block)
            start += len(block)

    def _list(
        self, base: SourceFile, part: RecordType, records: Sequence[_Record], where: tuple[int, int]
    ) -> None:
        spans = base.lists[part]
        inside = [row for row in range(len(spans.start)) if where[0] <= spans.start[row] < where[1]]
        between = b", "
        opening, closing = b"[", b"]"
        if inside:
            first, last = inside[0], inside[-1]
            opening = self._bytes(base.row, where[0], spans.start[first])
            closing = self._bytes(base.row, spans.end[last], where[1])
            if last > first:
                between = self._bytes(base.row, spans.end[first], spans.start[first + 1])
        if not records:
            opening, closing = b"[", b"]"
        self.out.write(opening)
        for number, record in enumerate(records):
            if number:
                self.out.write(between)
            self.out.write(self._record(part, record))
        self.out.write(closing)

    def _record(self, part: RecordType, record: _Record) -> bytes:
        spans = self.files[record.file].lists[part]
        text = self._bytes(record.file, spans.start[record.record], spans.end[record.record])
        place = f"{part.value}[{record.record}]"
        return with_changed_fields(text, record.fields, place)

    def _bytes(self, file: int, start: int, end: int) -> bytes:
        self.handles[file].seek(start)
        return self.handles[file].read(end - start)


def with_changed_fields(text: bytes, fields: Mapping[str, Any], place: str) -> bytes:
    """A record with other values of some fields.

    Parameters
    ----------
    text:
        of the record.
    fields:
        by their keys.
    place:
        of the record, for messages.
    """
    edits: Sequence[Edit] = with_fields(0, text, dict(fields), place) if fields else ()
    for edit in sorted(edits, key=lambda one: one.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text
