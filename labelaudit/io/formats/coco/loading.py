"""From a COCO file to a `Dataset`."""

from __future__ import annotations

import dataclasses
import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import msgspec
import numpy as np

from labelaudit.core.columns import Texts, texts
from labelaudit.core.ids import Ids
from labelaudit.core.rows import blocks, unique
from labelaudit.dataset.merge import merged, split_names
from labelaudit.dataset.pieces import DatasetInPieces
from labelaudit.dataset.tables import Dataset, Files, ProblemKind, RecordType
from labelaudit.errors import FormatError
from labelaudit.images.nearby import found_images
from labelaudit.io.formats.coco.annotations import Annotations, ChunkStore
from labelaudit.io.formats.coco.columns import CategoryRecords, ImageRecords
from labelaudit.io.formats.coco.decoders import Decoders
from labelaudit.io.formats.coco.finding import coco_files
from labelaudit.io.formats.coco.odd_sections import NAMES, SECTIONS, first_number
from labelaudit.io.formats.coco.pieces import Element, JsonFault, ListPiece
from labelaudit.io.formats.coco.records import decoded, shown
from labelaudit.io.formats.coco.resolving import Resolving
from labelaudit.io.formats.coco.stream import SectionReader
from labelaudit.io.formats.coco.tasks import chosen, without_records_of_another_task
from labelaudit.io.formats.problems import FieldProblem, ProblemNotes

Records: TypeAlias = ImageRecords | CategoryRecords | Annotations

_CHECKED = msgspec.json.Decoder(msgspec.Raw)  # looks through a value and builds nothing


def load(
    path: Path, image_folders: Sequence[Path] = (), *, polygon_validity: bool = True
) -> Dataset:
    """The dataset in a COCO file, or in those of a folder that are about boxes, a split each.

    Parameters
    ----------
    path:
        the JSON file or the folder.
    image_folders:
        where the images are; looked for beside the file if empty.
    polygon_validity:
        whether to look for self-crossing polygons.

    Raises
    ------
    FormatError
        if it cannot be read, or holds neither images, annotations nor categories.
    """
    if path.is_dir():
        paths, notes = chosen(list(coco_files(path)))
        if not paths:
            raise FormatError(f"{path}: no COCO file in this folder")
        parts = [_load_file(one, image_folders, validity=polygon_validity) for one in paths]
        whole = merged(parts, split_names(paths))
        return dataclasses.replace(whole, notes=(*notes, *whole.notes))
    return _load_file(path, image_folders, validity=polygon_validity)


def _load_file(path: Path, image_folders: Sequence[Path], *, validity: bool) -> Dataset:
    reading = read_file(path, validity=validity)
    return without_records_of_another_task(reading.dataset(path, image_folders), path)


