"""Objects as files: several at a time, large ones in blocks, of which none is fetched twice.

What is being fetched has a name of its own, with a list of the blocks that it holds; whoever is
killed leaves both, and the next process goes on there. A file gets its name when it is whole and,
where the storage can tell, of one version from its first byte to its last.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from labelaudit.core.cache import check_room, no_room
from labelaudit.core.locks import BusyError, exclusive
from labelaudit.core.parallel import map_groups
from labelaudit.errors import ObjectStorageError
from labelaudit.storage.connect import store_of
from labelaudit.storage.failures import ChangedError, TransientError, told, tried
from labelaudit.storage.objects import StoredObject, is_whole
from labelaudit.storage.space import check_limit, used_now

BLOCK = 8 << 20
"""Bytes that are asked for at a time; a choice: some 100 ms of a fast line, and memory for 16."""

THREADS = 16
"""Requests at a time; a choice: a storage answers after some 30 ms, whatever the line."""

WAIT_S = 0.2
"""Between two looks at a file that another process is fetching."""


def fetched(objects: Sequence[StoredObject], root: Path) -> None:
    """Return when the file of each object is there.

    Parameters
    ----------
    objects:
        any number, each once.
    root:
        the folder of mirrors.

    Raises
    ------
    ObjectStorageError
        if one of them cannot be had; the message names it.
    ConfigError
        if there is no room for them.
    """
    missing = []
    for one in objects:
        file = one.file(root)
        if is_whole(file, one.size):
            used_now(file)
        else:
            missing.append(one)
    if not missing:
        return
    needed = sum(max(one.size, 0) for one in missing)
    check_limit(root, needed, missing[0].url.name)
    check_room(root, needed)
    small = [one for one in missing if 0 <= one.size <= BLOCK or not one.in_ranges]
    for _ in map_groups(lambda one: _one(one, root, _at_once), [[one] for one in small], THREADS):
        pass
    for one in missing:
        if one.size > BLOCK and one.in_ranges:
            _one(one, root, _in_blocks)


_Fetching = Callable[[StoredObject, Path], None]


def _one(one: StoredObject, root: Path, fetching: _Fetching) -> None:
    """Fetch an object, or wait for the process that does."""
    file = one.file(root)
    part = file.with_name(f"{file.name}.part")
    file.parent.mkdir(parents=True, exist_ok=True)
    while not is_whole(file, one.size):
        try:
            handle = exclusive(part, part)
        except BusyError:
            time.sleep(WAIT_S)
            continue
        except OSError as error:
            raise no_room(root, error.strerror or str(error)) from None
        try:
            if not is_whole(file, one.size):
                _finished(one, part, file, fetching)
            else:
                part.unlink(missing_ok=True)
        finally:
            os.close(handle)


def _finished(one: StoredObject, part: Path, file: Path, fetching: _Fetching) -> None:
    """Fill the part of an object, and give it its name."""
    try:
        fetching(one, part)
        if one.changed_ns:
            os.utime(part, ns=(time.time_ns(), one.changed_ns))
        os.replace(part, file)
    except ChangedError as error:
        _forget(part)
        raise told(one.url, error) from None
    except OSError as error:
        raise no_room(part.parents[2], error.strerror or str(error)) from None
    _forget(part)


def _forget(part: Path) -> None:
    for path in (part, _list_of(part)):
        with suppress(OSError):
            path.unlink()


def _list_of(part: Path) -> Path:
    """The file that says which blocks of a part there are, a byte a block."""
    return part.with_name(f"{part.name}s")


def _at_once(one: StoredObject, part: Path) -> None:
    """All of an object in one answer."""

    def work() -> None:
        if one.in_ranges:
            content = block(one, 0, one.size) if one.size else b""
            part.write_bytes(content)
            return
        store_of(one.url).whole(one, part)
        if one.size >= 0 and part.stat().st_size != one.size:
            raise TransientError("the answer was cut off")

    tried(one.url, work)


def block(one: StoredObject, start: int, end: int) -> bytes:
    """Some bytes of an object, as many as were asked for.

    Parameters
    ----------
    one:
        the object.
    start, end:
        the first byte, and the one behind the last.

    Raises
    ------
    TransientError
        if there were fewer or more: the answer was cut off.
    ChangedError
        if the object is another by now.
    """
    content = store_of(one.url).block(one, start, end)
    if len(content) != end - start:
        raise TransientError("the answer was cut off")
    return content


def _in_blocks(one: StoredObject, part: Path) -> None:
    """A large object, a block in an answer, several at a time."""
    count = -(-one.size // BLOCK)
    done = _blocks_of(part, count)
    with part.open("r+b") as file, _list_of(part).open("r+b") as listed:

        def work(number: int) -> None:
            start = number * BLOCK
            end = min(start + BLOCK, one.size)
            content = tried(one.url, lambda: block(one, start, end))
            _written(file.fileno(), content, start)
            # The block has to be on the disk before the list says so.
            os.fsync(file.fileno())
            _written(listed.fileno(), b"\1", number)

        file.truncate(one.size)
        missing = [[number] for number in range(count) if not done[number]]
        for _ in map_groups(work, missing, THREADS):
            pass


def _written(handle: int, content: bytes, start: int) -> None:
    """Write bytes at a place of an open file; threads may write to others at the same time."""
    if hasattr(os, "pwrite"):
        while content:
            count = os.pwrite(handle, content, start)
            content, start = content[count:], start + count
        return
    with open(handle, "r+b", closefd=False) as file:  # Windows
        file.seek(start)
        file.write(content)


def _blocks_of(part: Path, count: int) -> bytes:
    """Which blocks a part that was left behind holds, a byte each; its list is there on return."""
    listed = _list_of(part)
    try:
        done = listed.read_bytes()
    except FileNotFoundError:
        done = b""
    if len(done) > count or not part.stat().st_size:
        done = b""
    listed.write_bytes(done)
    return done.ljust(count, b"\0")


def check_listed(count: int, most: int, url: str) -> None:
    """Refuse a folder of more objects than are listed.

    Parameters
    ----------
    count:
        objects that there are at least.
    most:
        that are listed.
    url:
        of the folder, as it is shown.

    Raises
    ------
    ObjectStorageError
        which says what to do.
    """
    if count > most:
        raise ObjectStorageError(
            f"{url}: more than {most:,} objects; name a folder further down, or let more be listed "
            "by LABELAUDIT_STORAGE_OBJECTS"
        )
