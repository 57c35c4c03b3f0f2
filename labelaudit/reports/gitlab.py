"""Code Quality of GitLab: a JSON list of issues, which show in a merge request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

from labelaudit.auditing.findings_file import encoded, entries
from labelaudit.auditing.scan import Scan
from labelaudit.reports import REPORTS, Report
from labelaudit.reports.places import Places, said, where
from labelaudit.reports.regions import Regions

SEVERITIES: Mapping[str, str] = {"error": "major", "warning": "minor", "info": "info"}
"""What GitLab calls each severity; as ruff has it."""


def write(scan: Scan, out: TextIO) -> None:
    """Write a list, an issue a line; an issue of no known line is at the first."""
    places, regions = Places(scan.dataset), Regions(scan.findings, scan.dataset)
    out.write("[")
    separator = "\n"
    for row, entry in enumerate(entries(scan.findings, scan.dataset)):
        region = regions[row]
        lines = {"begin": region.line if region else 1}
        if region and region.last_line > region.line:
            lines["end"] = region.last_line
        issue = {
            "description": f"{entry['code']}: {where(entry)}: {said(entry)}",
            "check_name": entry["name"],
            "fingerprint": entry["fingerprint"],
            "severity": SEVERITIES[entry["severity"]],
            "location": {"path": places.path(entry), "lines": lines},
        }
        out.write(separator + encoded(issue).decode())
        separator = ",\n"
    out.write("\n]\n")


REPORTS.add("gitlab", Report("gitlab", "Code Quality of GitLab: a JSON list of issues", write))
