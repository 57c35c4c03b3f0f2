"""What people said in a tool, written into the queue with few statements."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labelaudit.auditing.findings_file import encoded
from labelaudit.review.queue.database import Database
from labelaudit.review.queue.decisions import MOST_AT_ONCE, Entry, append_all
from labelaudit.review.queue.enqueue import KnownNames, begin_run, insert
from labelaudit.review.queue.items import COLUMNS, JOIN, Item, Verdict, encodable_key, item_of
from labelaudit.review.queue.store import Queue

Fixes = Sequence[Mapping[str, Any]]  # Any: as in the fix list


@dataclass
class TakenBack:
    """What an export changed in the queue, and what of it did not."""

    images: int = 0
    reviewers: Counter[str] = field(default_factory=Counter)  # new decisions of each
    verdicts: Counter[Verdict] = field(default_factory=Counter)  # new ones, of findings of a scan
    removed: int = 0  # rejections of these by removing the proposal
    added: int = 0  # boxes that no finding was about
    changed: int = 0  # labels that no finding was about
    known: int = 0  # decisions that the queue had
    open: int = 0  # findings that nobody said anything about
    unclear: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Maker:
    """Who decided, when, and where in the export that stands."""

    reviewer: str
    at: str
    place: str


@dataclass(frozen=True)
class Said:
    """What a person said of a finding, or did to a label or an object without one."""

    fingerprint: str
    verdict: Verdict
    fixes: Fixes
    maker: Maker
    what: str  # the rule, for messages
    entry: Mapping[str, Any] | None = None  # of what was made by hand; None: of a scan's finding
    note: str = ""
    expert: bool = False
    removed: bool = False  # it was rejected by removing the proposal

    @property
    def written(self) -> str | None:
        """The fixes as the queue keeps them; None if there are none."""
        return encoded(list(self.fixes)).decode() if self.fixes else None


@dataclass(frozen=True)
class KnownItems:
    """Findings that the queue has, by fingerprint."""

    items: Mapping[str, Item]
    notes: Mapping[str, Sequence[str]]  # that their decisions have

    @classmethod
    def of(cls, database: Database, fingerprints: Iterable[str]) -> KnownItems:
        """Those of some fingerprints, as far as the queue has them."""
        items: dict[str, Item] = {}
        notes: dict[str, list[str]] = {}
        for block in _blocks(map(encodable_key, fingerprints)):
            here, keys = database.among("fingerprint", block)
            found = database.execute(f"SELECT {COLUMNS} {JOIN} WHERE {here}", (keys,))  # ours
            items.update((one.fingerprint, one) for one in map(item_of, found))
            query = (
                "SELECT fingerprint, note FROM decisions JOIN items ON items.id = item "  # noqa: S608  # ours
                f"WHERE note IS NOT NULL AND {here}"
            )
            for fingerprint, note in database.execute(query, (keys,)):
                notes.setdefault(fingerprint, []).append(note)
        return cls(items, notes)


def write(database: Database, queue: Queue, said: Sequence[Said], taken: TakenBack) -> None:
    """Write down what was said, but what the same person said last, and count it.

    Parameters
    ----------
    database:
        within a transaction.
    queue:
        whose clock counts.
    said:
        all of an export.
    taken:
        where it is counted; takes what contradicts itself, too.
    """
    sure = list(_without_contradictions(said, taken))
    _take_in(database, queue, [one.entry for one in sure if one.entry is not None])
    for some in _blocks(sure):
        rows, last, there = _decided(database, [one.fingerprint for one in some])
        new = []
        for one in some:
            number, maker = rows[one.fingerprint], one.maker
            entry = _entry(one)
            key = number, maker.reviewer
            latest = last.get(key)
            same = latest and latest[1:] == (one.verdict, one.written, int(one.expert))
            if (number, entry.uuid) in there or (not one.note and same):
                taken.known += 1
                continue
            new.append((number, entry))
            when = (maker.at, entry.uuid)
            if latest is None or when > latest[0]:
                last[key] = when, one.verdict, one.written, int(one.expert)
            _count(one, taken)
        append_all(database, new)


def _without_contradictions(said: Sequence[Said], taken: TakenBack) -> Iterator[Said]:
    """What was said, but what one person says twice at one time, each time something else.

    A note beside one of them is a note beside all.
    """
    answers: dict[tuple[str, Maker], dict[tuple[Verdict, str | None, str], Said]] = {}
    for one in said:
        maker = Maker(one.maker.reviewer, one.maker.at, "")
        held = answers.setdefault((one.fingerprint, maker), {})
        silent = held.pop((one.verdict, one.written, ""), None)
        noted = next((key for key in held if key[:2] == (one.verdict, one.written)), None)
        if one.note or not noted:
            held[one.verdict, one.written, one.note] = silent if silent and not one.note else one
    for held in answers.values():
        first, *others = held.values()
        if others:
            places = " and ".join(dict.fromkeys(one.maker.place for one in held.values()))
            taken.unclear.append(
                f"{places}: {first.what} is answered in {len(held)} ways by {first.maker.reviewer} "
                "at one time; leave one of them in the export"
            )
        else:
            yield first


def _count(one: Said, taken: TakenBack) -> None:
    taken.reviewers[one.maker.reviewer] += 1
    if one.entry is None:
        taken.verdicts[one.verdict] += 1
        taken.removed += one.removed
    elif one.verdict is Verdict.EDIT:
        taken.changed += 1
    else:
        taken.added += 1


def _entry(one: Said) -> Entry:
    beside = [one.note, one.expert] if one.note or one.expert else []
    maker = one.maker
    key = [one.fingerprint, maker.reviewer, maker.at, one.verdict.value, one.written, *beside]
    return Entry(
        uuid=hashlib.blake2b(encoded(key), digest_size=16).hexdigest(),
        at=maker.at,
        reviewer=maker.reviewer,
        verdict=one.verdict,
        fixes=one.written,
        seen=None,
        undoes=None,
        note=one.note or None,
        expert=int(one.expert),
    )


def _take_in(database: Database, queue: Queue, entries: Sequence[Mapping[str, Any]]) -> None:
    """Items of entries made by hand, where there are none; their places are given later."""
    by_mark = {entry["fingerprint"]: entry for entry in entries}
    for block in _blocks(by_mark):
        here, keys = database.among("fingerprint", block)
        query = f"SELECT fingerprint FROM items WHERE {here}"  # noqa: S608  # ours
        for (known,) in database.execute(query, (keys,)).fetchall():
            del by_mark[known]
    if by_mark:
        run = begin_run(database, queue.now(), None, None)
        insert(KnownNames(database), run, by_mark.values())


_Last = tuple[tuple[str, str], Verdict, str | None, int]
"""When and by which uuid somebody decided, the verdict, its fixes, whether it asks an expert."""


def _decided(
    database: Database, fingerprints: Sequence[str]
) -> tuple[dict[str, int], dict[tuple[int, str], _Last], set[tuple[int, str]]]:
    """The rows of items, the last decision of each reviewer about each, and all uuids of these."""
    here, keys = database.among("fingerprint", fingerprints)
    query = f"SELECT fingerprint, id FROM items WHERE {here}"  # noqa: S608  # ours
    rows = {key: int(row) for key, row in database.execute(query, (keys,))}
    last: dict[tuple[int, str], _Last] = {}
    there: set[tuple[int, str]] = set()
    among, keys = database.among("item", list(rows.values()))
    for item, uuid, at, reviewer, verdict, fixes, expert in database.execute(
        "SELECT item, uuid, at, reviewer, verdict, fixes, expert FROM decisions "  # noqa: S608  # ours
        f"WHERE {among} ORDER BY at, uuid",
        (keys,),
    ):
        there.add((item, uuid))
        if verdict != Verdict.UNDO.value:
            last[item, reviewer] = (at, uuid), Verdict(verdict), fixes, expert
    return rows, last, there


def _blocks(values: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(values)
    while block := list(itertools.islice(rest, MOST_AT_ONCE)):
        yield block
