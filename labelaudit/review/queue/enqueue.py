"""Putting the findings of a scan into the queue; what was decided about them stays."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import msgspec
import numpy as np

from labelaudit.auditing.findings import Findings, Severity
from labelaudit.auditing.findings_file import Lookup, encoded, entries, fingerprints, table_of
from labelaudit.auditing.fixes import KINDS
from labelaudit.auditing.run import Options
from labelaudit.core.columns import encodable
from labelaudit.core.mirror_names import shown
from labelaudit.core.version import __version__
from labelaudit.dataset.new_classes import with_classes
from labelaudit.dataset.tables import Dataset, DatasetPart
from labelaudit.errors import FixError
from labelaudit.review.queue.database import Database
from labelaudit.review.queue.items import ADDED, BY_HAND, WITHDRAWN, State
from labelaudit.review.queue.new_classes import named_in
from labelaudit.review.queue.ranking import rank
from labelaudit.review.queue.scanned import HowScanned
from labelaudit.review.queue.store import Queue

SAME_PIXELS = 0.5
"""Pixels by which the corners of a box that was added may differ from those that were drawn."""

BLOCK = 2000
"""Findings that are put into the queue in one go."""


@dataclass(frozen=True)
class Enqueued:
    """What a scan changed in the queue."""

    run: int
    new: int  # findings that were not in the queue
    known: int  # findings that were
    obsolete: int  # findings of earlier scans that this one did not make


def enqueue(
    queue: Queue,
    findings: Findings,
    dataset: Dataset,
    options: Options,
    *,
    unchecked: Iterable[str] = (),
) -> Enqueued:
    """Put the findings of a scan into the queue, and order it anew.

    A finding that is there already keeps its decisions; one that was not found again is obsolete
    until it is. A box that a reviewer drew is obsolete once the labels have it, a label that a
    reviewer changed by hand once it is another. Findings of the
    rules in `unchecked`, by code, stay as they are while the labels do: this scan had nothing for
    them to look at, neither a model nor images, say.

    Parameters
    ----------
    queue:
        that takes the findings.
    findings:
        of a scan.
    dataset:
        that was scanned.
    options:
        of the scan.
    unchecked:
        codes of rules that had nothing to look at.
    """
    with queue.writing() as database:
        before = _count(database, "1 = 1")
        same = _last(database).get("stamp") == stamp_of(dataset)
        kept = [*BY_HAND, *(unchecked if same else ())]
        run = begin_run(database, queue.now(), dataset, options)
        with database.unindexed():
            insert(KnownNames(database), run, entries(findings, dataset))
        new = _count(database, "1 = 1") - before
        among, codes = database.among("text", kept)
        database.execute(
            "UPDATE items SET current = 0 WHERE last_run <> ? AND rule NOT IN (SELECT id FROM "  # noqa: S608  # ours
            f"names WHERE role = 'rule' AND {among})",
            (run, codes),
        )
        _settle_by_hand(database, dataset)
        rank(database)
        obsolete = _count(database, "current = 0")
    return Enqueued(run, new, len(findings) - new, obsolete)


def up_to_date(queue: Queue, dataset: Dataset, options: Options) -> bool:
    """Whether the last scan in the queue saw these files, with these options and rules.

    Parameters
    ----------
    queue:
        with earlier scans.
    dataset, options:
        what would be scanned now, and how.
    """
    with queue.reading() as database:
        last = _last(database)
    now = {
        "version": __version__,
        "options": _written(options),
        "stamp": stamp_of(dataset),
    }
    return last == now


def _last(database: Database) -> dict[str, str]:
    """What the last scan was done with; nothing if there was none."""
    names = ("version", "options", "stamp")
    row = database.execute(
        "SELECT version, options, stamp FROM runs WHERE stamp <> '' ORDER BY id DESC LIMIT 1"
    ).fetchone()
    return dict(zip(names, row, strict=True)) if row else {}


def _written(options: Options | None) -> str:
    return msgspec.json.encode(options).decode()


def stamp_of(dataset: Dataset) -> str:
    """Text that changes when a label file does (name, size, time), or what is excluded."""
    files = sorted(zip(dataset.files.path.tolist(), dataset.files.stamp.tolist(), strict=True))
    part = (str(dataset.part),) if dataset.part != DatasetPart() else ()
    return hashlib.blake2b(encoded([*files, *part]), digest_size=16).hexdigest()


def begin_run(database: Database, at: str, dataset: Dataset | None, options: Options | None) -> int:
    """A new run, of a scan; without a dataset, of something that was imported or drawn.

    Parameters
    ----------
    database:
        within a transaction.
    at:
        when, as ISO 8601.
    dataset, options:
        what is scanned, and how; None of what is imported or drawn.
    """
    sources = [encodable(shown(path)) for path in dataset.sources] if dataset is not None else []
    return database.insert(
        "INSERT INTO runs (at, version, sources, options, stamp, how_read) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (
            at,
            __version__,
            msgspec.json.encode(sources).decode(),
            _written(options),
            stamp_of(dataset) if dataset is not None else "",
            encoded(HowScanned() if dataset is None else HowScanned.of(dataset)).decode(),
        ),
    )


UPSERT = """
INSERT INTO items (fingerprint, entry, rule, class, image, severity, probability, doubt,
                   effort, object, first_run, last_run, current)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
