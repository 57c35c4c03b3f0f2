"""Findings as rows of a table, for spreadsheets and data frames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from labelaudit.auditing.findings_file import entries
from labelaudit.auditing.scan import Scan

_BOX = ("left", "top", "width", "height")

COLUMNS: Mapping[str, type] = {
    "image": str,  # file name, as the labels write it
    "class": str,
    **dict.fromkeys(_BOX, float),  # of the box that is wrong, in pixels
    "message": str,
    "fix": str,  # its kind
    "proposed_class": str,
    **dict.fromkeys((f"proposed_{side}" for side in _BOX), float),
    "code": str,
    "name": str,
    "severity": str,
    "probability": float,
    "doubt": float,
    "safety": str,  # of the fix
    "source": str,
    "place": str,
    "fingerprint": str,
}
"""The columns and what they hold."""

_AS_THEY_ARE = (
    *("image", "message", "code", "name", "severity"),
    *("probability", "doubt", "source", "place", "fingerprint"),
)


def rows(scan: Scan) -> Iterator[dict[str, Any]]:
    """The values of each finding by column, one finding at a time; None where there is nothing."""
    for entry in entries(scan.findings, scan.dataset):
        row: dict[str, Any] = dict.fromkeys(COLUMNS)
        row |= {name: entry[name] for name in _AS_THEY_ARE}
        row["class"] = next(iter(entry["classes"]), None)
        row |= zip(_BOX, next(iter(entry["boxes"]), ()), strict=False)
        if fix := entry["fix"]:
            changes = fix["changes"]
            row |= {"fix": fix["kind"], "safety": fix["safety"]}
            row["proposed_class"] = changes.get("class")
            sides = changes.get("box") or ()
            row |= {f"proposed_{side}": one for side, one in zip(_BOX, sides, strict=False)}
        yield row
