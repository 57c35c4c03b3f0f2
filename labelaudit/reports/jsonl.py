"""The fix list: one finding a line, to be read, decided about and given to `labelaudit fix`."""

from __future__ import annotations

from typing import TextIO

from labelaudit.auditing.findings_file import encoded, entries
from labelaudit.auditing.scan import Scan
from labelaudit.reports import REPORTS, Report


def write(scan: Scan, out: TextIO) -> None:
    """Write each finding as a JSON object in a line of its own."""
    for entry in entries(scan.findings, scan.dataset):
        out.write(encoded(entry).decode())
        out.write("\n")


REPORTS.add("jsonl", Report("jsonl", "the fix list: a JSON object a line, for each finding", write))
