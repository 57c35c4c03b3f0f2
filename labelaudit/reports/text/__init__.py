"""What a person reads in a terminal: what is wrong, the worst examples, and what to do next."""

from __future__ import annotations

from typing import TextIO

from labelaudit.auditing.scan import Scan
from labelaudit.reports import REPORTS, Report


def write(scan: Scan, out: TextIO) -> None:
    """Write the report, as wide as the terminal; 80 columns where there is none."""
    from labelaudit.reports.text import layout  # noqa: PLC0415  # 25 ms for nothing if none is read

    layout.write(scan, out)


REPORTS.add("text", Report("text", "for people: what is wrong, worst first, with examples", write))
