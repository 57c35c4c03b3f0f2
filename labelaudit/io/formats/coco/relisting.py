"""Other splits of COCO files in their place: records go from one file to another, as they are.

Records that stay are not touched, nor is anything else of a file. A record gets another id only
where the file that it comes to has one of its own by it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from labelaudit.core.columns import MISSING, Ints
from labelaudit.core.ids import id_key
from labelaudit.core.text import counted
from labelaudit.dataset.tables import Boxes, Categories, Dataset, Images, RecordType
from labelaudit.errors import FormatError
from labelaudit.io.edits import Edit
from labelaudit.io.formats.coco.dividing import (
    SourceFile,
    Spans,
    SplitFile,
    check_classes,
    with_changed_fields,
)
from labelaudit.io.formats.division import Division, check_readable
from labelaudit.io.formats.relisting import ELSEWHERE, Relisted, old_names

_LISTS = (RecordType.IMAGE, RecordType.BOX, RecordType.CATEGORY)


def relist(dataset: Dataset, division: Division) -> Relisted:
    """What the files of a dataset are to hold.

    Raises
    ------
    FormatError
        if there is one file alone, files call different classes by one id, or images that change
        their file lie in another folder than those that are there.
    """
    check_readable(dataset, "labelaudit fix mends or drops it")
    check_classes(dataset)
    old = old_names(dataset, division)
    home = _files(dataset)
    if len(home) < 2:
        raise FormatError(f"{dataset.root}: one file holds all images; {ELSEWHERE}")
    files = [SourceFile.read(dataset, row) for row in range(len(dataset.files))]
    target = np.full(len(division.names), MISSING, np.int64)
    for number, name in enumerate(division.names):
        if name in old:
            target[number] = home[old[name]]
    move = _Move(dataset, division, files, target[division.split])
    edits = {str(dataset.files.path[file.row]): move.edits(file) for file in files}
    new = [number for number in range(len(division.names)) if target[number] == MISSING]
    edits |= {name: made for number in new for name, made in _new_file(move, number)}
    notes = [f"{counted(move.changed, 'record')} got another id"] if move.changed else []
    names = {name: old.get(name, name) for name in division.names}
    return Relisted({path: some for path, some in edits.items() if some}, names, tuple(notes))


def _files(dataset: Dataset) -> dict[str, int]:
    """The file of each split, by name, where each split is a file."""
    found: dict[str, set[int]] = {}
    members = dataset.split_members.rows(dataset.split_members.image != MISSING)
    file = dataset.images.file[members.image]
    for split, row in set(zip(members.split.tolist(), file.tolist(), strict=True)):
        found.setdefault(dataset.splits[split], set()).add(row)
    rows = [row for some in found.values() for row in some]
    if len(set(rows)) < len(rows) or any(len(some) > 1 for some in found.values()):
        raise FormatError(f"{dataset.root}: its splits are no files; {ELSEWHERE}")
    return {name: next(iter(some)) for name, some in found.items()}


@dataclass
class _Move:
    """Records that change their file."""

    dataset: Dataset
    division: Division
    files: Sequence[SourceFile]
    target: Ints  # (images,) row in Files of the one that each goes to; MISSING: a new one
    changed: int = 0
    _free: dict[RecordType, Iterator[int]] = field(default_factory=dict)

    @property
    def box_target(self) -> Ints:
        """The file that each box goes to, (b,): that of its image; its own if it has none."""
        boxes = self.dataset.boxes
        inside = boxes.image != MISSING
        found = boxes.file.astype(np.int64)
        found[inside] = self.target[boxes.image[inside]]
        return found

    def edits(self, file: SourceFile) -> list[Edit]:
        """What changes in a file."""
        images, boxes, of_box = self.dataset.images, self.dataset.boxes, self.box_target
        here = file.row
        gone = {
            RecordType.IMAGE: images.record[(images.file == here) & (self.target != here)],
            RecordType.BOX: boxes.record[(boxes.file == here) & (of_box != here)],
        }
        come = np.flatnonzero((images.file != here) & (self.target == here))
        boxes_come = np.flatnonzero((boxes.file != here) & (of_box == here))
        if not len(come) and not len(boxes_come) and not any(map(len, gone.values())):
            return []
        self._check_folders(here, come)
        ids = self._ids(RecordType.IMAGE, here, come)
        fields: dict[int, dict[str, Any]] = {}
        for box, number in self._ids(RecordType.BOX, here, boxes_come).items():
            fields.setdefault(box, {})["id"] = number
        for box in boxes_come.tolist():
            if (image := int(boxes.image[box])) in ids:
                fields.setdefault(box, {})["image_id"] = ids[image]
        self.changed += len(ids) + len(fields)
        new = {
            RecordType.IMAGE: [
                self._text(RecordType.IMAGE, row, {"id": ids[row]} if row in ids else {})
                for row in come.tolist()
            ],
            RecordType.BOX: [
                self._text(RecordType.BOX, row, fields.get(row, {})) for row in boxes_come.tolist()
            ],
            RecordType.CATEGORY: [
                self._text(RecordType.CATEGORY, row, {}) for row in self._classes(here, boxes_come)
            ],
        }
        found: list[Edit] = []
        for part in _LISTS:
            found += _list_edits(file, part, gone.get(part, np.empty(0, np.int64)), new[part])
        return found

    def _check_folders(self, file: int, come: Ints) -> None:
        """Refuse images whose folder is not one of those of the file that they come to."""
        images = self.dataset.images
        own = np.flatnonzero((images.file == file) & (images.path != ""))
        folders = {_folder(images.path[row], images.name[row]) for row in own.tolist()}
        for row in come.tolist():
            path, name = str(images.path[row]), str(images.name[row])
            if path and folders and _folder(path, name) not in folders:
                raise FormatError(
                    f"{path}: not in the folder of the images of {self.dataset.files.path[file]}, "
                    f"where trainers would look for it; {ELSEWHERE}"
                )

    def _ids(self, part: RecordType, file: int, come: Ints) -> dict[int, int]:
        """A new id for each record that comes to a file which has another of its id."""
        table = self.dataset.images if part is RecordType.IMAGE else self.dataset.boxes
        stays = self.target if part is RecordType.IMAGE else self.box_target
        own = np.flatnonzero((table.file == file) & (stays == file)).tolist()
        taken = {id_key(value) for value in map(table.id.value, own) if value is not None}
        if part not in self._free:
            self._free[part] = iter(range(int(max(0, table.id.number.max(initial=0))) + 1, 2**53))
        found = {}
        for row in come.tolist():
            value = table.id.value(row)
            if value is None:
                continue
            if (key := id_key(value)) in taken:
                found[row] = next(self._free[part])
            taken.add(key)
        return found

    def _classes(self, file: int, boxes: Ints) -> Iterator[int]:
        """Classes of boxes that come to a file which has none of their id."""
        categories = self.dataset.categories
        own = np.flatnonzero(categories.file == file).tolist()
        known = {id_key(categories.id.value(row)) for row in own}
        for row in np.unique(self.dataset.boxes.label[boxes]).tolist():
            if row != MISSING and (key := id_key(categories.id.value(row))) not in known:
                known.add(key)
                yield row

    def _text(self, part: RecordType, row: int, fields: Mapping[str, Any]) -> bytes:
        """A record as it stands in its file, with other values of some fields."""
        tables: dict[RecordType, Images | Boxes | Categories] = {
            RecordType.IMAGE: self.dataset.images,
            RecordType.BOX: self.dataset.boxes,
            RecordType.CATEGORY: self.dataset.categories,
        }
        table = tables[part]
        file, record = self.files[int(table.file[row])], int(table.record[row])
        text = _read(file, file.lists[part], record)
        return with_changed_fields(text, fields, f"{part.value}[{record}]")


def _read(file: SourceFile, spans: Spans, record: int) -> bytes:
    with file.path.open("rb") as source:
        source.seek(spans.start[record])
        return source.read(spans.end[record] - spans.start[record])


def _folder(path: str, name: str) -> str:
    """The folder in which an image is found by its name."""
    return path[: -len(name)] if path.endswith(f"/{name}") else path.rpartition("/")[0]


def _list_edits(
    file: SourceFile, part: RecordType, gone: Iterable[int], new: Sequence[bytes]
) -> Iterator[Edit]:
    """The edits by which a list loses some records and gets others at its end.

    Parameters
    ----------
    file:
        that has the list.
    part:
        of the list.
    gone:
        positions of the records that go.
    new:
        the records that come.

    Raises
    ------
    FormatError
        if the file has no such list, or two of them.
    """
    lost = sorted(map(int, gone))
    places = [(start, end) for start, end, each in file.order if each is part]
    if not lost and not new:
        return
    if len(places) != 1:
        raise FormatError(
            f"{file.path}: {len(places)} lists {part.value!r}, where there has to be one; "
            f"{ELSEWHERE}"
        )
    spans = file.lists[part]
    start, end, count = spans.start, spans.end, len(spans.start)
    kept = sorted(set(range(count)).difference(lost))
    between = _between(file, spans)
    text = between.join(new)
    if not kept:
        from_, to = (start[0], end[-1]) if count else (places[0][0] + 1, places[0][0] + 1)
        yield Edit(from_, to, text, part.value)
        return
    for first, last in _runs([record for record in lost if record < kept[-1]]):
        yield Edit(start[first], start[last + 1], b"", part.value)
    after = end[kept[-1]]
    if new or kept[-1] < count - 1:
        yield Edit(after, end[-1], between + text if new else b"", part.value)


def _runs(rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The first and the last of each run of numbers that follow each other."""
    first = None
    for place, row in enumerate(rows):
        first = row if first is None else first
        if place + 1 == len(rows) or rows[place + 1] != row + 1:
            yield first, row
            first = None


