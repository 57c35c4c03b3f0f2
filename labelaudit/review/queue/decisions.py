"""Decisions: what reviewers say about items, written for good before it is acknowledged.

The state of an item is its last decision that was not taken back; taking back is a decision, too,
which names the one that it undoes. So decisions of several queues can be put together in any order
and come to the same.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labelaudit.auditing.findings_file import encoded
from labelaudit.review.queue.database import Database
from labelaudit.review.queue.items import BY_HAND, WITHDRAWN, Item, State, Verdict, read_items
from labelaudit.review.queue.leases import renew
from labelaudit.review.queue.schema import QueueError, UnknownItemError
from labelaudit.review.queue.store import Queue, checked_reviewer, seconds, stamped
from labelaudit.review.queue.tries import tried_again

LONGEST_NOTE = 2000
"""Characters of a note; a choice."""

STATES = {
    Verdict.ACCEPT: State.ACCEPTED,
    Verdict.REJECT: State.REJECTED,
    Verdict.SKIP: State.SKIPPED,
    Verdict.EDIT: State.EDITED,
}

MOST_AT_ONCE = 2000
"""Items that one statement is about."""

_CASES = " ".join(f"WHEN '{verdict.value}' THEN '{STATES[verdict].value}'" for verdict in STATES)


@dataclass(frozen=True)
class ItemDecision:
    """What a reviewer says about one item."""

    fingerprint: str
    verdict: Verdict
    fixes: tuple[Mapping[str, Any], ...] = ()  # an edit's own, from `own_fixes`
    seen: int | None = None  # `Item.decision` when the reviewer saw it
    note: str | None = None  # for people, beside the verdict
    expert: bool = False  # with a skip: an expert is to decide


@dataclass(frozen=True)
class Outcome:
    """What became of decisions."""

    items: list[Item]  # as they are now, those in conflict left out
    conflicts: list[Item]  # somebody else decided since they were shown; they stay as they were


@tried_again
def decide(queue: Queue, reviewer: str, decisions: Sequence[ItemDecision], *, uuid: str) -> Outcome:
    """Write decisions down. When this returns, they are on the disk.

    Sent twice under one `uuid`, a decision counts once.

    Parameters
    ----------
    queue:
        that holds the items.
    reviewer:
        who decides.
    decisions:
        one for each item.
    uuid:
        of this request: sent twice, it counts once.

    Raises
    ------
    QueueError
        if an edit has no fixes of its own, or another verdict has; `UnknownItemError` if an item is
        not in the queue. Then nothing is written.
    """
    reviewer = checked_reviewer(reviewer)
    done: list[str] = []
    conflicts: list[str] = []
    with queue.deciding() as database:
        database.hold_reviewer(reviewer)
        database.hold_items(one.fingerprint for one in decisions)
        for decision in decisions:
            taken = decide_one(database, queue, decision, reviewer=reviewer, uuid=uuid)
            (done if taken else conflicts).append(decision.fingerprint)
        renew(database, reviewer, queue.clock())
        return Outcome(read_items(database, done), read_items(database, conflicts))


def decide_one(
    database: Database, queue: Queue, decision: ItemDecision, *, reviewer: str, uuid: str
) -> bool:
    """As `decide` about one item, within a transaction; False if somebody else decided since.

    Parameters
    ----------
    database:
        within a transaction.
    queue:
        whose clock counts.
    decision:
        about one item.
    reviewer, uuid:
        as in `decide`.
    """
    _check(decision)
    number = _number(database, decision.fingerprint)
    if _is_written(database, number, uuid):
        return True
    if not _free(database, number, reviewer, decision):
        return False
    _write(database, queue, number, decision, reviewer=reviewer, uuid=uuid)
    return True


def _check(decision: ItemDecision) -> None:
    if decision.verdict is Verdict.UNDO:
        raise QueueError("a decision is taken back by `undo`")
    if (decision.verdict is Verdict.EDIT) != bool(decision.fixes):
        raise QueueError("an edit has fixes of its own, and no other verdict has")
    if decision.expert and decision.verdict is not Verdict.SKIP:
        raise QueueError("who asks an expert skips the finding, and does not decide")
    if decision.note is not None:
        check_note(decision.note)


def check_note(note: str) -> None:
    """`QueueError` if a note is empty or too long, or holds control characters."""
    if not note.strip() or len(note) > LONGEST_NOTE:
        raise QueueError(f"a note has 1 to {LONGEST_NOTE:,} characters")
    if not all(char.isprintable() or char == "\n" for char in note):
        raise QueueError("a note has no control characters")


def _number(database: Database, fingerprint: str) -> int:
    key = fingerprint.encode("utf-8", "replace").decode()
    row = database.execute("SELECT id FROM items WHERE fingerprint = ?", (key,)).fetchone()
    if row is None:
        raise UnknownItemError("there is no such finding in the queue")
    return int(row[0])


def _is_written(database: Database, number: int, uuid: str) -> bool:
    query = "SELECT 1 FROM decisions WHERE item = ? AND uuid = ?"
    return database.execute(query, (number, uuid)).fetchone() is not None


def _free(database: Database, number: int, reviewer: str, decision: ItemDecision) -> bool:
    """Whether nobody else decided about the item since the reviewer saw it."""
    last = _last(database, number)
    return last is None or last[0] == decision.seen or last[2] == reviewer


def _last(database: Database, number: int) -> tuple[int, str, str] | None:
    """Row, uuid and reviewer of the decision that counts."""
    row: tuple[int, str, str] | None = database.execute(
        "SELECT last.id, last.uuid, last.reviewer FROM items "
        "JOIN decisions AS last ON last.id = items.decision WHERE items.id = ?",
        (number,),
    ).fetchone()
    return row


def _write(
    database: Database,
    queue: Queue,
    number: int,
    decision: ItemDecision,
    *,
    reviewer: str,
    uuid: str,
) -> None:
    seen = database.execute(
        "SELECT uuid FROM decisions WHERE id = ? AND item = ?", (decision.seen, number)
    ).fetchone()
    fixes = encoded(list(decision.fixes)).decode() if decision.fixes else None
    append(
        database,
        number,
        Entry(
            uuid,
            _time(database, queue, number),
            reviewer,
            decision.verdict,
            fixes,
            seen and seen[0],
            None,
            decision.note,
            int(decision.expert),
        ),
    )


def _time(database: Database, queue: Queue, number: int) -> str:
    """The time now, but after the item's last decision: clocks are set back at times."""
    query = "SELECT max(at) FROM decisions WHERE item = ?"
    last = database.execute(query, (number,)).fetchone()[0]
    now = queue.now()
    return now if last is None or last < now else stamped(seconds(last) + 2e-6)


