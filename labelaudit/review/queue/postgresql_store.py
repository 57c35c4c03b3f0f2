"""A queue in a PostgreSQL database, for many reviewers on several machines.

Its tables are in a schema of their own, so that a database can hold several queues. Writers take
turns only where they must: who decides holds the findings decided about, who is handed findings
holds the right to hand out, and only a scan, an import or a new order has the queue alone. These
are locks of a transaction, which the server lets go of however a process or a connection ends.
"""

from __future__ import annotations

import hashlib
import random
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from labelaudit.review.queue import postgresql_schema
from labelaudit.review.queue.database import Database, Purpose, Rows
from labelaudit.review.queue.places import QueueUrl
from labelaudit.review.queue.postgresql_connection import line, opened, understood
from labelaudit.review.queue.schema import (
    INDEXES,
    MIGRATIONS,
    QueueError,
    StorageError,
    TryAgainError,
    UnknownQueueError,
    newer,
)
from labelaudit.review.queue.tries import tried_again

PATIENCE_S = 20.0
"""How long a process waits for another one that writes, or for a server that is away."""

SILENCE_S: dict[Purpose, int] = {"reading": 0, "deciding": 30, "writing": 600}
"""How long a process may say nothing within a transaction before the server ends it: its machine
may be gone, with what it holds. 0: for ever, as others do not wait for it."""

_PAUSE_S = 0.25  # between two tries to reach a server
_NOT_YET = re.compile("starting up|shutting down|in recovery mode|not yet accepting|closed the c")
_CONTENDED = {"40001", "40P01"}  # serialization_failure, deadlock_detected
_OF_CONNECTION = {"57P01", "57P02", "57P03", "57P05", "25P03"}  # the server ended it
_ASKED = b"""SELECT extract(epoch FROM clock_timestamp())::float8,
current_setting('server_encoding'), current_setting('synchronous_commit')"""


