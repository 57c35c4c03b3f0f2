"""Annotations of GitHub: workflow commands in the log of a step, which show beside the files.

GitHub shows the first ten of each kind of a step, so the worst come first; all are in the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TextIO

from labelaudit.auditing.findings_file import entries
from labelaudit.auditing.scan import Scan
from labelaudit.core.text import plain
from labelaudit.reports import REPORTS, Report
from labelaudit.reports.places import Places, said, where
from labelaudit.reports.regions import Regions
from labelaudit.reports.words import not_checked

COMMANDS: Mapping[str, str] = {"error": "error", "warning": "warning", "info": "notice"}
"""The workflow command for each severity."""


def write(scan: Scan, out: TextIO) -> None:
    """Write a command a line, the worst findings first, and one for what was not checked."""
    places, regions = Places(scan.dataset), Regions(scan.findings, scan.dataset)
    for row, entry in enumerate(entries(scan.findings, scan.dataset)):
        about = {"title": f"{entry['code']} {entry['name']}", "file": places.path(entry)}
        if region := regions[row]:
            about["line"] = str(region.line)
            if region.last_line > region.line:
                about["endLine"] = str(region.last_line)
        message = f"{where(entry)}: {said(entry)}"
        out.write(_command(COMMANDS[entry["severity"]], message, about))
    for line in not_checked(scan):
        out.write(_command("notice", line, {"title": "labelaudit"}))


def _command(name: str, message: str, about: Mapping[str, Any]) -> str:
    said = ",".join(f"{key}={_property(plain(value))}" for key, value in about.items())
    return f"::{name} {said}::{_data(plain(message))}\n"


def _data(text: str) -> str:
    """As GitHub's toolkit escapes a message (`escapeData` of @actions/core)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """As GitHub's toolkit escapes a property (`escapeProperty` of @actions/core)."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")


REPORTS.add(
    "github", Report("github", "annotations of a pull request on GitHub, a line each", write)
)
