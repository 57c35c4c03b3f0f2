"""Reports: one file each, which shows a scan to a person or to a program.

Adding a report is one new file here that ends in `REPORTS.add(...)`, and its test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

from labelaudit.auditing.scan import Scan
from labelaudit.core.registry import Registry


def nothing_needed() -> None:
    """What a report needs that all installations have."""


@dataclass(frozen=True)
class Report:
    """One way of showing a scan."""

    name: str
    summary: str  # what it is, in a line
    write: Callable[[Scan, TextIO], None]
    """Write the report, and nothing else, to a stream; a binary one into its `buffer`."""
    binary: bool = False  # no text: it is not for a terminal
    check: Callable[[], None] = nothing_needed
    """Raises `ConfigError` where something that it needs is not installed."""


REPORTS: Registry[Report] = Registry("report", "labelaudit.reports", "REPORTS.add(")
