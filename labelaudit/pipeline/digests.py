"""The bytes of files: how many, and their SHA-256."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from labelaudit.core.parallel import cores
from labelaudit.storage.at_hand import at_hand

AT_ONCE = 32
"""Files that a thread is given at a time; a choice."""


class FileDigest(NamedTuple):
    """What a file holds."""

    bytes: int
    sha256: str  # in hexadecimal digits


def digest(path: str | os.PathLike[str]) -> FileDigest | None:
    """What is in a file; None if it cannot be read."""
    try:
        with open(path, "rb") as file:
            made = hashlib.file_digest(file, "sha256")
            return FileDigest(file.tell(), made.hexdigest())
    except (OSError, ValueError):
        return None


def digests(paths: Sequence[str]) -> Iterator[FileDigest | None]:
    """As `digest` of each file, in order; on all cores, since hashing holds no lock of Python."""
    at_hand(paths)
    groups = [paths[start : start + AT_ONCE] for start in range(0, len(paths), AT_ONCE)]
    with ThreadPoolExecutor(cores()) as pool:
        for some in pool.map(_of_group, groups):
            yield from some


def _of_group(paths: Sequence[str]) -> list[FileDigest | None]:
    return [digest(path) for path in paths]
