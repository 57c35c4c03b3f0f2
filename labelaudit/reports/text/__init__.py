"""What a person reads in a terminal: what is wrong, the worst examples, and what to do next."""

from __future__ import annotations

from typing import TextIO

from labelaudit.reports import REPORTS, Report
from labelaudit.scanning import Scan


def write(scan: Scan, out: TextIO) -> None:
    """Write the report, as wide as the terminal; 80 columns where there is none."""
    from labelaudit.reports.text import drawing  # noqa: PLC0415  # 25 ms for nothing if none is read

    drawing.write(scan, out)


REPORTS.add("text", Report("text", "for people: what is wrong, worst first, with examples", write))
