"""Locks on files: one process at a time has them, and they end with it however it ends."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labelaudit.errors import LabelauditError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_TAKEN = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_OPEN = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class BusyError(LabelauditError):
    """What another process is writing at the moment."""


@contextmanager
def locked(path: Path, what: Path) -> Iterator[None]:
    """Hold a lock, a file that is made if there is none and that is gone in the end.

    Parameters
    ----------
    path:
        of the lock.
    what:
        it is about, for what is said.

    Raises
    ------
    BusyError
        at once, if another process, or another thread of this one, holds it.
    """
    handle = exclusive(path, what)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows keeps the name of an open file
            path.unlink()
        os.close(handle)


def exclusive(path: Path, what: Path) -> int:
    """Open a file, made if there is none, that nobody else has open this way.

    Parameters
    ----------
    path:
        of the file.
    what:
        it is about, for what is said.

    Raises
    ------
    BusyError
        at once, if somebody has.
    OSError
        that names `what`, if the file cannot be made.
    """
    while True:
        try:
            handle = os.open(path, _OPEN, 0o666)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(what)) from error
        if not _is_taken(handle):
            os.close(handle)
            raise BusyError(f"{what}: another labelaudit is writing this; try again when it ended")
        # Whoever had it may have removed it, or given it another name, before it was ours.
        if _is_still(handle, path):
            return handle
        os.close(handle)


def _is_taken(handle: int) -> bool:
    """Whether the lock of an open file is ours now."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # A file system without locks: better to go on than never to write there.
        return error.errno not in _TAKEN
    return True


def _is_still(handle: int, path: Path) -> bool:
    """Whether a path leads to the file that was opened by it."""
    try:
        return os.path.samestat(os.fstat(handle), os.stat(path))
    except FileNotFoundError:
        return False
