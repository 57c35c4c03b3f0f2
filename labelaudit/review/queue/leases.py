"""Handing items to reviewers: each gets others, in the order that was asked for."""

from __future__ import annotations

from collections.abc import Sequence

from labelaudit.review.queue.database import Database
from labelaudit.review.queue.items import (
    COLUMNS,
    JOIN,
    Filter,
    Item,
    Order,
    State,
    conditions,
    encodable_key,
    item_of,
)
from labelaudit.review.queue.schema import UnknownItemError
from labelaudit.review.queue.store import Queue, checked_reviewer
from labelaudit.review.queue.tries import tried_again

LEASE_S = 600.0
"""Seconds for which an item is a reviewer's own; each thing that the reviewer does renews them."""

PLACES = {"value": "by_value", "image": "by_image", "errors": "by_errors", "kind": "by_kind"}

BY_IMAGE = ("image", "errors")
"""The orders in which findings of an image stand together."""


@tried_again
def next_items(
    queue: Queue,
    reviewer: str,
    wanted: Filter,
    *,
    count: int,
    order: Order = "value",
    after: str | None = None,
) -> list[Item]:
    """The next open items for a reviewer, which no other reviewer gets for some minutes.

    In the orders of images, other reviewers get other images. Items that are not open are shown to
    everybody.

    Parameters
    ----------
    queue:
        The queue.
    reviewer:
        Who asks.
    wanted:
        Which items.
    count:
        At most so many.
    order:
        One of four.
    after:
        The fingerprint of an item: only what comes after it in the order.
    """
    reviewer = checked_reviewer(reviewer)
    with queue.deciding() as database:
        now = queue.clock()
        renew(database, reviewer, now)
        if wanted.state == State.OPEN:
            database.hold_assignment()
        query, values = selection(database, wanted, order=order, after=after)
        if wanted.state == State.OPEN:
            query += database.skip_locked("items")  # somebody is deciding about them just now
            values += [reviewer, now]
        rows = database.execute(query, [*values, count]).fetchall()
        if wanted.state == State.OPEN:
            _lease(database, reviewer, [row[-2:] for row in rows], now + LEASE_S)
    return [item_of(row[:-2]) for row in rows]


def selection(
    database: Database, wanted: Filter, *, order: Order, after: str | None
) -> tuple[str, list[object]]:
    """The query of `next_items`, and its parameters but for the last: reviewer, time, count.

    Parameters
    ----------
    database:
        to look up names in.
    wanted:
        which items.
    order:
        in which they come.
    after:
        the fingerprint behind which to begin, if any.
    """
    place = PLACES[order]
    condition, values = conditions(database, wanted)
    if after is not None:
        condition += f" AND items.{place} > ?"
        values.append(_place(database, place, after))
    if wanted.state == State.OPEN:
        # Who looks at an image is not disturbed there; else an item is held by itself.
        held, own = ("image", "image") if order in BY_IMAGE else ("item", "id")
        condition += (
            f" AND NOT EXISTS (SELECT 1 FROM leases WHERE leases.{held} = items.{own} "  # noqa: S608
            "AND leases.reviewer <> ? AND until > ?)"
        )
    # What one reviewer decided is little and has an index; SQLite would rather walk the order.
    walk = "+" if wanted.reviewer is not None else ""
    query = (
        f"SELECT {COLUMNS}, items.id, items.image {JOIN} "
        f"WHERE {condition} ORDER BY {walk}items.{place} LIMIT ?"
    )
    return query, values


def _place(database: Database, place: str, fingerprint: str) -> int:
    query = f"SELECT {place} FROM items WHERE fingerprint = ?"  # noqa: S608  # one of three columns
    row = database.execute(query, (encodable_key(fingerprint),)).fetchone()
    if row is None:
        raise UnknownItemError("there is no such finding in the queue")
    return int(row[0])


def renew(database: Database, reviewer: str, now: float) -> None:
    """Let go of what nobody asked for any more; what the reviewer holds stays longer.

    Parameters
    ----------
    database:
        within a transaction.
    reviewer:
        whose leases are renewed.
    now:
        seconds since 1970.
    """
    # What others are changing just now is left to them: nobody waits for anybody in a circle.
    skip = database.skip_locked("leases")
    gone = f"SELECT item FROM leases WHERE until <= ?{skip}"  # noqa: S608  # ours
    database.execute(f"DELETE FROM leases WHERE item IN ({gone})", (now,))  # noqa: S608  # ours
    own = f"SELECT item FROM leases WHERE reviewer = ? AND until < ?{skip}"  # noqa: S608  # ours
    database.execute(
        f"UPDATE leases SET until = ? WHERE item IN ({own})",  # noqa: S608  # ours
        # Once in a tenth of the time is often enough, and most calls then write nothing.
        (now + LEASE_S, reviewer, now + 0.9 * LEASE_S),
    )


def _lease(
    database: Database, reviewer: str, items: Sequence[tuple[int, int]], until: float
) -> None:
    database.executemany(
        "INSERT INTO leases (item, image, reviewer, until) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (item) DO UPDATE SET reviewer = excluded.reviewer, until = excluded.until",
        [(item, image, reviewer, until) for item, image in items],
    )


@tried_again
def release(queue: Queue, reviewer: str) -> None:
    """Let go of all that a reviewer holds: the work is over for today."""
    with queue.deciding() as database:
        database.hold_reviewer(reviewer)
        database.execute("DELETE FROM leases WHERE reviewer = ?", (encodable_key(reviewer),))