ON CONFLICT (fingerprint) DO UPDATE SET
    entry = excluded.entry, rule = excluded.rule, class = excluded.class, image = excluded.image,
    severity = excluded.severity, probability = excluded.probability, doubt = excluded.doubt,
    effort = excluded.effort, object = excluded.object, last_run = excluded.last_run, current = 1
"""


def insert(names: KnownNames, run: int, found: Iterable[Mapping[str, Any]]) -> None:
    """Entries of a fix list as items of a run.

    Parameters
    ----------
    names:
        rules, images and classes that the queue knows.
    run:
        the row of the run.
    found:
        entries of a fix list.
    """
    rest = iter(found)
    while block := list(itertools.islice(rest, BLOCK)):
        named = [_names(entry) for entry in block]
        names.know({name for some in named for name in some})
        # A list: while rows are sent, nothing else can be asked of a server.
        rows = [
            _row(entry, run, [names.row(*name) for name in some])
            for entry, some in zip(block, named, strict=True)
        ]
        names.database.executemany(UPSERT, rows)


def _names(entry: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    """The rule, class and image of an entry of a fix list, each with its role."""
    image = entry.get("image") or ""
    return ("rule", entry["code"]), ("class", class_of(entry)), ("image", image)


def _row(entry: Mapping[str, Any], run: int, names: Sequence[int]) -> tuple[Any, ...]:
    """The values of an entry; `names` are the rows of its rule, class and image."""
    fix = entry["fix"]
    return (
        entry["fingerprint"],
        encoded(entry),
        *names,
        int(Severity[entry["severity"].upper()]),
        entry["probability"],
        entry.get("doubt", entry["probability"]),
        fix["kind"] if fix else "",
        object_of(entry),
        run,
        run,
    )


def object_of(entry: Mapping[str, Any]) -> int | None:
    """A number for the box that an entry of a fix list is about; None if it is about none.

    Others of the same image have another one, but for one chance in four thousand millions.
    """
    box = entry["records"].get("box")
    return crc32(encoded(box)) if box else None


def class_of(entry: Mapping[str, Any]) -> str:
    """The class that an entry of a fix list is about; empty if it is about none."""
    fix = entry["fix"]
    if fix and fix["kind"] in KINDS and KINDS[fix["kind"]].adds_box:
        return str(fix["changes"]["class"])
    classes = entry.get("classes") or [None]
    return str(classes[0] or "")


class KnownNames:
    """The rows of names that many items share, made as they are needed."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._known: dict[tuple[str, str], int] = {}

    def know(self, names: Iterable[tuple[str, str]]) -> None:
        """Have the rows of names, role and text each, with few questions."""
        keys = {(role, encodable(text)) for role, text in names}
        new = sorted(key for key in keys if key not in self._known)
        self._known.update(self.database.put_names(new))

    def row(self, role: str, text: str) -> int:
        """The row of a name."""
        key = (role, encodable(text))
        if key not in self._known:
            self.know([key])
        return self._known[key]


def _settle_by_hand(database: Database, dataset: Dataset) -> None:
    """What reviewers made by hand is obsolete where the labels have it now, or are others."""
    by_hand, codes = database.among("text", list(BY_HAND))
    rows = database.execute(
        "SELECT items.id, entry, state FROM items JOIN names ON names.id = rule "  # noqa: S608  # ours
        f"WHERE role = 'rule' AND {by_hand}",
        (codes,),
    ).fetchall()
    entries_ = [msgspec.json.decode(written) for _, written, _ in rows]
    lookup = Lookup(_with_named(dataset, entries_))
    for (item, _, state), entry in zip(rows, entries_, strict=True):
        current = WITHDRAWN if state == State.OPEN else 1
        settled = _is_labelled if entry["code"] == ADDED else _is_another
        if settled(lookup, entry):
            current = 0
        database.execute("UPDATE items SET current = ? WHERE id = ?", (current, item))


def _with_named(dataset: Dataset, by_hand: Iterable[Mapping[str, Any]]) -> Dataset:
    """The dataset with the classes that boxes were drawn of, as far as it can have them."""
    try:
        return with_classes(dataset, named_in(one["fix"] for one in by_hand if one["fix"]))
    except FixError:
        return dataset


def _is_labelled(lookup: Lookup, entry: Mapping[str, Any]) -> bool:
    """Whether the box that an entry adds is among the labels; so, too, if its image is gone."""
    try:
        fix = lookup.fix(entry["fix"])
    except (LookupError, ValueError):
        return True
    boxes = lookup.dataset.boxes
    here = (boxes.image == fix.values["image"]) & (boxes.label == fix.values["label"])
    with np.errstate(invalid="ignore"):
        apart = np.abs(boxes.xyxy[here] - np.array(fix.values["xyxy"], float)).max(axis=1)
    return bool((apart <= SAME_PIXELS).any())


def _is_another(lookup: Lookup, entry: dict[str, Any]) -> bool:
    """Whether the label that an entry is about is not there any more as it was."""
    try:
        found = table_of([lookup.finding(entry)])
    except (LookupError, ValueError):
        return True
    return fingerprints(found, lookup.dataset) != [entry["fingerprint"].partition("-")[0]]


def _count(database: Database, condition: str) -> int:
    query = f"SELECT count(*) FROM items WHERE {condition}"  # noqa: S608  # our own constants
    return int(database.execute(query).fetchone()[0])
