"""Which files are COCO files, told from their first bytes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

_SECTION = re.compile(rb'"(images|annotations|categories)"\s*:\s*\[')
_HEAD = 1 << 16


def recognises(path: Path) -> bool:
    """Whether a path is a JSON file, or a folder with COCO files in it or in its folders.

    A file is taken at its word: one that ends in .json or begins with a brace may be a COCO file
    whose first section is long, and reading it says what it lacks.
    """
    if path.is_dir():
        return next(iter(coco_files(path)), None) is not None
    return path.suffix.lower() == ".json" or _head(path).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"


def coco_files(folder: Path) -> Iterable[Path]:
    """The COCO files in a folder and in the folders right inside it, in order.

    Each file comes once, however many links lead to it.
    """
    seen: set[str] = set()
    for path in sorted({*folder.glob("*.json"), *folder.glob("*/*.json")}):
        real = os.path.realpath(path)
        if real not in seen and os.path.isfile(path) and _SECTION.search(_head(path)):
            seen.add(real)
            yield path


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError:
        return b""
