"""The cache: what took long to work out, in a folder outside the dataset, by what it depends on.

Everything in it can be deleted at any time; it is then worked out again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np

from labelaudit.core.columns import Ints, Texts
from labelaudit.core.whole_files import replacing
from labelaudit.errors import ConfigError

FOLDER = "LABELAUDIT_CACHE"
"""The variable of the environment that says where the cache is."""

MIB = 2**20


def cache_folder(folder: Path | None = None) -> Path:
    """Where the cache is: `folder`, or what LABELAUDIT_CACHE says, or the user's place for caches.

    The folder exists on return. Raises `ConfigError` if it cannot be made.
    """
    if folder is None:
        named = os.environ.get(FOLDER)
        folder = Path(named) if named else _users_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"{folder}: no cache can be made here ({error.strerror}); name a folder in {FOLDER}"
        ) from error
    return folder


def digest(*parts: object) -> str:
    """A name for everything in `parts`, 32 hexadecimal digits: equal parts have equal names.

    Arrays count with their shape, type and values; everything else as `repr` writes it.

    >>> digest("a", np.zeros(2)) == digest("a", np.zeros(2)), digest("a") == digest("b")
    (True, False)
    """
    state = hashlib.blake2b(digest_size=16)
    for part in parts:
        if isinstance(part, np.ndarray):
            state.update(f"{part.dtype}{part.shape}".encode())
            # Texts of variable width hold addresses, not letters.
            state.update(repr(part.tolist()).encode() if part.dtype.kind == "T" else part.tobytes())
        else:
            state.update(repr(part).encode("utf-8", "backslashreplace"))
        state.update(b"\0")
    return state.hexdigest()


def stamps(paths: Texts) -> Ints:
    """Size in bytes and time of change in ns of each file, (n, 2); -1 where there is none."""
    return np.array([_stamp(path) for path in paths.tolist()], np.int64).reshape(-1, 2)


def check_room(folder: Path, needed: int) -> None:
    """Raises `ConfigError` unless the disk of `folder` has room for `needed` more bytes."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise no_room(folder, f"{needed / MIB:,.1f} MiB are needed and {free / MIB:,.1f} are free")


def no_room(folder: Path, what: str) -> ConfigError:
    """The error for a disk that is full."""
    return ConfigError(
        f"{folder}: no room for the cache: {what}; make room, or name a folder in {FOLDER}"
    )


def write_atomically(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write a file that is there as a whole or not at all, whenever the process is killed.

    Raises `ConfigError` if it cannot be written.
    """
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with unfinished.open("wb") as file:
            write(file)
        os.replace(unfinished, path)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink()
        raise no_room(path.parent, error.strerror or str(error)) from error


def write_whole(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write a file of the user's as `write_atomically` does, one process at a time.

    What a process that is killed meanwhile leaves beside it is hidden, and the next one that writes
    the file takes it up. Raises `ConfigError` if it cannot be written.
    """
    try:
        with replacing(path) as file:
            write(file)
    except OSError as error:
        raise no_room(path.parent, error.strerror or str(error)) from error


def remove_unfinished(folder: Path) -> None:
    """Remove what kills of `write_atomically` left in a folder that this process alone uses."""
    for path in folder.glob("*.part"):
        path.unlink(missing_ok=True)


def size_mib(folder: Path) -> float:
    """How much the files under a folder take on disk, in MiB; 0 if there is no such folder."""
    return sum(_sizes(folder)) / MIB


def _sizes(folder: Path) -> Iterable[int]:
    """Bytes of each file under a folder; a file that is being removed meanwhile has none."""
    for path in folder.rglob("*"):
        with suppress(OSError):
            if path.is_file():
                yield path.stat().st_size


def _stamp(path: str) -> tuple[int, int]:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return (-1, -1)
    return (status.st_size, status.st_mtime_ns)


def _users_folder() -> Path:
    from platformdirs import user_cache_path  # noqa: PLC0415  # a scan needs no cache

    return user_cache_path("labelaudit")