@dataclass(frozen=True)
class Entry:
    """A row of the table of decisions."""

    uuid: str
    at: str
    reviewer: str
    verdict: Verdict
    fixes: str | None  # JSON
    seen: str | None
    undoes: str | None
    note: str | None = None
    expert: int = 0  # 1: an expert is to decide


def append(database: Database, number: int, entry: Entry) -> None:
    """Write a decision about the item in row `number`, and what the item comes to.

    Parameters
    ----------
    database:
        within a transaction.
    number:
        the row of the item.
    entry:
        the decision.
    """
    append_all(database, [(number, entry)])


def append_all(database: Database, entries: Sequence[tuple[int, Entry]]) -> None:
    """Write decisions, each with the row of its item, and what these items come to.

    As `append` for each of them does, with few statements however many there are.
    """
    database.executemany(
        "INSERT INTO decisions (item, uuid, at, reviewer, verdict, fixes, seen, undoes, note, "
        "expert) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        # A list: while rows are sent, nothing else can be asked of a server.
        [(number, *_values(entry)) for number, entry in entries],
    )
    settle(database, dict.fromkeys(number for number, _ in entries))


def _values(entry: Entry) -> tuple[Any, ...]:
    return tuple(getattr(entry, one.name) for one in dataclasses.fields(entry))


def settle(database: Database, numbers: Iterable[int]) -> None:
    """Work out what the decisions about the items in these rows come to."""
    rest = iter(numbers)
    while block := list(itertools.islice(rest, MOST_AT_ONCE)):
        here, keys = database.among("items.id", block)
        database.execute(
            "UPDATE items SET decision = (SELECT id FROM decisions AS d WHERE item = items.id "  # noqa: S608  # ours
            "AND verdict <> 'undo' AND NOT EXISTS (SELECT 1 FROM decisions AS u "
            "WHERE u.item = d.item AND u.undoes = d.uuid) ORDER BY at DESC, uuid DESC LIMIT 1) "
            f"WHERE {here}",
            (keys,),
        )
        database.execute(
            f"UPDATE items SET state = coalesce((SELECT CASE verdict {_CASES} END "  # noqa: S608  # ours
            f"FROM decisions WHERE decisions.id = items.decision), 'open') WHERE {here}",
            (keys,),
        )
        _withdraw(database, block)
        leased, keys = database.among("item", block)
        database.execute(f"DELETE FROM leases WHERE {leased}", (keys,))  # noqa: S608  # ours