class PostgresStore:
    """The tables of a URL; made, or brought up to date, as needed."""

    def __init__(self, url: QueueUrl, *, make: bool, told: Callable[[str], None]) -> None:
        self.url = url
        self._told = told
        _, self._schema = understood(url)
        self._key = _number(self._schema)
        self._closed = False
        self._lost_at: float | None = None  # by `time.monotonic`, since when nobody answers
        self._ahead_s = 0.0  # of the server's clock, before ours
        self._durable = ""
        self._connection = self._opened()
        try:
            self._prepare(make=make)
        except BaseException:
            self._connection.close()
            raise

    def time(self) -> float:
        """That of the server: clocks of several machines differ."""
        return time.time() + self._ahead_s

    def close(self) -> None:
        """As `Store.close`."""
        self._closed = True
        self._connection.close()

    @contextmanager
    def transaction(self, purpose: Purpose) -> Iterator[Database]:
        """As `Store.transaction`."""
        self._begin(purpose)
        try:
            yield PostgresDatabase(self._connection, self._key)
            self._commit()
        except psycopg.Error as error:
            raise self._error(error) from error
        finally:
            self._roll_back()

    def _begin(self, purpose: Purpose) -> None:
        """Begin a transaction, if need be in a new connection."""
        if self._closed:
            raise QueueError(f"{self.url}: the review queue: it is closed")
        while True:
            try:
                self._connection.execute(self._beginning(purpose))
            except psycopg.Error as error:
                self._roll_back()
                if not self._is_lost(error):
                    raise self._error(error) from error
                self._connect_again(error)
            else:
                return

    def _beginning(self, purpose: Purpose) -> bytes:
        """What begins a transaction, in one go."""
        snapshot = "REPEATABLE READ READ ONLY" if purpose == "reading" else "READ COMMITTED"
        lock = {
            "reading": "",
            "deciding": f"SELECT pg_advisory_xact_lock_shared({self._key})",
            "writing": f"SELECT pg_advisory_xact_lock({self._key})",
        }[purpose]
        return (
            f'BEGIN ISOLATION LEVEL {snapshot}; SET LOCAL search_path TO "{self._schema}"; '
            f"SET LOCAL lock_timeout TO '{PATIENCE_S:.3f}s'; SET LOCAL "
            f"idle_in_transaction_session_timeout TO '{SILENCE_S[purpose]}s'; {self._durable}{lock}"
        ).encode()

    def _commit(self) -> None:
        try:
            done = self._connection.execute("COMMIT").statusmessage
        except psycopg.OperationalError as error:
            # It may have been written just before the answer was lost.
            raise TryAgainError(
                f"{self.url}: the connection was lost while something was written: {line(error)}; "
                "do it again: what was written counts once"
            ) from error
        if done != "COMMIT":  # the server takes a transaction back in which something failed
            raise StorageError(f"{self.url}: the review queue: a transaction was taken back")

    def _roll_back(self) -> None:
        if self._connection.info.transaction_status is not TransactionStatus.IDLE:
            with suppress(psycopg.Error):  # then there is no connection, and no transaction
                self._connection.execute("ROLLBACK")

    def _is_lost(self, error: psycopg.Error) -> bool:
        """Whether the connection is gone."""
        return self._connection.closed or error.sqlstate in _OF_CONNECTION

    def _error(self, error: psycopg.Error) -> QueueError:
        said = f"{self.url}: the review queue: {line(error)}"
        if self._is_lost(error) or error.sqlstate in _CONTENDED:
            return TryAgainError(said)
        if isinstance(error, psycopg.OperationalError | psycopg.InternalError):
            return StorageError(said)
        return QueueError(said)

    def _connect_again(self, lost: Exception) -> None:
        """Connect anew, and wait for a server that starts again."""
        self._connection.close()
        if self._lost_at is None:
            self._lost_at = time.monotonic()
        waiting = False
        while True:
            try:
                self._connection = self._opened()
            except StorageError as error:
                if time.monotonic() - self._lost_at >= PATIENCE_S:
                    raise StorageError(
                        f"{self.url}: the server of the review queue does not answer; what was "
                        f"confirmed is in the database, what was not is to be done again: {error}"
                    ) from lost
                if not waiting:
                    self._told(f"{self.url}: the connection is lost; waiting for the server")
                    waiting = True
                time.sleep(_PAUSE_S)
            else:
                self._lost_at = None
                if waiting:
                    self._told(f"{self.url}: the server answers again")
                return

    def _opened(self) -> psycopg.Connection[Any]:
        """A connection; one that is asked for first waits for a server that is just starting."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self._asked(opened(self.url))
            except StorageError as error:
                starting = _NOT_YET.search(str(error)) and self._lost_at is None
                if not starting or time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE_S)

    def _asked(self, made: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
        """A new connection, asked what the server's clock says and how it writes."""
        asked = time.time()
        try:
            [(now, encoding, durable)] = made.execute(_ASKED).fetchall()
        except psycopg.Error as error:
            made.close()
            raise StorageError(f"{self.url}: {line(error)}") from error
        self._ahead_s = now - (asked + time.time()) / 2
        if encoding != "UTF8":
            made.close()
            raise QueueError(f"{self.url}: a database in {encoding}; a review queue needs UTF8")
        # What was answered outlives the server, whatever it is told to do for others.
        self._durable = "SET LOCAL synchronous_commit TO on; " if durable == "off" else ""
        return made

    @tried_again
    def _prepare(self, *, make: bool) -> None:
        """Make the tables, or bring them up to date."""
        with self.transaction("reading"):
            version = self._version()
        if version is None and not make:
            raise UnknownQueueError(self.url)
        if version is None or version < len(MIGRATIONS):
            self._migrate()

    def _version(self) -> int | None:
        """How many steps the tables have taken; None if there are none."""
        tables = self._connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s", [self._schema]
        ).fetchall()
        if not tables:
            return None
        if ("queue_version",) not in tables:
            raise QueueError(
                f"{self.url}: the schema {self._schema} holds tables of another program; name "
                "another one: postgresql://.../DATABASE?schema=NAME"
            )
        query = f'SELECT version FROM "{self._schema}".queue_version'  # noqa: S608  # a checked name
        [(version,)] = self._connection.execute(query.encode()).fetchall()
        if version > len(MIGRATIONS):
            raise newer(self.url, version)
        return int(version)

    def _migrate(self) -> None:
        """Take the steps that were not taken, all or none of them."""
        with self.transaction("writing"):
            version = self._version()  # another process may have taken them in the meantime
            known = "SELECT 1 FROM pg_namespace WHERE nspname = %s"
            # Who may not make a schema may have been given an empty one.
            if not self._connection.execute(known, [self._schema]).fetchall():
                self._connection.execute(f'CREATE SCHEMA "{self._schema}"'.encode())
            for number, step in sorted(postgresql_schema.MIGRATIONS.items()):
                if number > (version or 0):
                    self._connection.execute(step.encode())
            for name, columns in INDEXES.items():
                made = f"CREATE INDEX IF NOT EXISTS {name} ON items ({columns})"
                self._connection.execute(made.encode())
            self._connection.execute("DELETE FROM queue_version")
            written = f"INSERT INTO queue_version VALUES ({len(MIGRATIONS)})"  # noqa: S608  # a number
            self._connection.execute(written.encode())


