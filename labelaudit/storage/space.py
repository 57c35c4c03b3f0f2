"""How much room objects may take on this disk, and which of them go first.

The file of an object says by its time of access when it was used last. Files go once no other
process reads objects: each that does holds a lock on a file of its own.
"""

from __future__ import annotations

import atexit
import os
import time
from contextlib import suppress
from pathlib import Path

from labelaudit.core.locks import BusyError, exclusive
from labelaudit.errors import ConfigError

LIMIT = "LABELAUDIT_STORAGE_GIB"
"""The variable of the environment that says how many GiB of objects are kept."""

MOST_GIB = 50.0
"""How many are kept if nobody says; a choice."""

KEPT = 0.8
"""Share of the limit that is left when files go, so that they do not go at each start; a choice."""

MOST_LISTED = "LABELAUDIT_STORAGE_OBJECTS"
"""The variable of the environment that says how many objects of a folder are listed at most."""

LISTED = 1_000_000
"""How many are listed if nobody says; a choice: a thousand requests of S3, and some 500 MB."""

_GIB = 1 << 30
_held: dict[int, int] = {}  # handles of locks, by process


def limit_bytes() -> int:
    """How many bytes of objects are kept."""
    return int(_number(LIMIT, MOST_GIB) * _GIB)


def most_listed() -> int:
    """How many objects of a folder are listed."""
    return int(_number(MOST_LISTED, LISTED))


def _number(name: str, otherwise: float) -> float:
    text = os.environ.get(name)
    if not text:
        return otherwise
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ConfigError(f"{name}={text}: expected a number above 0")
    return number


def check_limit(root: Path, needed: int, name: str) -> None:
    """Refuse to fetch more at a time than is kept.

    Parameters
    ----------
    root:
        the folder of mirrors.
    needed:
        bytes that are to be fetched.
    name:
        of the first of the objects.

    Raises
    ------
    ConfigError
        which says what to do.
    """
    if needed > limit_bytes():
        raise ConfigError(
            f"{name} and others: {needed / _GIB:,.1f} GiB are to be fetched to {root}, and "
            f"{limit_bytes() / _GIB:,.1f} are kept; look at a part of the dataset, or say {LIMIT}"
        )


def used_now(file: Path) -> None:
    """Note that the file of an object is used."""
    with suppress(OSError):
        os.utime(file, ns=(time.time_ns(), file.stat().st_mtime_ns))


def claim(root: Path) -> bool:
    """Keep files from being removed by others while this process lives; whether that is new."""
    process = os.getpid()
    if process in _held:
        return False
    users = root / "users"
    users.mkdir(parents=True, exist_ok=True)
    path = users / str(process)
    with suppress(BusyError):
        _held[process] = exclusive(path, path)
        atexit.register(_released, path, process)
    return True


def _released(path: Path, process: int) -> None:
    if process == os.getpid():
        with suppress(OSError):
            path.unlink()


def make_room(root: Path) -> None:
    """Remove the files that were used longest ago, where there are more than are kept.

    Nothing is removed while another process reads objects.
    """
    files = _files(root)
    total = sum(size for _, size, _ in files)
    most = limit_bytes()
    if total <= most or _others(root):
        return
    for _, size, path in sorted(files):
        if total <= KEPT * most:
            return
        with suppress(OSError):
            os.unlink(path)
            total -= size


def _files(root: Path) -> list[tuple[int, int, str]]:
    """Time of use, bytes and path of each file of an object, and of what was begun."""
    found = []
    for folder in root.glob("objects/*"):
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                status = entry.stat()
                found.append((status.st_atime_ns, status.st_size, entry.path))
    return found


def _others(root: Path) -> bool:
    """Whether another process reads objects; what dead ones left is removed."""
    for path in (root / "users").glob("*"):
        if path.name == str(os.getpid()):
            continue
        try:
            handle = exclusive(path, path)
        except (BusyError, OSError):
            return True
        path.unlink(missing_ok=True)
        os.close(handle)
    return False
