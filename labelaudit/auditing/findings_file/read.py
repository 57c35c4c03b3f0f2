"""The fix list read back: its lines as findings about the records of a dataset."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from labelaudit.auditing.causes import Affected
from labelaudit.auditing.findings import Findings, Fix, Safety, Severity
from labelaudit.auditing.findings_file.write import fingerprints, table_of_part
from labelaudit.auditing.fixes import KINDS
from labelaudit.core.columns import MISSING, Ints, texts
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.errors import FixError


class _Entry(msgspec.Struct):
    """What a line must hold at least; what it says of records and fixes is looked up."""

    code: str
    name: str
    message: str
    severity: str
    source: str | None
    probability: float | None
    fingerprint: str
    records: dict[str, Any]
    fix: dict[str, Any] | None
    doubt: float | None = None


_NO_FINDING = (
    *(msgspec.DecodeError, RecursionError, LookupError),
    *(TypeError, ValueError, AttributeError, OverflowError),
)


class _Said(msgspec.Struct):
    """Whether a line is of a review queue."""

    decisions: Any = None  # Any: whoever takes them in checks them


def has_decisions(lines: Iterable[bytes]) -> bool:
    """Whether a fix list says what reviewers decided, as the export of a review queue does.

    False for what is no fix list, which `read_lines` tells.
    """
    for line in filter(bytes.strip, lines):
        try:
            if msgspec.json.decode(line, type=_Said).decisions is not None:
                return True
        except (msgspec.DecodeError, RecursionError, ValueError):
            return False
    return False


def read(path: Path, dataset: Dataset) -> Findings:
    """Read a fix list, its findings pointing at the records of `dataset`.

    Raises
    ------
    FixError
        if it is no fix list, or a finding's records are not in the dataset as they were: its
        fingerprint would be another.
    """
    return read_lines(path.read_bytes().splitlines(), path, dataset)


def read_lines(lines: Iterable[bytes], path: Path, dataset: Dataset) -> Findings:
    """As `read`, of the lines of the file at `path`: of a pipe, they are there only once.

    Parameters
    ----------
    lines:
        of the file, without their ends.
    path:
        of the file, for what is said of it.
    dataset:
        the dataset that the findings are about.
    """
    lookup = Lookup(dataset)
    found = []
    expected = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = msgspec.json.decode(line)
            msgspec.convert(entry, _Entry)
            found.append(lookup.finding(entry))
            expected.append(entry["fingerprint"])
        except _NO_FINDING as error:
            raise FixError(f"{path}:{number}: not a finding of this dataset: {error!r}") from error
    findings = table_of(found).replaced(dataset=dataset)
    for row, now in enumerate(fingerprints(findings, dataset)):
        # Lines may have been taken out, so which of several alike this one was does not count.
        if expected[row].partition("-")[0] != now.partition("-")[0]:
            raise FixError(f"{path}: the labels have changed since: {findings.message[row]}")
    return findings


def table_of(found: list[dict[str, Any]]) -> Findings:
    """Findings as a table, from one object of columns each, as `Lookup.finding` makes them."""
    names = ("file", "image", "box", "other", "category", "problem", "severity")
    objects = {name: np.empty(len(found), object) for name in ("fix", "affects")}
    for name, column in objects.items():
        column[:] = [one[name] for one in found]
    return Findings.of(
        len(found),
        code=texts(one["code"] for one in found),
        name=texts(one["name"] for one in found),
        message=texts(one["message"] for one in found),
        probability=[one["probability"] for one in found],
        doubt=[one["doubt"] for one in found],
        **objects,
        **{name: [one[name] for one in found] for name in names},
    )


class Lookup:
    """Rows of a dataset by file and position."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._file = {name: row for row, name in enumerate(dataset.files.path.tolist())}
        self._rows: dict[RecordType, dict[tuple[int, int], int]] = {}
        self._places: dict[RecordType, tuple[Ints, Ints]] = {}

    def finding(self, entry: dict[str, Any]) -> dict[str, Any]:
        """One finding's columns."""
        records = entry["records"]
        probability, fix = entry["probability"], entry["fix"]
        doubt = entry.get("doubt", probability)
        source = entry["source"]
        return {
            "code": entry["code"],
            "name": entry["name"],
            "message": entry["message"],
            "severity": Severity[entry["severity"].upper()],
            "probability": math.nan if probability is None else probability,
            "doubt": math.nan if doubt is None else doubt,
            "file": MISSING if source is None else self._file[source],
            "image": self.row(RecordType.IMAGE, records.get("image")),
            "box": self.row(RecordType.BOX, records.get("box")),
            "other": self.row(RecordType.BOX, records.get("other")),
            "category": self.row(RecordType.CATEGORY, records.get("category")),
            "problem": self._problem(records.get("problem")),
            "fix": None if fix is None else self.fix(fix),
            "affects": None if "wrong" not in entry else self.affected(entry["wrong"]),
        }

    def affected(self, entry: dict[str, Any]) -> Affected:
        """The labels that a finding about many says are wrong, of those that are there."""
        parts = ((RecordType.BOX, entry["boxes"]), (RecordType.IMAGE, entry["images"]))
        box, image = (self._in_runs(part, runs) for part, runs in parts)
        return Affected(box, image)

    def _in_runs(self, part: RecordType, runs: list[list[Any]]) -> Ints:
        """The rows of records in runs of source, first and last."""
        if part not in self._places:
            table = table_of_part(self.dataset, part)
            order = np.lexsort((table.record, table.file))
            file, record = (column[order].astype(np.int64) for column in (table.file, table.record))
            self._places[part] = order, (file << 32) + record
        order, place = self._places[part]
        rows = [order[:0]]
        for source, first, last in runs:
            if source in self._file:
                ends = (self._file[source] << 32) + np.array([first, last + 1])
                rows.append(order[slice(*np.searchsorted(place, ends))])
        return np.sort(np.concatenate(rows))

    def row(self, part: RecordType, key: dict[str, Any] | None) -> int:
        """The row of a record; `ValueError` if there is none."""
        if key is None:
            return MISSING
        if key["source"] is None or key["record"] == MISSING:
            return self._by_name(part, key)
        if part not in self._rows:
            table = table_of_part(self.dataset, part)
            places = zip(table.file.tolist(), table.record.tolist(), strict=True)
            self._rows[part] = {place: row for row, place in enumerate(places)}
        place = (self._file[key["source"]], key["record"])
        if place not in self._rows[part]:
            raise ValueError(f"no {part.value}[{key['record']}] in {key['source']}")
        return self._rows[part][place]

    def _by_name(self, part: RecordType, key: dict[str, Any]) -> int:
        if part is RecordType.CATEGORY:
            return self.dataset.class_names.index(key["name"])
        raise ValueError("a record without a place")

    def _problem(self, key: dict[str, Any] | None) -> int:
        if key is None:
            return MISSING
        problems = self.dataset.problems
        here = (problems.part == key["part"]) & (problems.kind == key["kind"])
        here &= (problems.field == key["field"]) & (problems.record == key["record"])
        here &= problems.file == (MISSING if key["source"] is None else self._file[key["source"]])
        return int(np.flatnonzero(here)[0])

    def fix(self, entry: dict[str, Any]) -> Fix:
        """A fix, its records as rows."""
        part = RecordType(entry["part"])
        row = MISSING
        if part is RecordType.FILE and entry["source"] is not None:
            row = self._file[entry["source"]]
        elif part is not RecordType.FILE:
            row = self.row(part, entry.get("record"))
        if entry["kind"] not in KINDS:
            raise ValueError(f"no kind of fix is called {entry['kind']!r}")
        kind, changes = KINDS[entry["kind"]], entry["changes"]
        if lacking := [name for name, value in kind.values.items() if value.key not in changes]:
            raise ValueError(f"the fix does not say {', '.join(sorted(lacking))}")
        values = {name: value.read(self, part, changes) for name, value in kind.values.items()}
        return Fix(kind.name, Safety(entry["safety"]), part, row, values)
