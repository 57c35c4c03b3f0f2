"""Items of the queue: a finding with what became of it; finding items by what they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

import msgspec

from labelaudit.auditing.findings import Severity
from labelaudit.review.queue.database import Database
from labelaudit.review.queue.schema import QueueError, UnknownItemError
from labelaudit.review.queue.store import Queue

Order = Literal["value", "image", "errors", "kind"]
"""Most valuable first; all of an image together, the one that is worth most a second first, or the
one with most errors; all of one rule and class together."""

ADDED = "REV001"
ADDED_NAME = "added-by-reviewer"
"""The code and name of a finding that no rule made: a reviewer drew a box that was missing."""

EXPERT = "expert"
NOTED = "noted"
"""What can be asked for beside states: findings put to an expert, and those with a note."""

CHANGED = "REV002"
CHANGED_NAME = "changed-by-reviewer"
"""Likewise: a reviewer changed or removed a label that no finding was about."""

BY_HAND: Mapping[str, str] = {ADDED: ADDED_NAME, CHANGED: CHANGED_NAME}
"""The names of findings that no rule made, by code."""

WITHDRAWN = -1
"""In an item's column `current`: a finding made by hand, and taken back by its reviewer."""


class State(StrEnum):
    """What the decisions about an item come to."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SKIPPED = "skipped"
    EDITED = "edited"


class Verdict(StrEnum):
    """What a reviewer says about a finding."""

    ACCEPT = "accept"
    REJECT = "reject"
    SKIP = "skip"
    EDIT = "edit"
    UNDO = "undo"  # of an earlier decision, which stays on record


@dataclass(frozen=True)
class Item:
    """A finding with what became of it."""

    fingerprint: str
    entry: Mapping[str, Any]  # as in the fix list: `docs/findings.md`
    state: State
    obsolete: bool  # the last scan did not find it, or it was drawn and taken back
    decision: int | None  # the last one that counts; goes into `ItemDecision.seen`
    reviewer: str | None  # who decided
    decided_at: str | None  # UTC, ISO 8601
    fixes: tuple[Mapping[str, Any], ...]  # an edit's own, as in the fix list
    note: str | None = None  # what the last decision says beside its verdict
    expert: bool = False  # whether it asks an expert


@dataclass(frozen=True)
class Filter:
    """Which items are asked for; None means any."""

    rule: str | None = None  # a code
    class_name: str | None = None
    severity: str | None = None
    image: str | None = None  # a part of its name, in any case
    min_probability: float | None = None
    max_probability: float | None = None
    reviewer: str | None = None  # who decided
    state: str = State.OPEN.value  # a State, `expert`, `noted`, `obsolete` or `any`
    among: tuple[int, ...] | None = None  # rows of items: no others


COLUMNS = (
    "items.fingerprint, items.entry, items.state, items.current, "
    "last.id, last.reviewer, last.at, last.fixes, last.note, last.expert"
)
JOIN = "FROM items LEFT JOIN decisions AS last ON last.id = items.decision"


def item_of(row: Sequence[Any]) -> Item:
    """The item in a row of `COLUMNS`."""
    fingerprint, entry, state, current, decision, reviewer, at, fixes, note, expert = row
    own = msgspec.json.decode(fixes) if fixes else ()
    return Item(
        fingerprint,
        msgspec.json.decode(entry),
        State(state),
        current != 1,
        decision,
        reviewer,
        at,
        tuple(own),
        note,
        bool(expert),
    )


def item(queue: Queue, fingerprint: str) -> Item:
    """The item of a fingerprint; `UnknownItemError` if there is none."""
    return items_of(queue, [fingerprint])[0]


def first(queue: Queue) -> list[Item]:
    """The most valuable item, if there is any; handed to nobody."""
    query = f"SELECT {COLUMNS} {JOIN} WHERE current = 1 ORDER BY items.by_value LIMIT 1"
    with queue.reading() as database:
        return [item_of(row) for row in database.execute(query)]


def items_of(queue: Queue, fingerprints: Iterable[str]) -> list[Item]:
    """The items of fingerprints, in their order; `UnknownItemError` if one is not there."""
    with queue.reading() as database:
        return read_items(database, fingerprints)


def matching(queue: Queue, wanted: Filter) -> int:
    """How many items fulfil a filter, whoever holds them."""
    with queue.reading() as database:
        condition, values = conditions(database, wanted)
        query = f"SELECT count(*) FROM items WHERE {condition}"  # noqa: S608  # values are bound
        return int(database.execute(query, values).fetchone()[0])


def read_items(database: Database, fingerprints: Iterable[str]) -> list[Item]:
    """As `items_of`, within a transaction."""
    found = []
    for fingerprint in fingerprints:
        query = f"SELECT {COLUMNS} {JOIN} WHERE items.fingerprint = ?"
        row = database.execute(query, (encodable_key(fingerprint),)).fetchone()
        if row is None:
            raise UnknownItemError("there is no such finding in the queue")
        found.append(item_of(row))
    return found


def encodable_key(text: str) -> str:
    """Text that a database can look for: half a surrogate pair is replaced, and found nowhere."""
    return text.encode("utf-8", "replace").decode()


def conditions(database: Database, wanted: Filter) -> tuple[str, list[Any]]:
    """What an item of `wanted` fulfils, as SQL with its parameters."""
    clauses, values = _state(wanted.state)
    for column, value, role in (
        ("rule", wanted.rule, "rule"),
        ("class", wanted.class_name, "class"),
    ):
        if value is not None:
            name = "(SELECT id FROM names WHERE role = ? AND text = ?)"
            clauses.append(f"items.{column} = {name}")
            values += [role, encodable_key(value)]
    if wanted.severity is not None:
        clauses.append("items.severity = ?")
        values.append(_severity(wanted.severity))
    if wanted.image:
        clause, images = database.among("items.image", _images(database, wanted.image))
        clauses.append(clause)
        values.append(images)
    for comparison, bound in ((">=", wanted.min_probability), ("<=", wanted.max_probability)):
        if bound is not None:
            clauses.append(f"items.probability {comparison} ?")
            values.append(bound)
    if wanted.among is not None:
        clause, numbers = database.among("items.id", wanted.among)
        clauses.append(clause)
        values.append(numbers)
    if wanted.reviewer is not None:
        clauses.append("items.decision IN (SELECT id FROM decisions AS d WHERE d.reviewer = ?)")
        values.append(encodable_key(wanted.reviewer))
    return " AND ".join(clauses), values


_OF_DECISIONS = {EXPERT: "expert = 1", NOTED: "note IS NOT NULL"}


def _state(state: str) -> tuple[list[str], list[Any]]:
    if state == "any":
        return ["1 = 1"], []
    if state == "obsolete":
        return ["items.current = 0"], []
    if state in _OF_DECISIONS:
        last = f"items.decision IN (SELECT id FROM decisions WHERE {_OF_DECISIONS[state]})"  # noqa: S608  # our own
        return ["items.current = 1", last], []
    if state not in set(State):
        known = ", ".join([*State, *_OF_DECISIONS, "obsolete", "any"])
        raise QueueError(f"no state is called {state!r}; there are {known}")
    return ["items.current = 1", "items.state = ?"], [state]


def _severity(name: str) -> int:
    if name.upper() not in Severity.__members__:
        raise QueueError(f"no severity is called {name!r}; there are error, warning, info")
    return int(Severity[name.upper()])


def _images(database: Database, part: str) -> list[int]:
    """Images by a part of their name. SQLite knows upper and lower case of ASCII only."""
    wanted = part.casefold()
    rows = database.execute("SELECT id, text FROM names WHERE role = 'image'")
    return [row for row, name in rows if wanted in name.casefold()]
