"""One JSON object for programs: what was scanned, a summary, and every finding."""

from __future__ import annotations

from typing import TextIO

from labelaudit.auditing.findings_file import encoded, entries
from labelaudit.auditing.scan import Scan
from labelaudit.reports import REPORTS, Report
from labelaudit.reports.report_object import head


def write(scan: Scan, out: TextIO) -> None:
    """Write the object, a finding a line; findings are made one at a time, never all at once."""
    first = encoded(head(scan)).decode()
    out.write(f'{first[:-1]},"findings":[')
    separator = "\n"
    for entry in entries(scan.findings, scan.dataset):
        out.write(separator)
        out.write(encoded(entry).decode())
        separator = ",\n"
    out.write("\n]}\n")


REPORTS.add("json", Report("json", "one JSON object: dataset, summary and all findings", write))
