"""Entries of the cache: a run claims those that it uses, and the oldest go when all are too large.

A claim is a lock on a file of its own in the entry, which the system takes back when the process
ends, however it ends. So an entry that a run uses is never removed, and one whose run was killed
may be.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from labelaudit.core.cache import size_mib
from labelaudit.errors import ConfigError

LIMIT = "LABELAUDIT_CACHE_GIB"
"""The variable of the environment that says how large the cache may be."""

MOST_GIB = 20.0
"""How large the cache may be unless the environment says; a choice."""

KINDS = ("crops", "features", "images", "models", "predictions")
"""Folders of the cache; each folder in one of these is an entry."""

USED, CLAIMS, GONE = "used", "claim_*.lock", "removed"


@contextmanager
def claims(cache: Path) -> Iterator[Callable[[Path], Path]]:
    """A function that claims an entry of the cache for this process, made if it is not there.

    On leaving, while they are still claimed, entries that others used longest ago are removed until
    all are within the limit.

    Raises
    ------
    ConfigError
        if the cache cannot be written, or its limit is no number.
    """
    limit = limit_mib()
    with ExitStack() as locks:

        def claim(entry: Path) -> Path:
            try:
                with _cache_lock(cache):
                    entry.mkdir(parents=True, exist_ok=True)
                    (entry / USED).touch()
                    locks.callback(_release, _locked(entry / f"claim_{uuid.uuid4().hex}.lock"))
            except OSError as error:
                raise ConfigError(
                    f"{entry}: the cache cannot be written ({error.strerror or error}); "
                    "name another folder with --cache or in LABELAUDIT_CACHE"
                ) from error
            return entry

        yield claim
        prune(cache, limit)


def limit_mib() -> float:
    """How large the cache may be, in MiB.

    Raises `ConfigError` if the environment says something that is no size.
    """
    value = os.environ.get(LIMIT, "")
    try:
        gib = float(value or MOST_GIB)
    except ValueError:
        gib = -1.0
    if not gib >= 0:
        raise ConfigError(f"{LIMIT} is {value!r}; expected a number of GiB, 0 or more")
    return gib * 1024


def prune(cache: Path, limit: float) -> list[Path]:
    """Remove entries that nobody uses, the longest unused first, until all fit into `limit` MiB.

    Returns the entries that are gone. What cannot be removed stays.
    """
    entries = [one for kind in KINDS for one in (cache / kind).glob("*") if one.is_dir()]
    sizes = {entry: size_mib(entry) for entry in entries}
    total, gone = sum(sizes.values()), []
    for entry in sorted(entries, key=_last_used):
        if total <= limit:
            break
        if _removed(cache, entry):
            total -= sizes[entry]
            gone.append(entry)
    return gone


def _last_used(entry: Path) -> float:
    """When an entry was claimed last, in seconds since 1970; 0 if that cannot be told."""
    for path in (entry / USED, entry):
        with suppress(OSError):
            return path.stat().st_mtime
    return 0.0


def _removed(cache: Path, entry: Path) -> bool:
    """Remove an entry unless somebody uses it; whether it is gone."""
    aside = cache / GONE / uuid.uuid4().hex
    try:
        # Nobody claims an entry between the check and the move; deleting may take its time.
        with _cache_lock(cache):
            if any(_is_held(claim) for claim in entry.glob(CLAIMS)):
                return False
            aside.parent.mkdir(exist_ok=True)
            entry.rename(aside)
    except OSError:
        return False
    shutil.rmtree(aside.parent, ignore_errors=True)
    return True


def _cache_lock(cache: Path) -> FileLock:
    """A lock that one process holds at a time, while it claims or removes an entry."""
    return FileLock(cache / "gate.lock")


def _locked(path: Path) -> FileLock:
    lock = FileLock(path)
    lock.acquire()
    return lock


def _is_held(claim: Path) -> bool:
    """Whether a process that lives holds this claim."""
    lock = FileLock(claim)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def _release(lock: FileLock) -> None:
    """End a claim and take its file away."""
    lock.release()
    with suppress(OSError):
        Path(lock.lock_file).unlink()
