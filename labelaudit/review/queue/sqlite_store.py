"""A queue in one SQLite file: how it is opened, and how old files become new ones."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from labelaudit.auditing.findings_file import encoded
from labelaudit.review.queue.database import Database, Purpose
from labelaudit.review.queue.schema import INDEXES, MIGRATIONS, QueueError, StorageError, newer

APPLICATION = 0x1ABE1A0D
"""What SQLite's `application_id` says in our files, so that no other database is taken for one."""

PATIENCE_S = 20.0
"""How long a process waits while another one writes."""

BEGIN = {"reading": "BEGIN", "writing": "BEGIN IMMEDIATE", "deciding": "BEGIN IMMEDIATE"}
"""There is one writer at a time, which holds all."""

MOST_VALUES = 900
"""Values of one statement; older versions of SQLite allow 999."""

BROKEN = (sqlite3.Error, UnicodeDecodeError)
"""What a damaged file raises; the second, where SQLite's complaint quotes bytes of it."""


class SqliteStore:
    """A file; see `connect` for what opening it raises."""

    def __init__(self, path: Path) -> None:
        self.shown = path  # what is told of it
        self._connection = connect(path)
        self._database = SqliteDatabase(self._connection)

    @contextmanager
    def transaction(self, purpose: Purpose) -> Iterator[Database]:
        """As `Store.transaction`."""
        try:
            self._connection.execute(BEGIN[purpose])
            yield self._database
            self._connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise StorageError(f"{self.shown}: the review queue: {error}") from error
        except BROKEN as error:
            raise QueueError(f"{self.shown}: the review queue: {error}") from error
        finally:
            if self._open_transaction():
                self._connection.execute("ROLLBACK")

    def _open_transaction(self) -> bool:
        try:
            return self._connection.in_transaction
        except sqlite3.ProgrammingError:  # closed
            return False

    def time(self) -> float:
        """That of this machine, which alone writes the file."""
        return time.time()

    def close(self) -> None:
        """Close the file. What was decided is in it long since."""
        self._connection.close()


class SqliteDatabase:
    """As `Database`; a writer is alone, so that there is nothing to hold."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.execute = connection.execute
        self.executemany = connection.executemany

    def skip_locked(self, table: str, /) -> str:  # noqa: ARG002  # as the other does
        """As `Database.skip_locked`: nobody else is changing any."""
        return ""

    def insert(self, query: str, values: Sequence[Any], /) -> int:
        """As `Database.insert`; RETURNING is younger than some SQLite that Python comes with."""
        return int(self.execute(query, values).lastrowid or 0)

    def stream(self, query: str, /) -> Iterator[Any]:
        """As `Database.stream`."""
        return self.execute(query)

    def among(self, column: str, values: Sequence[Any], /) -> tuple[str, Any]:
        """As `Database.among`."""
        return f"{column} IN (SELECT value FROM json_each(?))", encoded(list(values)).decode()  # noqa: S608  # ours

    def as_text(self, column: str, /) -> str:
        """As `Database.as_text`."""
        return f"CAST({column} AS TEXT)"

    def by_index(self, name: str, /) -> str:
        """As `Database.by_index`."""
        return f"INDEXED BY {name}"

    @contextmanager
    def unindexed(self) -> Iterator[None]:
        """Items without the indexes of their order, which are made anew after.

        Sorting 100,000 items once takes a tenth of the time that putting each into its places
        takes.
        """
        for name in INDEXES:
            self.execute(f"DROP INDEX IF EXISTS {name}")
        yield
        _index(self.execute)

    def put_names(
        self, names: Sequence[tuple[str, str]], /
    ) -> Iterator[tuple[tuple[str, str], int]]:
        """As `Database.put_names`."""
        self.executemany(
            "INSERT INTO names (role, text) VALUES (?, ?) ON CONFLICT DO NOTHING", names
        )
        texts: dict[str, list[str]] = {}
        for role, text in names:
            texts.setdefault(role, []).append(text)
        for role, some in texts.items():
            for first in range(0, len(some), MOST_VALUES):
                values = some[first : first + MOST_VALUES]
                # Not `among`: what it passes on as JSON ends at a NUL.
                marks = ", ".join("?" * len(values))
                query = f"SELECT text, id FROM names WHERE role = ? AND text IN ({marks})"  # noqa: S608  # ours
                for text, row in self.execute(query, (role, *values)):
                    yield (role, text), int(row)

    def put_places(self, rows: Sequence[Sequence[int]], /) -> None:
        """As `Database.put_places`."""
        with self.unindexed():
            self.executemany(
                "UPDATE items SET by_value = ?, by_image = ?, by_errors = ?, by_kind = ? "
                "WHERE id = ?",
                rows,
            )

    def hold_reviewer(self, reviewer: str, /) -> None:
        """As `Database.hold_reviewer`."""

    def hold_items(self, fingerprints: Iterable[str], /) -> None:
        """As `Database.hold_items`."""

    def hold_assignment(self) -> None:
        """As `Database.hold_assignment`."""


def connect(path: Path) -> sqlite3.Connection:
    """A connection to the queue in `path`, made or brought up to date as needed.

    Raises
    ------
    QueueError
        if it is no queue, was made by a newer labelaudit, or cannot be read or written.
    """
    try:
        database = sqlite3.connect(
            path, timeout=PATIENCE_S, isolation_level=None, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise QueueError(f"{path}: the review queue cannot be opened: {error}") from error
    try:
        _prepare(database, path)
    except sqlite3.OperationalError as error:
        database.close()
        raise StorageError(f"{path}: the review queue cannot be opened: {error}") from error
    except BROKEN as error:
        database.close()
        raise QueueError(f"{path}: not a review queue, or broken: {error}") from error
    except QueueError:
        database.close()
        raise
    return database


def _prepare(database: sqlite3.Connection, path: Path) -> None:
    _check(database, path)  # before the journal mode, which would change another program's file
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")  # what was answered outlives a power cut
    database.execute("PRAGMA foreign_keys = ON")
    database.execute("PRAGMA cache_size = -32768")  # KiB
    if _version(database) < len(MIGRATIONS):
        migrate(database, MIGRATIONS)


def _check(database: sqlite3.Connection, path: Path) -> None:
    application = int(database.execute("PRAGMA application_id").fetchone()[0])
    tables = int(database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])
    if application != APPLICATION and (application or tables):
        raise QueueError(f"{path}: a database of another program; give --queue another file")
    if _version(database) > len(MIGRATIONS):
        raise newer(path, _version(database))


def migrate(database: sqlite3.Connection, steps: Sequence[str]) -> None:
    """Take the steps that the file has not taken, all or none of them."""
    database.execute("BEGIN IMMEDIATE")
    try:
        _take(database, steps)
        database.execute("COMMIT")
    except BaseException:
        database.execute("ROLLBACK")
        raise


def _take(database: sqlite3.Connection, steps: Sequence[str]) -> None:
    for number, step in enumerate(steps, 1):
        # Read again inside: another process may have taken this step in the meantime.
        if _version(database) < number:
            _run(database, step)
            database.execute(f"PRAGMA user_version = {number}")
    database.execute(f"PRAGMA application_id = {APPLICATION}")
    _index(database.execute)


def _index(execute: Any) -> None:  # Any: of a connection, whose type has many shapes
    for name, columns in INDEXES.items():
        execute(f"CREATE INDEX IF NOT EXISTS {name} ON items ({columns})")


def _run(database: sqlite3.Connection, script: str) -> None:
    """`script` statement by statement: `executescript` would commit first."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            database.execute(statement)
            statement = ""


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])