def read_file(path: Path, *, validity: bool, store: ChunkStore | None = None) -> Reading:
    """What was read of a file.

    Parameters
    ----------
    path:
        of the file.
    validity:
        whether to look for self-crossing polygons.
    store:
        where annotations are kept meanwhile; in memory if absent.

    Raises
    ------
    FormatError
        if it cannot be read, or is no COCO file.
    """
    try:
        with (
            path.open("rb") as file,
            Decoders(path) as decoders,
            without_garbage_collection(),
        ):
            reading = Reading(decoders, validity=validity, store=store)
            reading.read(SectionReader(file))
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from None
    except OSError as error:
        raise FormatError(f"{path}: cannot be read: {error.strerror}") from error
    return reading


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Millions of records that point at nothing in a circle: collecting doubles the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Reading:
    """The records of one file while it is read: columns so far, and what does not fit in them."""

    def __init__(
        self, decoders: Decoders, *, validity: bool, store: ChunkStore | None = None
    ) -> None:
        self.images = ImageRecords(decoders)
        self.categories = CategoryRecords()
        self.annotations = Annotations(decoders, validity=validity, store=store)
        self.problems = ProblemNotes()

    def read(self, reader: SectionReader) -> None:
        """Read all sections of a file."""
        seen: list[str] = []
        for key in reader.sections():
            if key in seen and key in SECTIONS:
                self._note(ProblemKind.DUPLICATE_KEY, key, "the section stands there twice")
            seen.append(key)
            if key not in SECTIONS:
                self._other_section(key, reader.skipped())
            elif reader.at_list():
                self._section(reader, key)
            else:
                self._note(ProblemKind.UNREADABLE_FIELD, key, "a list was expected")
        self._note_odd(reader.odd)
        if reader.has_mark:
            self._note(ProblemKind.WRONG_TYPE, "encoding", "UTF-8 with a byte order mark")
        for fault in reader.faults:
            self._note(*_of_fault(fault))
        if not set(SECTIONS) & set(seen):
            raise FormatError("has neither images, annotations nor categories: not a COCO file")
        for key in SECTIONS:
            if key not in seen and not any(fault.cut_off for fault in reader.faults):
                self._note(ProblemKind.MISSING_FIELD, key)

    def _note_odd(self, odd: Mapping[str, Sequence[str]]) -> None:
        """Note sections that are read although they are not written as COCO's are."""
        for key, said in odd.items():
            for words in said:
                if words == NAMES:
                    ids = (chunk.rows.category_id for chunk in self.annotations.chunks())
                    numbers = {number for some in ids for number in _plain_numbers(some)}
                    first, counted_from = first_number(numbers, self.categories.rows)
                    self.categories.first_id = first
                    words = f"{words}, {counted_from}"  # noqa: PLW2901  # the same, with more
                self._note(ProblemKind.WRONG_TYPE, key, words)

    def _section(self, reader: SectionReader, key: str) -> None:
        collections: dict[str, Records] = {
            "images": self.images,
            "annotations": self.annotations,
            "categories": self.categories,
        }
        records = collections[key]
        part = RecordType(key)
        reader.open_list()
        while reader.in_list:
            for piece, taken in records.taken(reader.pieces()):
                if taken:
                    continue
                # Pieces may have been read ahead of this one.
                reader.back_to(piece)
                if not _take_end(records, reader, piece):
                    for element in reader.elements(piece, decoded):
                        self._take_loosely(records, part, element)
                break
        records.close()

    def _other_section(self, key: str, text: bytes | None) -> None:
        """A section that says nothing of labels, at which other readers stop if it is no JSON."""
        if text is None:  # the file ends in it, which is a fault already
            return
        try:
            _CHECKED.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            try:
                decoded(text)  # which takes NaN, too
            except RecursionError:
                self._note(ProblemKind.UNREADABLE, "", f"{key} is nested too deeply")
            except ValueError as wrong:
                self._note(ProblemKind.UNREADABLE, "", f"{key}: {wrong}")

    def _take_loosely(self, records: Records, part: RecordType, element: Element) -> None:
        record = records.count
        if isinstance(element.value, dict):
            for problem in records.take_one(element):
                self.problems.note(part, problem, file=0, record=record, row=records.rows - 1)
            return
        records.pass_over()
        kind = ProblemKind.TRUNCATED if element.cut_off else ProblemKind.UNREADABLE
        found = element.error or f"an object was expected, found {shown(element.value)}"
        self.problems.note(part, FieldProblem(kind, "", found), file=0, record=record)

    def _note(self, kind: ProblemKind, name: str, found: str = "") -> None:
        self.problems.note_file(0, FieldProblem(kind, name, found))

    def dataset(self, path: Path, image_folders: Sequence[Path]) -> Dataset:
        """Everything read, as tables."""
        in_pieces = self.in_pieces(path, image_folders)
        (piece,) = in_pieces.pieces  # of a reading that stores nothing
        records = dataclasses.replace(in_pieces.records, problems=in_pieces.problems())
        return dataclasses.replace(
            records, boxes=piece.boxes, masks=piece.masks, keypoints=piece.keypoints
        )

    def in_pieces(self, path: Path, image_folders: Sequence[Path]) -> DatasetInPieces:
        """Everything read, with the annotations chunk by chunk."""
        images = self.images.table()
        found = found_images(images.name, path.parent, image_folders, part=path.stem)
        records = Dataset(
            format="coco",
            root=path.parent,
            files=Files.of(1, path=texts([path.name])),
            images=dataclasses.replace(images, path=found.paths),
            categories=self.categories.table(),
            image_folders=found.folders,
            notes=self._notes(),
        )
        resolving = Resolving(
            self.annotations,
            [*self.problems.problems],
            records,
            odd_path=_odd_path(images.name[found.paths == ""]),
            flagged=not self.images.addressed,  # LVIS has no crowds, and an evaluation of its own
        )
        return DatasetInPieces(
            self.annotations.rows, records, resolving.pieces(), resolving.all_problems
        )

    def _notes(self) -> tuple[str, ...]:
        """What was assumed, for people."""
        count = self.images.addressed
        words = "images without file_name, for which others ask, are called as their coco_url ends"
        return (f"{words}: {count:,}",) if count else ()


def _odd_path(names: Texts) -> FieldProblem | None:
    """Which names, of images that were not found, no file in their folders can have."""
    odd = [
        name
        for rows in blocks(len(names))
        if _may_lead_out("\n".join(names[rows].tolist()))  # one look at all of them
        for name in names[rows].tolist()
        if _may_lead_out(name) and not _is_inner(name)
    ]
    if not odd:
        return None
    more = f", and {len(odd) - 1:,} more like it" if len(odd) > 1 else ""
    words = f"{shown(odd[0])}{more}, which leads to no file in a folder of images"
    return FieldProblem(ProblemKind.WRONG_TYPE, "image path", words)


def _take_end(records: Records, reader: SectionReader, piece: ListPiece) -> bool:
    """Take the last records of a list at once, and leave it; False if they are not as declared.

    The last piece of a list holds what follows the list, too, so that it is never a list itself.
    """
    end = reader.beginning(piece)
    if end is None or not all(taken for _, taken in records.taken([end])):
        return False
    reader.leave(end)
    return True


def _of_fault(fault: JsonFault) -> FieldProblem:
    kind = ProblemKind.TRUNCATED if fault.cut_off else ProblemKind.UNREADABLE
    return FieldProblem(kind, "", f"byte {fault.offset:,}: {fault.text}")


def _plain_numbers(ids: Ids) -> set[int]:
    """The different ids that are whole numbers, or lack."""
    numbers = ids.number if not ids.odd else np.delete(ids.number, list(ids.odd))
    return set(unique(numbers).tolist())


def _may_lead_out(text: str) -> bool:
    return ".." in text or "\0" in text


def _is_inner(name: str) -> bool:
    """Whether a name may be that of a file in a folder: it does not lead out of it."""
    return "\0" not in name and ".." not in name.replace("\\", "/").split("/")
