"""References of annotations as row numbers, chunk by chunk, and what is to be noted of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from labelaudit.core.columns import MISSING, Rows, Texts
from labelaudit.core.ids import Ids
from labelaudit.dataset.pieces import BoxPiece
from labelaudit.dataset.tables import Dataset, LoadProblems, ProblemKind, RecordType
from labelaudit.io.formats.coco.annotations import Annotations, boxes_of, masks_of
from labelaudit.io.formats.coco.decoding import AnnotationRows
from labelaudit.io.formats.coco.records import shown
from labelaudit.io.formats.coco.references import other_type, short_names, with_named
from labelaudit.io.formats.problems import FieldProblem, Problem, ProblemNotes

MOST_NOTED = 50_000
"""Annotations without a field that are noted one by one, each with a fix; of more, the number."""


class _Target(NamedTuple):
    """What a reference points at."""

    field: str
    ids: Ids
    names: Texts
    shorter: Callable[[str], Iterable[str]] = lambda _: ()


class Resolving:
    """The annotations of a file that was read, as boxes; problems are those of all of them.

    Parameters
    ----------
    annotations:
        that were read.
    noted:
        what was noted while they were.
    records:
        the images and classes of the file, as tables.
    odd_path:
        what is to be noted of the names of images.
    flagged:
        whether annotations have to say if they are crowds.
    """

    def __init__(
        self,
        annotations: Annotations,
        noted: Sequence[Problem],
        records: Dataset,
        *,
        odd_path: FieldProblem | None,
        flagged: bool,
    ) -> None:
        self._annotations = annotations
        self._before = noted
        self._odd_path = odd_path
        self._flagged = flagged
        self._images = records.images
        images, categories = records.images, records.categories
        self._image = _Target("image_id", images.id, images.name, short_names)
        self._label = _Target("category_id", categories.id, categories.name)
        self._noted = {target.field: ProblemNotes() for target in (self._image, self._label)}
        said = (one.row for one in noted if one.what.field == "area")
        self._said_areas = np.array([row for row in said if row != MISSING], np.int64)
        self._lacking = {name: _Lacking(name) for name in ("iscrowd", "area")}

    def pieces(self) -> Iterator[BoxPiece]:
        """The boxes of each chunk, in the order of the file."""
        start = 0
        for chunk in self._annotations.chunks():
            rows = chunk.rows
            image = self._references(self._image, rows, rows.image_id, start)
            label = self._references(self._label, rows, rows.category_id, start)
            self._look_for_lacking(rows, start)
            masks = masks_of(chunk, image, self._images.size)
            yield BoxPiece(start, boxes_of(rows, image, label), masks, chunk.keypoints)
            start += len(rows)

    def all_problems(self) -> LoadProblems:
        """Everything noted of the file, now that all pieces were taken."""
        notes = ProblemNotes([*self._before])
        for some in self._noted.values():
            notes.problems += some.problems
        if self._odd_path is not None:
            notes.note_file(0, self._odd_path)
        for lacking in self._lacking.values():
            lacking.note(notes)
        return notes.as_noted()

    def _references(
        self, target: _Target, annotations: AnnotationRows, wanted: Ids, start: int
    ) -> Rows:
        """The row that each reference points at.

        What differs from an id only in its type is understood, and so is a name that only one
        record has; both are noted.

        Parameters
        ----------
        target:
            what the references point at.
        annotations:
            of a chunk.
        wanted:
            their references.
        start:
            the row of the first of them.
        """
        field, keys = target.field, target.ids
        rows = keys.find(wanted)
        lost = np.flatnonzero(rows == MISSING)
        values = [wanted.value(row) for row in lost.tolist()]
        rows[lost] = keys.find(Ids.of([other_type(value) for value in values]))
        with_named(
            rows, dict(zip(lost.tolist(), values, strict=True)), target.names, target.shorter
        )
        for row, value in zip(lost.tolist(), values, strict=True):
            kind = ProblemKind.DANGLING if rows[row] == MISSING else ProblemKind.WRONG_TYPE
            if value is not None or (start + row, field) not in self._annotations.absent:
                self._note(annotations, row, start, FieldProblem(kind, field, shown(value)))
        plain = np.append(keys.plain, False)
        floats = [row for row, value in wanted.odd.items() if isinstance(value, float)]
        for row in floats:  # 1.0 for 1, which is the same number
            if plain[rows[row]]:
                said = shown(wanted.value(row))
                problem = FieldProblem(ProblemKind.WRONG_TYPE, field, said)
                self._note(annotations, row, start, problem)
        return rows

    def _note(self, annotations: AnnotationRows, row: int, start: int, what: FieldProblem) -> None:
        """Note what is wrong with a reference.

        Parameters
        ----------
        annotations:
            of a chunk.
        row:
            of one of them, in the chunk.
        start:
            the row of the first of them.
        what:
            the problem.
        """
        record = int(annotations.record[row])
        self._noted[what.field].note(RecordType.BOX, what, file=0, record=record, row=start + row)

    def _look_for_lacking(self, annotations: AnnotationRows, start: int) -> None:
        """Find which annotations lack fields that are optional to read, and not to evaluate."""
        without = np.isnan(annotations.area)
        stop = start + len(without)
        said = self._said_areas
        without[said[(said >= start) & (said < stop)] - start] = False
        unsized = np.flatnonzero(without)
        unflagged = self._annotations.unflagged(start, stop) if self._flagged else unsized[:0]
        for name, rows in (("iscrowd", unflagged), ("area", unsized)):
            self._lacking[name].add(rows + np.int64(start), annotations.record[rows])


class _Lacking:
    """Annotations without a field."""

    def __init__(self, field: str) -> None:
        self._field = field
        self._count = 0
        self._places: list[tuple[int, int]] = []  # row and record of each, of not too many

    def add(self, rows: Rows, records: Rows) -> None:
        """There are more, (n,) each."""
        self._count += len(rows)
        if self._count <= MOST_NOTED:
            self._places += zip(rows.tolist(), records.tolist(), strict=True)

    def note(self, notes: ProblemNotes) -> None:
        """Note each of them, or how many there are."""
        if self._count > MOST_NOTED:
            what = FieldProblem(ProblemKind.MISSING_FIELD, self._field, str(self._count))
            notes.note(RecordType.BOX, what, file=0, record=MISSING)
            return
        what = FieldProblem(ProblemKind.MISSING_FIELD, self._field)
        for row, record in self._places:
            notes.note(RecordType.BOX, what, file=0, record=record, row=row)
