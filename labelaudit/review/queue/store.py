"""An open review queue, shared by the threads of a process and by processes."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from labelaudit.core.whole_files import whole
from labelaudit.review.queue.database import Database, Purpose, Store
from labelaudit.review.queue.places import QueuePlace, QueueUrl
from labelaudit.review.queue.schema import QueueError, UnknownQueueError
from labelaudit.review.queue.sqlite_store import SqliteStore

T = TypeVar("T")

LONGEST_NAME = 200
"""Characters of a reviewer's name."""

Told = Callable[[str], None]


def _silent(_: str) -> None:
    """What there is to tell is told nobody."""


class Queue:
    """A queue; a transaction at a time in this process, the threads taking turns."""

    def __init__(self, place: QueuePlace, store: Store, clock: Callable[[], float] | None) -> None:
        self.place = place
        self.clock = clock or store.time  # seconds since 1970
        self._store = store
        self._turn = threading.RLock()
        self._kept: dict[str, tuple[float, Any]] = {}  # Any: whatever `remembered` was told to make

    @classmethod
    def open(
        cls, place: QueuePlace, *, clock: Callable[[], float] | None = None, told: Told = _silent
    ) -> Self:
        """The queue in a file or a database, made if there is none.

        Parameters
        ----------
        place:
            a file, or the address of a database.
        clock:
            seconds since 1970, that of the machine with the queue if absent.
        told:
            told when a server is waited for, and when it is back.

        Raises
        ------
        QueueError
            if it is no queue, was made by a newer labelaudit, or cannot be read or written.
        """
        return cls(place, _store(place, make=True, told=told), clock)

    @classmethod
    def existing(cls, place: QueuePlace, *, told: Told = _silent) -> Self:
        """The queue in a file or a database, which must be there; as `open`."""
        return cls(place, _store(place, make=False, told=told), None)

    def close(self) -> None:
        """Let go of it. What was decided is in it long since."""
        with self._turn:
            self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def reading(self) -> AbstractContextManager[Database]:
        """A transaction that sees one state of the queue."""
        return self._transaction("reading")

    def writing(self) -> AbstractContextManager[Database]:
        """A transaction that has the queue alone: on the disk when this ends, or never was."""
        return self._transaction("writing")

    def deciding(self) -> AbstractContextManager[Database]:
        """As `writing`, beside other reviewers: it holds what it is about, see `Database`."""
        return self._transaction("deciding")

    @contextmanager
    def _transaction(self, purpose: Purpose) -> Iterator[Database]:
        with self._turn, self._store.transaction(purpose) as database:
            yield database

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


def _store(place: QueuePlace, *, make: bool, told: Told) -> Store:
    """What a queue is kept in."""
    if isinstance(place, QueueUrl):
        try:
            from labelaudit.review.queue.postgresql_store import PostgresStore  # noqa: PLC0415  # an extra
        except ImportError as error:
            raise QueueError(
                f"{place}: a review queue in PostgreSQL needs psycopg: "
                f"pip install 'labelaudit[postgres]' ({error})"
            ) from error
        return PostgresStore(place, make=make, told=told)
    if not make and not place.is_file():
        raise UnknownQueueError(place)
    return SqliteStore(place)


def has_queue(place: QueuePlace) -> bool:
    """Whether there is a queue.

    Raises
    ------
    QueueError
        if a file is something else, or a database cannot be asked.
    """
    if isinstance(place, Path) and not place.exists():
        return False
    try:
        Queue.existing(place).close()
    except UnknownQueueError:
        return False
    return True


@contextmanager
def filled(place: QueuePlace, *, told: Told = _silent) -> Iterator[Queue]:
    """The queue in a file or a database, which is made if there is none.

    A new file is there, whole, when this ends, or not at all; a new queue in a database is empty
    if it could not be filled.
    """
    if isinstance(place, QueueUrl) or place.exists():
        with Queue.open(place, told=told) as queue:
            yield queue
        return
    with whole(place) as made:
        store = SqliteStore(made)
        store.shown = place  # what is told of it
        with Queue(place, store, None) as queue:
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
