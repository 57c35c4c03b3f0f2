"""What is wrong with the records of source files, collected while they are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from labelaudit.core.columns import MISSING, texts
from labelaudit.dataset.tables import LoadProblems, ProblemKind, RecordType


class FieldProblem(NamedTuple):
    """Something that no column can hold, of a record that is known from where it was found."""

    kind: ProblemKind
    field: str = ""  # the source's name; empty for the record as a whole
    found: str = ""  # what stands there, shortened, or words about it


class Problem(NamedTuple):
    """A row of `LoadProblems`."""

    file: int  # row in Files
    part: RecordType
    record: int  # position in the source's list; MISSING for the file as a whole
    row: int  # row in the table of `part`; MISSING if the record is in none
    what: FieldProblem


@dataclass
class ProblemNotes:
    """The problems of a dataset, noted in any order."""

    problems: list[Problem] = field(default_factory=list)

    def note(
        self, part: RecordType, what: FieldProblem, *, file: int, record: int, row: int = MISSING
    ) -> None:
        """Something is wrong with a record.

        Parameters
        ----------
        part:
            what kind of record it is.
        what:
            the problem.
        file:
            row in Files of the file that the record is in.
        record:
            its position among the records of its kind in that file.
        row:
            its row in the table of `part`; MISSING if it is in none.
        """
        self.problems.append(Problem(file, part, record, row, what))

    def note_file(self, file: int, what: FieldProblem) -> None:
        """Something is wrong with a file as a whole."""
        self.problems.append(Problem(file, RecordType.FILE, MISSING, file, what))

    def as_noted(self) -> LoadProblems:
        """The problems as a table, in the order in which they were noted."""
        return _table(self.problems)

    def by_place(self) -> LoadProblems:
        """The problems as a table, in the order of files and of the records in each."""
        return _table(sorted(self.problems, key=lambda one: (one.file, one.record)))


def _table(problems: Sequence[Problem]) -> LoadProblems:
    return LoadProblems.of(
        len(problems),
        file=[one.file for one in problems],
        part=texts(one.part.value for one in problems),
        record=[one.record for one in problems],
        row=[one.row for one in problems],
        kind=texts(one.what.kind.value for one in problems),
        field=texts(one.what.field for one in problems),
        found=texts(one.what.found for one in problems),
    )
