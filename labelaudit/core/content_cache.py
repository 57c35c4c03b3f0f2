"""What was worked out from the contents of files, remembered by a digest of these.

One SQLite file in the cache. A file that has not changed since is not read again: its place,
length, times and inode are those that were noted with its digest. Whatever is wrong with the cache
(damaged, locked, no room), it then remembers nothing; no run fails for it.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeAlias, TypeVar

from labelaudit.core.cache import cache_folder
from labelaudit.errors import ConfigError

if TYPE_CHECKING:
    import sqlite3

Answer = TypeVar("Answer")

Stamp: TypeAlias = tuple[int, int, int, int]
"""Length, time of change of the content and of the file in ns, and inode."""

_Selected: TypeAlias = dict[bytes, tuple[bytes, ...]]

NAME = "contents.sqlite"

MOST = 400_000
"""Contents that are remembered; half as many, those used longest ago, are forgotten beyond it.

A choice: some 500 MB.
"""

SETTLED_NS = 2_000_000_000
"""Age from which on a change would show in the times of a file; a choice, that of FAT."""

AT_ONCE = 500
"""Values that a statement names; SQLite takes 999 everywhere."""

_CHECK = 8  # bytes of the check sum before each value
_DAY_S = 86_400

_TABLES = """
CREATE TABLE IF NOT EXISTS files (path BLOB PRIMARY KEY, stamp BLOB, content BLOB);
CREATE TABLE IF NOT EXISTS known (key BLOB PRIMARY KEY, used INTEGER, value BLOB);
"""


def stamp(status: os.stat_result) -> Stamp:
    """What of a file changes with its content."""
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def content_key(content: bytes, *what: object) -> bytes:
    """The name of what was worked out, in the way `what` says, from contents with this digest."""
    return hashlib.blake2b(content + repr(what).encode(), digest_size=16).digest()


class ContentCache:
    """What was worked out before; safe to use from several threads, and by several processes."""

    def __init__(self, folder: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._path: Path | None = None
        self._database: sqlite3.Connection | None = None
        with suppress(ConfigError):
            self._path = cache_folder(folder) / NAME
        for _ in range(2):  # what is damaged is made anew
            self._database = self._database or self._opened()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forget what is too much, and close the file."""
        self._asked(_forget, None)
        with self._lock:
            if self._database is not None:
                self._database.close()
            self._database = None

    def unchanged(self, paths: Sequence[str]) -> dict[str, bytes]:
        """The digests of the contents of those of some files that did not change since noted."""
        if self._database is None:
            return {}
        nothing: _Selected = {}
        noted = self._asked(lambda one: _selected(one, _FILES, map(os.fsencode, paths)), nothing)
        found: dict[str, bytes] = {}
        for path in paths:
            known = noted.get(os.fsencode(path))
            with suppress(OSError, ValueError):
                if known and known[0] == repr(stamp(os.stat(path))).encode():
                    found[path] = known[1]
        return found

    def values(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """What is remembered under some keys, whole and unharmed."""
        nothing: _Selected = {}
        rows = self._asked(lambda one: _selected(one, _VALUES, keys), nothing)
        return {
            key: value[_CHECK:]
            for key, (value,) in rows.items()
            if value[:_CHECK] == _check(key, value[_CHECK:])
        }

    def remember(
        self,
        values: Mapping[bytes, bytes],
        files: Mapping[str, tuple[Stamp, bytes]] | None = None,
        used: Iterable[bytes] = (),
    ) -> None:
        """Keep what was worked out.

        Parameters
        ----------
        values:
            by key.
        files:
            by path, what was seen of a file before it was read, and the digest of its content.
            Not noted is what changed so short ago that another change would not show.
        used:
            keys that were asked for, to be kept longer.
        """
        settled = time.time_ns() - SETTLED_NS
        noted = [
            (os.fsencode(path), repr(seen).encode(), content)
            for path, (seen, content) in (files or {}).items()
            if max(seen[1], seen[2]) < settled
        ]
        today = int(time.time()) // _DAY_S
        rows = [(key, today, _check(key, value) + value) for key, value in values.items()]

        def write(database: sqlite3.Connection) -> None:
            with database:
                database.executemany("INSERT OR REPLACE INTO known VALUES (?, ?, ?)", rows)
                database.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", noted)
                database.executemany(
                    "UPDATE known SET used = ? WHERE key = ? AND used < ?",
                    [(today, key, today) for key in used],
                )

        self._asked(write, None)

    def _opened(self) -> sqlite3.Connection | None:
        import sqlite3  # noqa: PLC0415  # 5 ms that a scan without images does without

        if self._path is None:
            return None
        database = None
        try:
            # Other threads use it one at a time.
            database = sqlite3.connect(self._path, timeout=5, check_same_thread=False)
            database.execute("PRAGMA synchronous = OFF")  # what a power cut leaves is checked
            database.executescript(_TABLES)
            _ = database.execute("SELECT count(*) FROM files").fetchone()
        except sqlite3.Error as error:
            if database is not None:
                database.close()
            self._discard(error)
            return None
        return database

    def _asked(self, ask: Callable[[sqlite3.Connection], Answer], otherwise: Answer) -> Answer:
        """The answer of the database, or another one where it gives none; it is not asked again."""
        import sqlite3  # noqa: PLC0415  # see _opened

        with self._lock:
            if self._database is None:
                return otherwise
            try:
                return ask(self._database)
            except sqlite3.Error as error:
                self._database.close()
                self._database = None
                self._discard(error)
                return otherwise

    def _discard(self, error: Exception) -> None:
        """Remove a file that is no database or a damaged one; one that is locked stays."""
        import sqlite3  # noqa: PLC0415  # see _opened

        if self._path is not None and not isinstance(error, sqlite3.OperationalError):
            for path in (self._path, self._path.with_name(f"{NAME}-journal")):
                with suppress(OSError):
                    path.unlink()


_FILES = "SELECT path, stamp, content FROM files WHERE path IN "
_VALUES = "SELECT key, value FROM known WHERE key IN "


def _selected(database: sqlite3.Connection, query: str, keys: Iterable[bytes]) -> _Selected:
    """The rows of some keys, by these."""
    wanted = list(dict.fromkeys(keys))
    found: _Selected = {}
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        for key, *values in database.execute(f"{query}({','.join('?' * len(some))})", some):
            found[key] = tuple(values)
    return found


def _check(key: bytes, value: bytes) -> bytes:
    return hashlib.blake2b(key + value, digest_size=_CHECK).digest()


_COUNTS = ("SELECT count(*) FROM known", "SELECT count(*) FROM files")
_CUTS = (
    "DELETE FROM known WHERE rowid IN (SELECT rowid FROM known ORDER BY used, rowid LIMIT ?)",
    "DELETE FROM files WHERE rowid IN (SELECT rowid FROM files ORDER BY rowid LIMIT ?)",
)


def _forget(database: sqlite3.Connection) -> None:
    """Keep the half that was used last, where there is more than `MOST`."""
    for counting, cut in zip(_COUNTS, _CUTS, strict=True):
        count = database.execute(counting).fetchone()[0]
        if count > MOST:
            with database:
                database.execute(cut, (count - MOST // 2,))
            database.execute("VACUUM")
