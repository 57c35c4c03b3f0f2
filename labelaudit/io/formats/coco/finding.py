"""Which files are COCO files, told from their first bytes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from labelaudit.io.formats.evidence import FormatEvidence, PathSample

_SECTION = re.compile(rb'"(?:images|annotations|categories)"\s*:\s*\[')
_TOKEN = re.compile(_SECTION.pattern + rb'|"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
_HEAD = 1 << 16


def evidence(sample: PathSample) -> FormatEvidence | None:
    """What speaks for a path being a COCO file, or a folder with some in it or in its folders.

    A file is taken at its word: one that ends in .json or begins with a brace may be a COCO file
    whose first section is long, and reading it says what it lacks. It fits only if it has a list
    that COCO has, so that every other format which knows it goes first.
    """
    names = [name for name in sample.ending(".json") if name.count("/") < 2]
    why = "JSON files with images, annotations or categories"
    if not sample.is_file:
        return sample.judged(names, lambda name: _has_section(sample.head(name)), why)
    name = sample.path.name
    known = _has_section(sample.head(name))
    begun = sample.head(name).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"
    if not (known or begun or names):
        return None
    return FormatEvidence(
        (name,) if known else (), 1, 1, why, bytes_fitting=sample.size(name) * known
    )


def coco_files(folder: Path) -> Iterable[Path]:
    """The COCO files in a folder and in the folders right inside it, in order.

    Each file comes once, however many links lead to it.
    """
    seen: set[str] = set()
    for path in sorted({*folder.glob("*.json"), *folder.glob("*/*.json")}):
        real = os.path.realpath(path)
        if real not in seen and os.path.isfile(path) and _has_section(_head(path)):
            seen.add(real)
            yield path


def _has_section(head: bytes) -> bool:
    """Whether the object of a file itself, not one inside it, has a list that COCO has.

    >>> _has_section(b'{"info": {}, "images": [')
    True
    >>> _has_section(b'{"info": {"images": [1, 2]}}'), _has_section(b'{"info": "images"}')
    (False, False)
    """
    depth = 0
    for token in _TOKEN.finditer(head):
        text = token.group()
        if text[:1] == b'"':
            if depth == 1 and text[-1:] == b"[":
                return True
            depth += text[-1:] == b"["
        else:
            depth += 1 if text in (b"{", b"[") else -1
    return False


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError:
        return b""
