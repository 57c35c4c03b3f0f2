"""What files there are and how they stand, so that a change of any of them is seen.

Files are asked for by and by instead of having the system tell of changes: that works on network
drives and in containers as well, sees a file that another one takes the place of, and needs
nothing installed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from time import perf_counter, sleep

Stamp = tuple[int, int, int]
"""Time of change in ns, bytes, and number of a file: another file in its place has another one."""

Snapshot = Mapping[str, Stamp]
"""The stamp of each file by its path."""

PASSING = ("~", ".swp", ".tmp", ".part", ".orig")
"""What names of copies and of files in the making end in."""

LEAST_S = 0.3
"""Seconds between two looks at least, and for which nothing changes before a change is over.

A choice: an editor that empties a file and writes it anew takes less, and nobody waits longer.
"""

SHARE = 0.1
"""Of a core that looking takes at most. 100,000 files take .45 s of a core to look at, so that they
are looked at every five seconds or so; 10,000 every half second."""


def snapshot(places: Iterable[Path]) -> dict[str, Stamp]:
    """The stamps of files and of all files in folders; what is not there is left out.

    Hidden files and those in the making are passed over.
    """
    found: dict[str, Stamp] = {}
    waiting = []
    for place in places:
        stamp = _stamp(os.fspath(place))
        if stamp is not None:
            found[os.fspath(place)] = stamp
        elif os.path.isdir(place):
            waiting.append(os.fspath(place))
    entered: set[str] = set()
    while waiting:
        folder = waiting.pop()
        real = os.path.realpath(folder)
        if real not in entered:  # a link may lead up again
            entered.add(real)
            waiting += _look_into(folder, found)
    return found


def _look_into(folder: str, found: dict[str, Stamp]) -> list[str]:
    """Take in the files of a folder, and return the folders in it; none if it is gone."""
    folders: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name.endswith(PASSING):
                    continue
                if entry.is_dir():
                    folders.append(entry.path)
                elif (stamp := _entry_stamp(entry)) is not None:
                    found[entry.path] = stamp
    except OSError:
        return folders
    return folders


def _entry_stamp(entry: os.DirEntry[str]) -> Stamp | None:
    try:
        status = entry.stat()
    except OSError:  # gone meanwhile, or a link that leads nowhere
        return None
    return (status.st_mtime_ns, status.st_size, status.st_ino)


def _stamp(path: str) -> Stamp | None:
    """Of a file; None if it is none."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    if stat.S_ISDIR(status.st_mode):
        return None
    return (status.st_mtime_ns, status.st_size, status.st_ino)


def differing(before: Snapshot, after: Snapshot) -> list[str]:
    """The paths of files that are new, gone or changed, in order."""
    if before == after:
        return []
    every = before.keys() | after.keys()
    return sorted(path for path in every if before.get(path) != after.get(path))


def with_what_was_there(before: Snapshot, now: Snapshot, since_ns: int) -> dict[str, Stamp]:
    """What there was in places that are looked at only now.

    Files that are in none of the places before are as they were, but for those that changed since:
    these are left out, so that they are seen as new.

    Parameters
    ----------
    before:
        what there was, in some places.
    now:
        what there is in more places.
    since_ns:
        the time, in ns since 1970, from which on a change would not have been seen.
    """
    return {
        path: before.get(path, stamp)
        for path, stamp in now.items()
        if path in before or stamp[0] < since_ns
    }


def await_change(
    before: Snapshot,
    look: Callable[[], Snapshot],
    *,
    pause: Callable[[float], None] = sleep,
    clock: Callable[[], float] = perf_counter,
) -> Snapshot:
    """What there is once something has changed and nothing changes any more.

    Parameters
    ----------
    before:
        what there was.
    look:
        returns what there is now.
    pause:
        waits some seconds.
    clock:
        tells the time in seconds.
    """
    last = before
    while True:
        started = clock()
        now = look()
        if now == last and now != before:
            return now
        last = now
        pause(max(LEAST_S, (clock() - started) * (1 / SHARE - 1)))