class PostgresDatabase:
    """As `Database`."""

    def __init__(self, connection: psycopg.Connection[Any], key: int) -> None:
        self._connection = connection
        self._key = key

    def skip_locked(self, table: str, /) -> str:
        """As `Database.skip_locked`."""
        return f" FOR UPDATE OF {table} SKIP LOCKED"

    def execute(self, query: str, values: Sequence[Any] = (), /) -> Rows:
        """As `Database.execute`."""
        if not values:
            return self._connection.execute(query.encode())
        return self._connection.execute(_translated(query), values)

    def executemany(self, query: str, rows: Iterable[Sequence[Any]], /) -> None:
        """As `Database.executemany`, without waiting for each answer."""
        with self._connection.cursor() as cursor:
            cursor.executemany(_translated(query), rows)

    def insert(self, query: str, values: Sequence[Any], /) -> int:
        """As `Database.insert`."""
        return int(self.execute(f"{query} RETURNING id", values).fetchone()[0])

    def stream(self, query: str, /) -> Iterator[Any]:
        """As `Database.stream`."""
        name = f"rows{random.getrandbits(64):x}"  # no secret
        with self._connection.cursor(name) as cursor:
            cursor.itersize = 1000
            yield from cursor.execute(query.encode())

    def among(self, column: str, values: Sequence[Any], /) -> tuple[str, Any]:
        """As `Database.among`."""
        if not values:
            return "?::integer <> 0", 0
        kind = "text" if isinstance(values[0], str) else "bigint"
        return f"{column} = ANY(?::{kind}[])", list(values)

    def as_text(self, column: str, /) -> str:
        """As `Database.as_text`."""
        return f"convert_from({column}, 'UTF8')"

    def by_index(self, name: str, /) -> str:  # noqa: ARG002  # as the other does
        """As `Database.by_index`: it finds them itself."""
        return ""

    def unindexed(self) -> nullcontext[None]:
        """As `Database.unindexed`: without indexes nobody could read until they are made anew."""
        return nullcontext()

    def put_names(
        self, names: Sequence[tuple[str, str]], /
    ) -> Iterator[tuple[tuple[str, str], int]]:
        """As `Database.put_names`."""
        if not names:
            return
        columns = [list(column) for column in zip(*names, strict=True)]
        given = "unnest(?::text[], ?::text[]) AS given (role, text)"
        self.execute(
            f"INSERT INTO names (role, text) SELECT role, text FROM {given} "  # noqa: S608  # ours
            "ON CONFLICT DO NOTHING",
            columns,
        )
        query = f"SELECT role, text, id FROM names JOIN {given} USING (role, text)"  # noqa: S608  # ours
        for role, text, row in self.execute(query, columns):
            yield (role, text), int(row)

    def put_places(self, rows: Sequence[Sequence[int]], /) -> None:
        """As `Database.put_places`, of those alone that change."""
        columns = [list(column) for column in zip(*rows, strict=True)] or [[]] * 5
        self.execute(
            "UPDATE items SET by_value = p.a, by_image = p.b, by_errors = p.c, by_kind = p.d FROM "
            "unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[]) "
            "AS p (a, b, c, d, id) WHERE items.id = p.id AND "
            "(by_value, by_image, by_errors, by_kind) IS DISTINCT FROM (p.a, p.b, p.c, p.d)",
            columns,
        )
        self.execute("ANALYZE items")

    def hold_reviewer(self, reviewer: str, /) -> None:
        """As `Database.hold_reviewer`."""
        self._hold(f"reviewer {reviewer}")

    def hold_assignment(self) -> None:
        """As `Database.hold_assignment`."""
        self._hold("assignment")

    def _hold(self, what: str) -> None:
        self.execute("SELECT pg_advisory_xact_lock(?)", [_number(f"{self._key} {what}")])

    def hold_items(self, fingerprints: Iterable[str], /) -> None:
        """As `Database.hold_items`; in one order, so that nobody waits in a circle."""
        self.execute(
            "SELECT id FROM items WHERE fingerprint = ANY(?::text[]) ORDER BY id FOR UPDATE",
            [[one.encode("utf-8", "replace").decode() for one in fingerprints]],
        )


@lru_cache(maxsize=512)
def _translated(query: str) -> bytes:
    """A query with the marks for values that psycopg has."""
    return query.replace("%", "%%").replace("?", "%s").encode()


def _number(text: str) -> int:
    """A number of 64 bits for text, as locks have."""
    digest = hashlib.blake2b(
        f"labelaudit {text}".encode("utf-8", "replace"), digest_size=8
    ).digest()
    return int.from_bytes(digest, "big", signed=True)
