"""The bytes that safe fixes change, by the finding that says so: what a fix in place would write.

All safe fixes are applied once, in memory, and the format says which bytes that changes. Together
the edits are what `labelaudit scan --fix --in-place` writes. Those of one finding can be done
without the others: they change its record alone, or whatever follows from a change of a class, an
image or a whole file.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import TypeAlias

import numpy as np

from labelaudit.auditing.findings import Findings
from labelaudit.auditing.findings_file.write import table_of_part
from labelaudit.auditing.fixes.apply import apply, fixable
from labelaudit.auditing.scan import Scan, fixed
from labelaudit.core.columns import MISSING, Bools
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.errors import FixError
from labelaudit.io.archive_names import is_archive
from labelaudit.io.edits import Edit
from labelaudit.io.formats import FORMATS, patcher
from labelaudit.io.record_diff import changes
from labelaudit.io.record_spans import RecordSpan, record_spans
from labelaudit.io.save import check_unchanged
from labelaudit.io.writable_fixes import fixed_as_far_as_writable

FileEdits: TypeAlias = dict[int, list[Edit]]
"""Edits by row in Files."""


def safe_edits(scan: Scan) -> dict[int, FileEdits]:
    """The edits of each finding that has some, by its row, then by row in Files.

    Empty where files cannot be changed, or are no longer what was read.
    """
    dataset, safe = scan.dataset, fixable(scan.findings)
    if scan.fixed or not safe.any() or any(map(is_archive, dataset.sources)):
        return {}
    try:
        check_unchanged(dataset)
        _, edits = fixed_as_far_as_writable(
            lambda refused: fixed(scan, unsafe=False, unwritable=refused),
            lambda outcome: _edits(dataset, outcome.dataset),
        )
    except (FixError, OSError):
        return {}
    return _shared_out(edits, scan, safe)


def _edits(before: Dataset, after: Dataset) -> FileEdits:
    differing = changes(before, after)
    if not differing:
        return {}
    return patcher(FORMATS[before.format], after)(before, after, differing)


def _shared_out(edits: FileEdits, scan: Scan, safe: Bools) -> dict[int, FileEdits]:
    """Edits by the finding that they belong to.

    Parameters
    ----------
    edits:
        what all safe fixes change.
    scan:
        that they are of.
    safe:
        (n,) which findings have a safe fix.
    """
    owners = _Owners.of(scan.findings, scan.dataset, safe)
    # What a record's own fix changes must not lean on the fix of a class or of a file.
    alone = _edits_alone(scan, owners) if owners.wide is not None else edits
    shared: dict[int, FileEdits] = {}
    for file, some in edits.items():
        known = set(alone.get(file, ()))
        for row, mine in owners.of_file(scan.dataset, file, some):
            its_own = row != MISSING and known.issuperset(mine)
            for edit in mine:
                owner = row if its_own else owners.of_the_rest(file)
                shared.setdefault(owner, {}).setdefault(file, []).append(edit)
    return shared


def _edits_alone(scan: Scan, owners: _Owners) -> FileEdits:
    """What the fixes of single boxes change without those of anything else."""
    try:
        applied = apply(scan.dataset, scan.findings.rows(owners.of_boxes))
        return _edits(scan.dataset, applied.dataset)
    except (FixError, OSError):
        return {}


@dataclass(frozen=True)
class _Owners:
    """Whose an edit is."""

    records: Mapping[int, Mapping[int, int]]  # by file and position of a box, a row of findings
    of_boxes: Bools  # (n,) which findings have a safe fix of one box
    wide: int | None  # the first finding with a safe fix of anything else
    first: int  # the first with any

    @classmethod
    def of(cls, findings: Findings, dataset: Dataset, safe: Bools) -> _Owners:
        """Those of findings with a safe fix."""
        of_boxes = safe.copy()
        records: dict[int, dict[int, int]] = {}
        for row in np.flatnonzero(safe).tolist():
            fix = findings.fix[row]
            table = table_of_part(dataset, fix.part)
            if fix.part is not RecordType.BOX or fix.row == MISSING:
                of_boxes[row] = False
                continue
            of_file = records.setdefault(int(table.file[fix.row]), {})
            of_file.setdefault(int(table.record[fix.row]), row)
        wide = np.flatnonzero(safe & ~of_boxes)
        first = int(np.flatnonzero(safe)[0])
        return cls(records, of_boxes, int(wide[0]) if len(wide) else None, first)

    def of_the_rest(self, file: int) -> int:
        """The finding that has what is no record's own: of a class or a file, or in this file."""
        if self.wide is not None:
            return self.wide
        return min(self.records.get(file, {}).values(), default=self.first)

    def of_file(
        self, dataset: Dataset, file: int, edits: list[Edit]
    ) -> Iterator[tuple[int, list[Edit]]]:
        """The edits of a file in groups of one record, with its finding; MISSING for the rest.

        Parameters
        ----------
        dataset:
            that is fixed.
        file:
            row in Files.
        edits:
            of it.
        """
        rows = self.records.get(file, {})
        spans = record_spans(dataset, file, {RecordType.BOX: sorted(rows)})
        spans.sort(key=attrgetter("start"))
        ends = [span.end for span in spans]
        groups: dict[int, list[Edit]] = {}
        for edit in edits:
            at = bisect.bisect_right(ends, edit.start)
            mine = at < len(spans) and _is_in(edit, spans[at])
            groups.setdefault(rows[spans[at].record] if mine else MISSING, []).append(edit)
        return iter(groups.items())


def _is_in(edit: Edit, span: RecordSpan) -> bool:
    """Whether an edit changes a record that does not end before it."""
    return edit.start < span.end and (edit.end > span.start or edit.start > span.start)