def _between(file: SourceFile, spans: Spans) -> bytes:
    """What stands between two records of a list."""
    if len(spans.start) < 2:
        return b", "
    with file.path.open("rb") as source:
        source.seek(spans.end[0])
        return source.read(spans.start[1] - spans.end[0])


def _new_file(move: _Move, number: int) -> Iterator[tuple[str, list[Edit]]]:
    """The file of a split that there is none of yet, beside the first one."""
    dataset, division = move.dataset, move.division
    rows = np.array(division.rows(number), np.int64)
    name = division.names[number]
    beside = Path(str(dataset.files.path[0])).with_name(f"{name}.json")
    if (dataset.root / beside).exists():
        raise FormatError(f"{dataset.root / beside}: exists, and is no split; {ELSEWHERE}")
    images = dataset.images
    found = [row for row in rows.tolist() if images.path[row]]
    if len({_folder(images.path[row], images.name[row]) for row in found}) > 1:
        raise FormatError(
            f"{dataset.root / beside}: its images are in several folders, of which a file can name "
            f"one; {ELSEWHERE}"
        )
    split = SplitFile(dataset, division, number, move.files, lost_too=False)
    if split.renames:
        raise FormatError(
            f"{dataset.root / beside}: images of it have names that lead out of their folder, or "
            f"one name; {ELSEWHERE}"
        )
    move.changed += split.changed
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / beside.name
        split.write(place)
        yield beside.as_posix(), [Edit(0, 0, place.read_bytes(), "split")]
