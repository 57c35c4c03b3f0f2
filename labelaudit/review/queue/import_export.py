"""The queue as a fix list with decisions, JSON Lines: to be kept in git, merged and replayed.

A line is a finding as `labelaudit scan --output-format jsonl` writes it, and its `decisions`. Lines
stand in the order of their fingerprints, so that two reviewers' files differ where their decisions
do. What is in several files is put together by fingerprint, reviewer, time and uuid.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from labelaudit.auditing.findings_file import encoded
from labelaudit.core.whole_files import replacing
from labelaudit.errors import FixError
from labelaudit.review.queue.database import Database
from labelaudit.review.queue.decisions import LONGEST_NOTE, Entry, append_all, check_note, settle
from labelaudit.review.queue.enqueue import BLOCK, KnownNames, begin_run, insert
from labelaudit.review.queue.items import BY_HAND, Verdict
from labelaudit.review.queue.ranking import rank
from labelaudit.review.queue.schema import QueueError
from labelaudit.review.queue.store import LONGEST_NAME, Queue, seconds

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]
Uuid = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]

_COLUMNS = "uuid, at, reviewer, verdict, fixes, seen, undoes, note, expert"
"""Of a decision, in the order of `Entry`."""


class _Fix(msgspec.Struct):
    """What a fix must hold at least to be looked up in a dataset."""

    kind: str
    safety: str
    part: str
    changes: dict[str, Any]


class _Line(msgspec.Struct):
    """What a line must hold at least."""

    fingerprint: Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00-\x1f]+$")]
    code: str
    name: str
    message: str
    severity: Literal["error", "warning", "info"]
    source: str | None
    records: dict[str, Any]
    fix: _Fix | None
    probability: Annotated[float, msgspec.Meta(ge=0, le=1)] | None
    image: str | None = None
    classes: list[str | None] = []
    doubt: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None


class _Decision(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A decision in a line."""

    uuid: Uuid
    at: str
    reviewer: Name
    verdict: Verdict
    fixes: list[dict[str, Any]] | None = None
    seen: Uuid | None = None
    undoes: Uuid | None = None
    note: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NOTE)] | None = None
    expert: bool = False


_Read: TypeAlias = tuple[str, dict[str, Any], list[_Decision], bool]
"""Where a line is, its entry, its decisions, and whether it is obsolete."""


@dataclass(frozen=True)
class Imported:
    """What an import changed."""

    items: int  # that were not in the queue
    decisions: int  # that were not in the queue


def export(queue: Queue, path: Path) -> int:
    """Write all items with their decisions; how many items there are.

    A file that is there already is replaced at once, when all is written: a full disk or a killed
    process leaves it as it was.

    Raises
    ------
    QueueError
        if the file is the queue itself.
    """
    if isinstance(queue.place, Path) and path.exists() and path.samefile(queue.place):
        raise QueueError(f"{path}: this is the queue itself; give the export another name")
    with queue.reading() as database, replacing(path) as file:
        return sum(1 for line in _lines(database) if file.write(line + b"\n"))


def _lines(database: Database) -> Iterator[bytes]:
    said = _decisions(database)
    about, decisions = next(said, (None, []))
    for number, entry, current in database.stream(
        "SELECT id, entry, current FROM items ORDER BY fingerprint"
    ):
        more: dict[str, Any] = {"decisions": []}
        if about == number:
            more["decisions"] = decisions
            about, decisions = next(said, (None, []))
        if not current:
            more["obsolete"] = True
        # What follows is joined as text, so that the entry stays as the scan wrote it.
        yield bytes(entry)[:-1] + b"," + encoded(more)[1:]


