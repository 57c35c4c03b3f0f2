"""Which files are lists of boxes for each image, told from their beginnings."""

from __future__ import annotations

import csv
import os
import posixpath
import re
from pathlib import Path
from typing import Any

from labelaudit.core.later import later
from labelaudit.images.files import is_image
from labelaudit.io.formats.evidence import FormatEvidence, PathSample
from labelaudit.io.formats.text_lines import text_in
from labelaudit.io.formats.unread import unread_format
from labelaudit.io.formats.unread_files import wide_encoding

LINES = (".jsonl", ".ndjson")
TABLE = ".csv"
YAML = (".yaml", ".yml")
ENDINGS = (".json", *LINES, *YAML, TABLE)

WHY = "lists of boxes for each image"

_DIGIT = re.compile(rb"\d")
_BRACKET = re.compile(rb"[\[{]")
_begun = later("labelaudit.io.formats.boxlists.documents", "entries_in")
_cut_json = later("labelaudit.io.formats.cut_json", "cut_json")
_json_lines = later("labelaudit.io.formats.boxlists.documents", "json_lines")
_table_rows = later("labelaudit.io.formats.boxlists.documents", "table_rows")
_yaml_value = later("labelaudit.io.formats.boxlists.documents", "yaml_value")
_cut_yaml = later("labelaudit.io.formats.boxlists.documents", "cut_yaml")


def evidence(sample: PathSample) -> FormatEvidence | None:
    """What speaks for a path being a file with boxes for each image, or a folder with some.

    Every format that has a name goes first.
    """
    found = sample.judged(sample.ending(*ENDINGS), lambda name: fits(sample, name), WHY)
    if found is None:
        return None
    return FormatEvidence(
        found.fitting,
        found.sampled,
        found.candidates,
        found.why,
        bytes_fitting=found.bytes_fitting,
        strays=found.strays,
        weak=True,
    )


def fits(sample: PathSample, name: str) -> bool:
    """Whether a file has a record for each image, and a box in one of them."""
    head = sample.head(name)
    if _DIGIT.search(head) is None or unread_format(name, head) or wide_encoding(name, head):
        return False
    begun = _beginning(name, text_in(head), cut=sample.size(name) > len(head))
    return begun is not None and _begun(begun, Stems(sample.full_path(name).parent)) is not None


def _beginning(name: str, text: str, *, cut: bool) -> Any:  # Any: whatever a file holds
    """What the beginning of a file holds; None if it is none of a document."""
    ending = posixpath.splitext(name)[1].lower()
    try:
        if ending in YAML:
            return _yaml_value(_cut_yaml(text) if cut else text)
        if ending == TABLE:
            lines = text.splitlines(keepends=True)
            header = lines[0] if lines else ""
            if not _BRACKET.search(text.encode()) or _BRACKET.search(header.encode()):
                return None
            return _table_rows(lines[:-1] if cut else lines)
    except (ValueError, csv.Error):
        return None
    return beginning_of_json(text, cut=cut)


def beginning_of_json(text: str, *, cut: bool) -> Any:  # Any: whatever a file holds
    """What the beginning of a JSON file, or of JSON Lines, holds."""
    lines = [line for line in text.split("\n") if line.strip()]
    lined = len(lines) > 1 and all(
        line.lstrip()[:1] == "{" and line.rstrip()[-1:] == "}" for line in lines[: 2 if cut else 3]
    )
    if lined or (len(lines) == 1 and cut and lines[0].lstrip()[:1] == "{"):
        values = list(_json_lines(lines[:-1] if cut and len(lines) > 1 else lines))
        if not any(isinstance(one, str) for one in values):
            return values if len(values) > 1 or not isinstance(values[0], dict) else values[0]
    return _cut_json(text)


class Stems:
    """Whether a word is the name without its ending of an image in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stems: set[str] | None = None

    def __call__(self, word: str) -> bool:
        """Whether it is."""
        if self._stems is None:
            try:
                names = os.listdir(self._folder)
            except OSError:
                names = []
            self._stems = {posixpath.splitext(name)[0] for name in names if is_image(name)}
        return word in self._stems
