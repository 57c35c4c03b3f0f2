"""Safe fixes as SARIF has them: parts of files, and what stands there instead."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from labelaudit.auditing.fixes import KINDS
from labelaudit.auditing.scan import Scan
from labelaudit.core.columns import encodable
from labelaudit.core.text import counted
from labelaudit.io.edits import Edit, sorted_edits
from labelaudit.io.text_ranges import text_ranges
from labelaudit.reports.regions import Region
from labelaudit.reports.safe_edits import FileEdits, safe_edits

MOST_NAMED = 3
"""Records that the description of a fix names; a choice."""


def region_object(region: Region) -> dict[str, int]:
    """A region as SARIF has it."""
    return {
        "startLine": region.line,
        "startColumn": region.column,
        "endLine": region.end_line,
        "endColumn": region.end_column,
    }


class SarifFixes:
    """The safe fixes of a scan; all of them together are what a fix in place writes."""

    def __init__(self, scan: Scan, artifact: Callable[[int], Mapping[str, str]]) -> None:
        self._edits = safe_edits(scan)
        self._artifact = artifact
        self._replacements = self._by_file(scan)

    def of(self, row: int, fix: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The fix of a finding, if it has one; `fix` as the fix list has it."""
        edits = self._edits.get(row)
        if edits:
            yield {
                "description": {"text": _description(fix, edits)},
                "artifactChanges": [
                    {
                        "artifactLocation": self._artifact(file),
                        "replacements": [self._replacements[file][edit] for edit in some],
                    }
                    for file, some in sorted(edits.items())
                ],
            }

    def _by_file(self, scan: Scan) -> dict[int, dict[Edit, dict[str, Any]]]:
        """Each edit as SARIF has it, by row in Files."""
        by_file: dict[int, list[Edit]] = {}
        for edits in self._edits.values():
            for file, some in edits.items():
                by_file.setdefault(file, []).extend(some)
        root, paths = scan.dataset.root, scan.dataset.files.path
        return {
            file: _replacements(os.path.join(root, str(paths[file])), some)
            for file, some in by_file.items()
        }


def _description(fix: Mapping[str, Any], edits: FileEdits) -> str:
    words = f"{KINDS[fix['kind']].said(fix['changes'])} ({fix['safety']})"
    # Records that go from the end of a list are one edit, whose place names all of them.
    said = (edit.place.split(", ") for some in edits.values() for edit in some)
    places = dict.fromkeys(place for some in said for place in some)
    if len(places) < 2:
        return encodable(words)
    more = len(places) - MOST_NAMED
    named = ", ".join([*places][:MOST_NAMED])
    others = f" and {counted(more, 'other')}" if more > 0 else ""
    return encodable(f"{words}; it changes {named}{others}")


def _replacements(path: str, edits: list[Edit]) -> dict[Edit, dict[str, Any]]:
    """Edits of a file as replacements: of text where it is in UTF-8, else of bytes."""
    ordered = sorted_edits(edits)
    with open(path, "rb") as source:
        ranges = np.array([(edit.start, edit.end) for edit in ordered], np.int64)
        found = text_ranges(source, ranges)
    if found.codec != "utf-8":
        return {edit: _bytes_replaced(edit) for edit in ordered}
    return {
        edit: _replaced(region_object(Region(*place)), {"text": edit.text.decode()}, edit)
        for edit, place in zip(ordered, found.places.tolist(), strict=True)
    }


def _bytes_replaced(edit: Edit) -> dict[str, Any]:
    region = {"byteOffset": edit.start, "byteLength": edit.end - edit.start}
    return _replaced(region, {"binary": base64.b64encode(edit.text).decode()}, edit)


def _replaced(region: dict[str, int], content: dict[str, str], edit: Edit) -> dict[str, Any]:
    return {"deletedRegion": region} | ({"insertedContent": content} if edit.text else {})
