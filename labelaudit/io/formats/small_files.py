"""The bytes of the label files of a folder, thousands of them, one for each image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from types import ModuleType

import numpy as np

from labelaudit.core.columns import MISSING, Ints
from labelaudit.core.parallel import ahead

_small_files: ModuleType | None
try:
    from labelaudit.io.formats import _small_files
except ImportError:  # no C compiler where it was installed, or a system without POSIX
    _small_files = None

COMPILED = _small_files is not None

ROOM = 1 << 20
"""Bytes after which no more files are read at once: what is kept of many is read piece by piece."""

AT_ONCE = 256
"""Files that one thread reads at a time; a choice."""

THREADS = 4
"""That read at the same time, mostly without Python's lock; a choice."""


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
    every = list(paths)
    if _small_files is None:
        yield [None] * len(every), np.full((len(every), 2), MISSING, np.int64)
        return
    pieces = [every[start : start + AT_ONCE] for start in range(0, len(every), AT_ONCE)]
    read = partial(_read, _small_files, largest)
    for piece, found in zip(pieces, ahead(read, pieces, THREADS), strict=True):
        yield found
        first = len(found[0])
        while first < len(piece):  # as large as what is read at once may be
            more = read(piece[first:])
            yield more
            first += len(more[0])


def _read(reader: ModuleType, largest: int, paths: list[str]) -> tuple[list[bytes | None], Ints]:
    """The first of some files, until they take as much as there is room."""
    found, stamps = reader.read(paths, 0, largest, ROOM)
    return found, np.frombuffer(stamps, np.int64).reshape(-1, 2)
