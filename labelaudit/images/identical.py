"""Image files of the very same bytes, whatever they are called and wherever they are.

Lengths tell most files apart, and some bytes in the middle nearly all others: a file is read as a
whole only where another has both in common with it.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, compress

import numpy as np

from labelaudit.core.columns import MISSING, Ints, Texts
from labelaudit.core.parallel import mapped
from labelaudit.dataset.tables import Headers
from labelaudit.images.headers import CHUNK, READ, WORKERS
from labelaudit.storage.at_hand import at_hand, remote_size

SAMPLE = 1 << 13
"""Bytes around the middle of a file that are compared first; a choice: two pages.

Its beginning would not do: pictures of one camera begin alike.
"""

_FACTOR = np.uint64(0x9E3779B97F4A7C15)

Key = int | bytes
"""What files of the same bytes have in common."""


@dataclass(frozen=True)
class Unread:
    """Why a file cannot be read."""

    reason: str


@dataclass(frozen=True, eq=False)
class IdenticalImages:
    """Which images are of the same bytes."""

    # (n,) the first row of the images of the same bytes; MISSING where there is no other such image
    group: Ints
    unread: Mapping[int, str]  # rows of images that could not be compared, and why


def identical(paths: Texts, headers: Headers) -> IdenticalImages:
    """Which image files are of the same bytes.

    Two rows with one path are, too, and so are a link and what it leads to. Files of no bytes and
    what is no file are like no other. No more than a piece of each file is in memory at a time.

    Parameters
    ----------
    paths:
        (n,) absolute; empty ones take no part.
    headers:
        (n,) of these files: of another size, length or beginning, they are of other bytes.
    """
    every = paths.tolist()
    rows: dict[str, list[int]] = {path: [row] for row, path in enumerate(every) if path}
    if len(rows) + every.count("") < len(every):  # a path stands twice
        rows = {path: [] for path in rows}
        for row, path in enumerate(every):
            if path:
                rows[path].append(row)
    unread: dict[str, str] = {}
    alike = _with_one_header(rows, headers) if rows else []
    for key, at_once in ((_length, CHUNK), (_sample, CHUNK), (_digest, 1)):
        alike = _split(alike, key, at_once, unread)
    group = np.full(len(paths), MISSING, np.int64)
    for files in (*([path] for path, same in rows.items() if len(same) > 1), *alike):
        same = sorted(chain.from_iterable(rows[path] for path in files))
        group[same] = same[0]
    reasons = {row: reason for path, reason in unread.items() for row in rows[path]}
    return IdenticalImages(group, dict(sorted(reasons.items())))


def _with_one_header(rows: Mapping[str, Sequence[int]], headers: Headers) -> list[list[str]]:
    """The files of which several have the same size, length and beginning, as far as is known.

    Parameters
    ----------
    rows:
        by path, where it stands in the headers.
    headers:
        (n,) of the files.
    """
    first = np.array([same[0] for same in rows.values()])
    size, mark = np.nan_to_num(headers.size[first], nan=MISSING), headers.mark[first]
    key = np.zeros(len(first), np.uint64)
    for side in (*size.T, *mark.T):  # two headers of one number are told apart by their files
        key = key * _FACTOR + np.ascontiguousarray(side).view(np.uint64)
    _, number, often = np.unique(key, return_inverse=True, return_counts=True)
    several = often[number] > 1
    parts: dict[int, list[str]] = {}
    for path, which in zip(compress(rows, several), number[several].tolist(), strict=True):
        parts.setdefault(which, []).append(path)
    return list(parts.values())


def _split(
    alike: Sequence[Sequence[str]],
    key: Callable[[str], Key | Unread | None],
    at_once: int,
    unread: dict[str, str],
) -> list[list[str]]:
    """Files that were alike so far, those of each key together that more than one of them has.

    Parameters
    ----------
    alike:
        paths of files.
    key:
        of a file; None if it is like no other.
    at_once:
        files that a thread looks at in one go.
    unread:
        why files cannot be read, by path: to which those are added that cannot be now.
    """
    paths = [path for files in alike for path in files]
    if key is not _length:
        at_hand(paths)
    chunks = [paths[start : start + at_once] for start in range(0, len(paths), at_once)]
    keys = chain.from_iterable(mapped(lambda chunk: [key(path) for path in chunk], chunks, WORKERS))
    parts: dict[tuple[int, Key], list[str]] = {}
    number = (number for number, files in enumerate(alike) for _ in files)
    for which, path, found in zip(number, paths, keys, strict=True):
        if isinstance(found, Unread):
            unread[path] = found.reason
        elif found is not None:
            parts.setdefault((which, found), []).append(path)
    return _several(parts.values())


def _several(parts: Iterable[list[str]]) -> list[list[str]]:
    return [files for files in parts if len(files) > 1]


def _length(path: str) -> Key | Unread | None:
    """Of a file, in bytes; None if it is none or empty."""
    if (size := remote_size(path)) is not None:
        return size or None
    try:
        status = os.stat(path)
    except (OSError, ValueError) as error:  # a path with a NUL in it
        return _unread(error)
    return status.st_size or None if stat.S_ISREG(status.st_mode) else None


def _sample(path: str) -> Key | Unread:
    """Some bytes around the middle of a file; a small one as a whole."""
    try:
        handle = os.open(path, READ)
        try:
            start = (os.fstat(handle).st_size - SAMPLE) // 2
            os.lseek(handle, max(0, start), os.SEEK_SET)
            return hashlib.blake2b(os.read(handle, SAMPLE), digest_size=16).digest()
        finally:
            os.close(handle)
    except OSError as error:
        return _unread(error)


def _digest(path: str) -> Key | Unread:
    """Of all that is in a file."""
    try:
        with open(path, "rb", buffering=0) as file:
            return hashlib.file_digest(file, hashlib.blake2b).digest()
    except OSError as error:
        return _unread(error)


def _unread(error: Exception) -> Unread:
    said = error.strerror if isinstance(error, OSError) else None
    return Unread(said or str(error))