def _withdraw(database: Database, numbers: Sequence[int]) -> None:
    """Put what a reviewer made by hand away while nobody stands by it; no rule ever found it."""
    by_hand, codes = database.among("text", list(BY_HAND))
    here, keys = database.among("items.id", numbers)
    database.execute(
        "UPDATE items SET current = CASE WHEN state = 'open' THEN ? ELSE 1 END "  # noqa: S608  # ours
        f"WHERE {here} AND current <> 0 AND rule IN (SELECT id FROM names WHERE role = 'rule' "
        f"AND {by_hand})",
        (WITHDRAWN, keys, codes),
    )


@tried_again
def undo(queue: Queue, reviewer: str, fingerprints: Iterable[str] = (), *, uuid: str) -> Outcome:
    """Take back a reviewer's own decisions about these items; without any, the last one made.

    The last one may be about a whole screen. A decision that somebody else made is a conflict: it
    is answered by another decision. What nobody decided about stays as it is.

    Parameters
    ----------
    queue:
        that holds the items.
    reviewer:
        whose decisions are taken back.
    fingerprints:
        of the items; the last decision if there are none.
    uuid:
        of this request: sent twice, it counts once.
    """
    reviewer = checked_reviewer(reviewer)
    done, conflicts = [], []
    with queue.deciding() as database:
        database.hold_reviewer(reviewer)
        query = "SELECT 1 FROM decisions WHERE uuid = ? LIMIT 1"
        again = database.execute(query, (uuid,)).fetchone() is not None
        chosen = list(fingerprints) or (
            _of(database, uuid) if again else _latest(database, reviewer)
        )
        database.hold_items(chosen)
        for fingerprint in chosen:
            number = _number(database, fingerprint)
            last = _last(database, number)
            if last and last[2] != reviewer:
                conflicts.append(fingerprint)
                continue
            if last and not _is_written(database, number, uuid):
                at = _time(database, queue, number)
                append(
                    database,
                    number,
                    Entry(uuid, at, reviewer, Verdict.UNDO, None, last[1], last[1]),
                )
            done.append(fingerprint)
        renew(database, reviewer, queue.clock())
        return Outcome(read_items(database, done), read_items(database, conflicts))


def _latest(database: Database, reviewer: str) -> list[str]:
    """The items of a reviewer's last request that still stands."""
    row = database.execute(
        "SELECT uuid FROM decisions AS d WHERE reviewer = ? AND verdict <> 'undo' AND NOT EXISTS "
        "(SELECT 1 FROM decisions AS u WHERE u.item = d.item AND u.undoes = d.uuid) "
        "ORDER BY at DESC, id DESC LIMIT 1",
        (reviewer,),
    ).fetchone()
    return _of(database, row[0]) if row else []


def _of(database: Database, uuid: str) -> list[str]:
    rows = database.execute(
        "SELECT fingerprint FROM decisions JOIN items ON items.id = item WHERE uuid = ? "
        "ORDER BY decisions.id",
        (uuid,),
    )
    return [fingerprint for (fingerprint,) in rows]


def disagreements(queue: Queue) -> list[tuple[Item, list[tuple[str, Verdict]]]]:
    """Items about which reviewers decided differently, each with the last verdict of every one.

    The last decision counts. Skipping is no decision.
    """
    with queue.reading() as database:
        rows = database.execute(
            "SELECT fingerprint, reviewer, verdict, fixes FROM decisions AS d "
            "JOIN items ON items.id = d.item WHERE verdict IN ('accept', 'reject', 'edit') "
            "AND NOT EXISTS (SELECT 1 FROM decisions AS u "
            "WHERE u.item = d.item AND u.undoes = d.uuid) "
            "AND EXISTS (SELECT 1 FROM decisions AS o "
            "WHERE o.item = d.item AND o.reviewer <> d.reviewer) "
            "ORDER BY by_value, at, uuid"
        ).fetchall()
        said: dict[str, dict[str, tuple[str, str | None]]] = {}
        for fingerprint, reviewer, verdict, fixes in rows:
            said.setdefault(fingerprint, {})[reviewer] = (verdict, fixes)
        split = {key: one for key, one in said.items() if len(set(one.values())) > 1}
        items = read_items(database, split)
    return [
        (one, [(who, Verdict(verdict)) for who, (verdict, _) in split[one.fingerprint].items()])
        for one in items
    ]
