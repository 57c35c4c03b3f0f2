"""An open review queue, shared by the threads of a process and by processes."""

from __future__ import annotations

import math
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from labelaudit.core.whole_files import whole
from labelaudit.review.queue.schema import QueueError, StorageError, connect

T = TypeVar("T")

LONGEST_NAME = 200
"""Characters of a reviewer's name."""


class Queue:
    """One SQLite file; a transaction at a time in this process, the threads taking turns."""

    def __init__(
        self, path: Path, database: sqlite3.Connection, clock: Callable[[], float]
    ) -> None:
        self.path = path
        self.clock = clock  # seconds since 1970
        self._database = database
        self._turn = threading.RLock()
        self._kept: dict[str, tuple[float, Any]] = {}  # Any: whatever `remembered` was told to make

    @classmethod
    def open(cls, path: Path, *, clock: Callable[[], float] = time.time) -> Self:
        """The queue in a file, made if there is none; see `schema.connect` for what it raises."""
        return cls(path, connect(path), clock)

    @classmethod
    def existing(cls, path: Path) -> Self:
        """The queue in a file that must be there."""
        if not path.is_file():
            raise QueueError(f"{path}: there is no such queue; labelaudit scan --queue makes one")
        return cls.open(path)

    def close(self) -> None:
        """Close the file. What was decided is in it long since."""
        with self._turn:
            self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A transaction that sees one state of the queue."""
        with self._transaction("BEGIN") as database:
            yield database

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is on the disk when this ends, or never was."""
        with self._transaction("BEGIN IMMEDIATE") as database:
            yield database

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._turn:
            try:
                self._database.execute(begin)
                yield self._database
                self._database.execute("COMMIT")
            except sqlite3.OperationalError as error:
                raise StorageError(f"{self.path}: the review queue: {error}") from error
            except sqlite3.Error as error:
                raise QueueError(f"{self.path}: the review queue: {error}") from error
            finally:
                if self._open_transaction():
                    self._database.execute("ROLLBACK")

    def _open_transaction(self) -> bool:
        try:
            return self._database.in_transaction
        except sqlite3.ProgrammingError:  # closed
            return False

    def remembered(self, name: str, age_s: float, make: Callable[[], T]) -> T:
        """What `make` said under this name, asked again when that is so many seconds ago.

        Parameters
        ----------
        name:
            under which it is kept.
        age_s:
            seconds for which an answer holds.
        make:
            what is asked.
        """
        with self._turn:
            now = self.clock()
            made, value = self._kept.get(name, (-math.inf, None))
            if not 0 <= now - made <= age_s:
                value = make()
                self._kept[name] = (now, value)
            kept: T = value
            return kept

    def now(self) -> str:
        """The time as decisions have it."""
        return stamped(self.clock())


@contextmanager
def filled(path: Path) -> Iterator[Queue]:
    """The queue in a file; a new one is there, whole, when this ends, or not at all."""
    if path.exists():
        with Queue.open(path) as queue:
            yield queue
        return
    with whole(path) as place, Queue.open(place) as queue:
        queue.path = path  # what is told of it
        yield queue


def stamped(seconds: float) -> str:
    """A time in seconds since 1970 as text that sorts as time does.

    >>> stamped(0.5)
    '1970-01-01T00:00:00.500000Z'
    """
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def seconds(stamp: str) -> float:
    """Seconds since 1970 of a time that `stamped` made; `ValueError` if it did not.

    >>> seconds("1970-01-01T00:00:00.500000Z")
    0.5
    """
    moment = datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return moment.timestamp()


def checked_reviewer(name: str) -> str:
    """A reviewer's name, which must be printable and not too long."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise QueueError(f"a reviewer's name has 1 to {LONGEST_NAME} printable characters")
    return name
