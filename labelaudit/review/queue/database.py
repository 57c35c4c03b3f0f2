"""What a queue needs of a database; SQLite and PostgreSQL do it each in their own way.

Both understand nearly all SQL of the queue as it stands, with `?` for values. What they say in
different words, or must do differently to be fast or safe, has a name here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal, Protocol

Purpose = Literal["reading", "writing", "deciding"]
"""What a transaction is for: to see one state; to write alone; to write beside other reviewers."""


class Rows(Protocol):
    """What a query found. Any: a row has columns of several types."""

    def fetchone(self) -> Any:
        """The next row, None behind the last."""

    def fetchall(self) -> list[Any]:
        """All rows that are left."""

    def __iter__(self) -> Iterator[Any]: ...


class Database(Protocol):
    """A queue's database within a transaction."""

    def skip_locked(self, table: str, /) -> str:
        """What a SELECT ends in that leaves out rows of a table which others are changing."""

    def execute(self, query: str, values: Sequence[Any] = (), /) -> Rows:
        """Run a statement, with a value for each `?`."""

    def executemany(self, query: str, rows: Iterable[Sequence[Any]], /) -> object:
        """Run a statement for each row of values."""

    def insert(self, query: str, values: Sequence[Any], /) -> int:
        """Run an INSERT of one row into a table with an `id`, which is returned."""

    def stream(self, query: str, /) -> Iterator[Any]:
        """The rows of a query, not all of them in memory; another one may be asked meanwhile."""

    def among(self, column: str, values: Sequence[Any], /) -> tuple[str, Any]:
        """That a column is one of many values, all numbers or all texts: SQL with one `?`."""

    def as_text(self, column: str, /) -> str:
        """Bytes in UTF-8 as text, in SQL."""

    def by_index(self, name: str, /) -> str:
        """What stands behind a table that is to be read by an index."""

    def unindexed(self) -> AbstractContextManager[None]:
        """Much is written to items meanwhile."""

    def put_names(
        self, names: Sequence[tuple[str, str]], /
    ) -> Iterable[tuple[tuple[str, str], int]]:
        """Have names, role and text each, in the table of names; each with its row."""

    def put_places(self, rows: Sequence[Sequence[int]], /) -> None:
        """Write the places of all items, in the order value, image, errors, kind; then the id."""

    def hold_reviewer(self, reviewer: str, /) -> None:
        """Nobody else writes as this reviewer until the end of the transaction."""

    def hold_items(self, fingerprints: Iterable[str], /) -> None:
        """Nobody else decides about these until the end of the transaction."""

    def hold_assignment(self) -> None:
        """Nobody else is handed anything until the end of the transaction."""


class Store(Protocol):
    """A queue's database between transactions. One thread at a time comes in."""

    def transaction(self, purpose: Purpose, /) -> AbstractContextManager[Database]:
        """A transaction: written for good when this ends, or, with an exception, not at all.

        Raises
        ------
        StorageError
            if it may work later; `QueueError` if it will not.
        """

    def time(self) -> float:
        """Seconds since 1970, the same for all who write to this queue."""

    def close(self) -> None:
        """Let go of it."""
