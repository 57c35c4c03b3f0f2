"""A table of findings for spreadsheets and data frames, a line each.

It begins with the mark of UTF-8, without which Excel takes letters beyond ASCII for others.
"""

from __future__ import annotations

from typing import Any, TextIO

from labelaudit.auditing.scan import Scan
from labelaudit.core.columns import encodable
from labelaudit.reports import REPORTS, Report
from labelaudit.reports.rows import COLUMNS, rows

MARK = "\ufeff"

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", *"\uff1d\uff0b\uff0d\uff20", "::", "##")
"""What texts begin with that a spreadsheet would run, the signs of double width among them: "CSV
Injection", OWASP; and what a pipeline would, that reads the table as its log."""


def write(scan: Scan, out: TextIO) -> None:
    """Write the names of the columns, then the findings; nothing stands for nothing."""
    import csv  # noqa: PLC0415  # most scans write no table

    out.write(MARK)
    table = csv.writer(out)
    table.writerow(COLUMNS)
    for row in rows(scan):
        table.writerow(map(_cell, row.values()))


def _cell(value: Any) -> Any:  # Any: a number, text or None
    """A value that no spreadsheet takes for a formula: behind an apostrophe, as OWASP has it."""
    if not isinstance(value, str):
        return value
    text = encodable(value).replace("\0", "\\0")
    return f"'{text}" if text.startswith(FORMULAS) else text


REPORTS.add("csv", Report("csv", "a table of findings, for spreadsheets and data frames", write))