def _decisions(database: Database) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Items with their decisions, in the order of fingerprints; those without are left out."""
    rows = database.stream(
        f"SELECT item, {_COLUMNS} FROM decisions JOIN items ON items.id = item "  # noqa: S608  # ours
        "ORDER BY fingerprint, at, uuid"
    )
    for item, group in itertools.groupby(rows, key=itemgetter(0)):
        yield item, [_written(row[1:]) for row in group]


def _written(row: Sequence[Any]) -> dict[str, Any]:
    """A decision as a line has it."""
    uuid, at, reviewer, verdict, fixes, seen, undoes, note, expert = row
    own = msgspec.json.decode(fixes) if fixes else None
    said = (Verdict(verdict), own, seen, undoes, note, bool(expert))
    done: dict[str, Any] = msgspec.to_builtins(_Decision(uuid, at, reviewer, *said))
    return done


def import_list(queue: Queue, path: Path) -> Imported:
    """Put the items and decisions of a file together with those of the queue: all or nothing.

    See `import_lines`.
    """
    with path.open("rb") as file:
        return import_lines(queue, file, path)


def import_lines(queue: Queue, lines: Iterable[bytes], path: Path) -> Imported:
    """Put items and decisions in the lines of a file together with those of the queue.

    Items that a scan of this queue's dataset did not find are obsolete; a queue that no scan was
    put into yet takes them as they are in the file.

    Parameters
    ----------
    queue:
        that takes them.
    lines:
        JSON, a line each.
    path:
        of the file, for messages.

    Raises
    ------
    FixError
        if a line is no finding, or a decision in it is none, or contradicts one of the same uuid.
    """
    with queue.writing() as database:
        scanned = database.execute("SELECT 1 FROM runs WHERE stamp <> '' LIMIT 1").fetchone()
        run = begin_run(database, queue.now(), None, None)
        names, before = KnownNames(database), _items(database)
        decisions = 0
        with database.unindexed():
            read = _read(lines, path)
            while block := list(itertools.islice(read, BLOCK)):
                rows = _rows(names, run, block, scanned=scanned is not None)
                decisions += _take(database, rows, block)
                by_hand = (entry for _, entry, _, _ in block if entry["code"] in BY_HAND)
                # They may have been made and taken back.
                settle(database, {rows[entry["fingerprint"]] for entry in by_hand})
        rank(database)
        items = _items(database) - before
    return Imported(items, decisions)


def _items(database: Database) -> int:
    return int(database.execute("SELECT count(*) FROM items").fetchone()[0])


def _rows(names: KnownNames, run: int, block: Sequence[_Read], *, scanned: bool) -> dict[str, int]:
    """The rows of the items of some lines, which are made where there are none, by fingerprints.

    Parameters
    ----------
    names: rules, images and classes that the queue knows.
    run: the row of the run.
    block: some lines.
    scanned: whether a scan was put into the queue, which would have found them.
    """
    database = names.database
    rows = _known(database, [entry["fingerprint"] for _, entry, _, _ in block])
    new: dict[str, Mapping[str, Any]] = {}
    gone = []
    for _, entry, _, obsolete in block:
        key = entry["fingerprint"]
        if key in rows or key in new:
            continue
        new[key] = entry
        if obsolete or (scanned and entry["code"] not in BY_HAND):
            gone.append(key)
    insert(names, run, new.values())
    among, keys = database.among("fingerprint", gone)
    database.execute(f"UPDATE items SET current = 0 WHERE {among}", [keys])  # noqa: S608  # ours
    return rows | _known(database, list(new))


def _known(database: Database, fingerprints: Sequence[str]) -> dict[str, int]:
    """The rows of the items that there are, by their fingerprints."""
    among, keys = database.among("fingerprint", fingerprints)
    query = f"SELECT fingerprint, id FROM items WHERE {among}"  # noqa: S608  # ours
    return {key: int(row) for key, row in database.execute(query, [keys])}


def replayed(lines: Iterable[bytes], path: Path) -> Queue:
    """A queue in memory alone of what is in the lines of an export; see `import_lines`."""
    queue = Queue.open(Path(":memory:"))
    try:
        import_lines(queue, lines, path)
    except FixError:
        queue.close()
        raise
    return queue


def _read(lines: Iterable[bytes], path: Path) -> Iterator[_Read]:
    """What lines say."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = f"{path}:{number}"
        try:
            entry = msgspec.json.decode(line)
            msgspec.convert(entry, _Line)
            said = msgspec.convert(entry.pop("decisions", []), list[_Decision])
            obsolete = msgspec.convert(entry.pop("obsolete", False), bool)
            for one in said:
                _check(one)
        except (msgspec.DecodeError, RecursionError, ValueError, QueueError) as error:
            raise FixError(f"{place}: not a finding with decisions: {error}") from error
        yield place, entry, said, obsolete


def _check(one: _Decision) -> None:
    """`ValueError` if a decision makes no sense."""
    seconds(one.at)
    if not one.reviewer.isprintable():
        raise ValueError("a reviewer's name is printable")
    if (one.verdict is Verdict.EDIT) != bool(one.fixes):
        raise ValueError("an edit has fixes of its own, and no other verdict has")
    if (one.verdict is Verdict.UNDO) != (one.undoes is not None):
        raise ValueError("an undo says what it undoes, and no other verdict does")
    if one.expert and one.verdict is not Verdict.SKIP:
        raise ValueError("who asks an expert skips the finding, and does not decide")
    if one.note is not None:
        check_note(one.note)
    for fix in one.fixes or []:
        msgspec.convert(fix, _Fix)


def _take(database: Database, rows: Mapping[str, int], block: Sequence[_Read]) -> int:
    """Take the decisions of some lines into the queue; how many were not there.

    Parameters
    ----------
    database: within a transaction.
    rows: of items, by their fingerprints.
    block: some lines.
    """
    items = [rows[entry["fingerprint"]] for _, entry, said, _ in block if said]
    among, keys = database.among("item", items)
    query = f"SELECT item, {_COLUMNS} FROM decisions WHERE {among}"  # noqa: S608  # ours
    there = {(row[0], row[1]): Entry(*row[1:]) for row in database.execute(query, (keys,))}
    new: list[tuple[int, Entry]] = []
    for place, entry, said, _ in block:
        number = rows[entry["fingerprint"]]
        for one in map(_entry, said):
            known = there.setdefault((number, one.uuid), one)
            if known is one:
                new.append((number, one))
            elif known != one:
                raise FixError(f"{place}: the queue has another decision of the uuid {one.uuid}")
    append_all(database, new)
    return len(new)


def _entry(one: _Decision) -> Entry:
    """A decision as the queue keeps it."""
    own = encoded(one.fixes).decode() if one.fixes else None
    more = (own, one.seen, one.undoes, one.note, int(one.expert))
    return Entry(one.uuid, one.at, one.reviewer, one.verdict, *more)
