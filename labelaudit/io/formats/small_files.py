"""The bytes of the label files of a folder, thousands of them, one for each image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import ModuleType

import numpy as np

from labelaudit.core.columns import MISSING, Ints

_small_files: ModuleType | None
try:
    from labelaudit.io.formats import _small_files
except ImportError:  # no C compiler where it was installed, or a system without POSIX
    _small_files = None

COMPILED = _small_files is not None

ROOM = 1 << 20
"""Bytes after which no more files are read at once: what is kept of many is read piece by piece."""


def contents(paths: Sequence[str], largest: int) -> Iterator[tuple[list[bytes | None], Ints]]:
    """The bytes of regular files, some of them at once, and their stamps, (n, 2).

    None, with a stamp of MISSING, for what is nothing like it: who asks then opens that one by
    itself, to say why. None are read so where nothing is compiled.

    Parameters
    ----------
    paths:
        of all files, in order.
    largest:
        the bytes of a file that is read so, at most.
    """
    every, first = list(paths), 0
    if _small_files is None:
        yield [None] * len(every), np.full((len(every), 2), MISSING, np.int64)
        return
    while first < len(every):
        found, stamps = _small_files.read(every, first, largest, ROOM)
        yield found, np.frombuffer(stamps, np.int64).reshape(-1, 2)
        first += len(found)
