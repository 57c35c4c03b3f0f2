"""Where the records of findings stand in their files, as lines and columns."""

from __future__ import annotations

import os
from typing import NamedTuple

import numpy as np

from labelaudit.auditing.findings import Findings
from labelaudit.core.columns import MISSING, Ints
from labelaudit.core.rows import unique
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.io.archive_names import is_archive
from labelaudit.io.record_spans import record_spans
from labelaudit.io.text_ranges import text_ranges

RECORDS = (RecordType.BOX, RecordType.IMAGE, RecordType.CATEGORY)
"""Kinds of records that have a place in a file."""


class Region(NamedTuple):
    """A part of a text file; lines and columns count from 1."""

    line: int
    column: int
    end_line: int
    end_column: int  # behind the last character

    @property
    def last_line(self) -> int:
        """The last line of which it holds a character."""
        return self.end_line - (self.end_column == 1 and self.end_line > self.line)


class Regions:
    """The regions of findings, by their row; each file is read once, before the first is asked."""

    def __init__(self, findings: Findings, dataset: Dataset) -> None:
        self._places = np.full((len(findings), 4), MISSING, np.int64)
        if any(map(is_archive, dataset.sources)):  # what is shown there is not the file within
            return
        part, file, record = _records(findings, dataset)
        rows = np.flatnonzero((record != MISSING) & (file != MISSING))
        rows = rows[np.argsort(file[rows], kind="stable")]
        for of_file in np.split(rows, np.flatnonzero(np.diff(file[rows])) + 1):
            if len(of_file):
                self._fill(dataset, int(file[of_file[0]]), of_file, part[of_file], record[of_file])

    def _fill(self, dataset: Dataset, file: int, rows: Ints, part: Ints, record: Ints) -> None:
        """Find the records of some findings in a file.

        Parameters
        ----------
        dataset:
            that the findings are about.
        file:
            row in Files.
        rows:
            (n,) of the findings.
        part:
            (n,) place in `RECORDS` of the kind of their records.
        record:
            (n,) positions of their records.
        """
        wanted = {kind: unique(record[part == at]).tolist() for at, kind in enumerate(RECORDS)}
        found = record_spans(dataset, file, wanted)
        if not found:
            return
        path = os.path.join(dataset.root, str(dataset.files.path[file]))
        with open(path, "rb") as source:
            places = text_ranges(source, np.array([one[2:] for one in found], np.int64)).places
        at = {(one.part, one.record): row for row, one in enumerate(found)}
        keys = zip(part.tolist(), record.tolist(), strict=True)
        which = np.array([at.get((RECORDS[kind], number), MISSING) for kind, number in keys])
        self._places[rows[which != MISSING]] = places[which[which != MISSING]]

    def __getitem__(self, row: int) -> Region | None:
        """The region of a finding; None where nobody knows it."""
        place = self._places[row].tolist()
        return None if place[0] == MISSING else Region(*place)


def _records(findings: Findings, dataset: Dataset) -> tuple[Ints, Ints, Ints]:
    """Kind, as a place in `RECORDS`, file and position of the record of each finding, (n,) each.

    That is the one whose place the fix list names; MISSING without one.
    """
    count = len(findings)
    part, file, record = (np.full(count, MISSING, np.int64) for _ in range(3))
    problems, tables = dataset.problems, (dataset.boxes, dataset.images, dataset.categories)
    kinds = {kind.value: at for at, kind in enumerate(RECORDS)}
    kind_of_problem = np.array(
        [kinds.get(name, MISSING) for name in problems.part.tolist()], np.int64
    )
    pointers = (findings.box, findings.image, findings.category)
    # What is written last counts: a box before a problem, that before a class and an image.
    for at in (1, 2, None, 0):
        pointer = findings.problem if at is None else pointers[at]
        here = np.flatnonzero(pointer != MISSING)
        rows, table = pointer[here], problems if at is None else tables[at]
        part[here] = kind_of_problem[rows] if at is None else at
        file[here], record[here] = table.file[rows], table.record[rows]
    record[part == MISSING] = MISSING
    return part, file, record
