"""Samples in the queue: labels or images drawn with equal chances, judged one after the other.

They are judged in random order, so that what was judged so far is a sample, too, whenever one
stops. Verdicts are rows that are never changed, as decisions are; the last one about a task counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from labelaudit.auditing.findings_file import encoded
from labelaudit.label_errors.evaluation.sample import (
    Sample,
    SampleHead,
    SampleItem,
    Unit,
)
from labelaudit.label_errors.human_labels import HUMAN_VERDICTS
from labelaudit.review.queue.database import Database
from labelaudit.review.queue.leases import LEASE_S
from labelaudit.review.queue.schema import QueueError, UnknownItemError
from labelaudit.review.queue.store import Queue, checked_reviewer
from labelaudit.review.queue.tries import tried_again

UNITS: tuple[Unit, ...] = ("boxes", "images")

MOST_MISSING = 10_000
"""Objects without a label in an image, at most; a choice, so that a slip of a finger is noticed."""


@dataclass(frozen=True)
class SampleTask:
    """A label, or an image, to be judged."""

    number: int
    unit: Unit
    place: int  # among the tasks of its sample, from 0
    item: SampleItem  # with the verdict that counts
    reviewer: str | None  # who gave it


@dataclass(frozen=True)
class PutSample:
    """What became of a sample that was put into the queue."""

    tasks: int  # that there are now
    judged: int  # of these
    replaced: int  # verdicts on an earlier sample, of labels that have changed since


def put_sample(queue: Queue, sample: Sample) -> PutSample:
    """Put a sample into the queue; verdicts on what is in it already stay.

    A larger sample of the same labels goes on where the smaller one ends. Labels that have changed
    take a new sample; the old one and what was said of it stay in the file, and are used again once
    the labels are as they were.
    """
    unit = sample.head.unit
    head = encoded(msgspec.to_builtins(sample.head))
    with queue.writing() as database:
        last, number = _latest(database, unit), _same(database, sample)
        replaced = 0 if last in (None, number) else _judged(database, last)
        if number is None:
            values = (unit, head)
            query = "INSERT INTO samples (unit, head, used) VALUES (?, ?, 0)"
            number = database.insert(query, values)
        database.execute(
            "UPDATE samples SET head = ?, used = 1 + (SELECT max(used) FROM samples) WHERE id = ?",
            (head, number),
        )
        _put_tasks(database, number, sample)
        return PutSample(len(_tasks(database, number)), _judged(database, number), replaced)


def _same(database: Database, drawn: Sample) -> int | None:
    """The sample that was drawn from the same labels, in the same way; None if there is none.

    Of two draws from the same labels, the larger one holds the smaller one.
    """
    new = {_label(item) for item in drawn.items}
    query = "SELECT id FROM samples WHERE unit = ? ORDER BY used DESC"
    for (number,) in database.execute(query, (drawn.head.unit,)).fetchall():
        old = {_label(task.item) for task in _tasks(database, number)}
        if old <= new or new <= old:
            return int(number)
    return None


def _label(item: SampleItem) -> tuple[Any, ...]:
    """What a person is asked about: where it stands, and what is said of it."""
    return item.source, item.record, item.image, item.class_name, *(item.box or ())


def _put_tasks(database: Database, sample: int, drawn: Sample) -> None:
    """New items behind those that are there, in random order; these get new probabilities."""
    rows = database.execute("SELECT id, line FROM tasks WHERE sample = ?", (sample,)).fetchall()
    known = {_key(msgspec.json.decode(line, type=SampleItem)): task for task, line in rows}
    order = np.random.default_rng(drawn.head.seed).permutation(len(drawn.items))
    place = len(rows)
    for item in (drawn.items[row] for row in order.tolist()):
        line = encoded(msgspec.to_builtins(item))
        if _key(item) in known:
            database.execute("UPDATE tasks SET line = ? WHERE id = ?", (line, known[_key(item)]))
        else:
            database.execute(
                "INSERT INTO tasks (sample, place, line) VALUES (?, ?, ?)", (sample, place, line)
            )
            place += 1


def _key(item: SampleItem) -> tuple[str | None, int]:
    return item.source, item.record


def units(queue: Queue) -> list[Unit]:
    """What there is a sample of."""
    with queue.reading() as database:
        return [unit for unit in UNITS if _latest(database, unit) is not None]


def sample_of(queue: Queue, unit: Unit) -> Sample | None:
    """The last sample of labels or of images, with the verdicts so far; None if there is none."""
    with queue.reading() as database:
        number = _latest(database, unit)
        if number is None:
            return None
        [head] = database.execute("SELECT head FROM samples WHERE id = ?", (number,)).fetchone()
        items = tuple(task.item for task in _tasks(database, number))
        return Sample(msgspec.json.decode(head, type=SampleHead), items)


@tried_again
def next_tasks(
    queue: Queue, reviewer: str, unit: Unit, *, count: int, after: int | None = None
) -> list[SampleTask]:
    """The next tasks that nobody has judged, which no other reviewer gets for some minutes.

    Parameters
    ----------
    queue:
        with a sample.
    reviewer:
        who asks.
    unit:
        of the sample.
    count:
        at most so many.
    after:
        the number of a task: only those behind it.
    """
    reviewer, now = checked_reviewer(reviewer), queue.clock()
    with queue.writing() as database:
        number = _latest(database, unit)
        behind = -1 if after is None else _place(database, after)
        found = [
            task
            for task, holder, until in _held_tasks(database, number)
            if task.item.verdict is None
            and task.place > behind
            and (holder is None or holder == reviewer or until <= now)
        ][:count]
        database.executemany(
            "UPDATE tasks SET holder = ?, until = ? WHERE id = ?",
            [(reviewer, now + LEASE_S, task.number) for task in found],
        )
    return found


@tried_again
def let_go(queue: Queue, reviewer: str) -> None:
    """Let others have what a reviewer was handed and did not judge."""
    name = checked_reviewer(reviewer)
    with queue.writing() as database:
        database.execute("UPDATE tasks SET holder = NULL WHERE holder = ?", (name,))


@tried_again
def judge(
    queue: Queue, reviewer: str, number: int, verdict: str | int | None, *, uuid: str
) -> SampleTask:
    """Write a verdict down; when this returns, it is on the disk. None takes the last one back.

    Parameters
    ----------
    queue:
        with the task.
    reviewer:
        who judges.
    number:
        of the task.
    verdict:
        of a label a word, of an image how many objects are missing.
    uuid:
        of this request: sent twice, it counts once.

    Raises
    ------
    QueueError
        if it is no verdict on such a task; `UnknownItemError` if there is no such task.
    """
    reviewer = checked_reviewer(reviewer)
    with queue.deciding() as database:
        task = _task(database, number)
        _check(task.unit, verdict)
        said = None if verdict is None else msgspec.json.encode(verdict).decode()
        database.execute(
            "INSERT INTO verdicts (task, uuid, at, reviewer, verdict) "
            "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (number, uuid, queue.now(), reviewer, said),
        )
        return _task(database, number)


def _check(unit: Unit, verdict: str | int | None) -> None:
    if verdict is None:
        return
    if unit == "boxes" and verdict not in HUMAN_VERDICTS:
        raise QueueError(f"a verdict on a label is one of {', '.join(HUMAN_VERDICTS)}")
    if unit == "images" and not (isinstance(verdict, int) and 0 <= verdict <= MOST_MISSING):
        raise QueueError(
            f"of an image it is said how many objects are missing, 0 to {MOST_MISSING}"
        )


QUERY = """
SELECT tasks.id, unit, place, line, last.verdict, last.reviewer, holder, until
FROM tasks JOIN samples ON samples.id = sample
LEFT JOIN verdicts AS last ON last.id = (SELECT max(id) FROM verdicts WHERE task = tasks.id)
"""


def _task(database: Database, number: int) -> SampleTask:
    row = database.execute(f"{QUERY} WHERE tasks.id = ?", (number,)).fetchone()
    if row is None:
        raise UnknownItemError("there is no such task in the queue")
    return _task_in(row)


def _tasks(database: Database, sample: int | None) -> list[SampleTask]:
    return [task for task, _, _ in _held_tasks(database, sample)]


def _held_tasks(
    database: Database, sample: int | None
) -> list[tuple[SampleTask, str | None, float]]:
    """The tasks of a sample in order, with who was handed each, and until when."""
    rows = database.execute(f"{QUERY} WHERE sample = ? ORDER BY place", (sample,)).fetchall()
    return [(_task_in(row), row[6], row[7]) for row in rows]


def _task_in(row: Sequence[Any]) -> SampleTask:  # Any: of several columns
    number, unit, place, line, verdict, reviewer = row[:6]
    item = msgspec.json.decode(line, type=SampleItem)
    item.verdict = None if verdict is None else msgspec.json.decode(verdict)
    return SampleTask(number, unit, place, item, reviewer if verdict is not None else None)


def _latest(database: Database, unit: Unit) -> int | None:
    query = "SELECT id FROM samples WHERE unit = ? ORDER BY used DESC LIMIT 1"
    row = database.execute(query, (unit,)).fetchone()
    return int(row[0]) if row else None


def _place(database: Database, number: int) -> int:
    return _task(database, number).place


def _judged(database: Database, sample: int | None) -> int:
    return sum(task.item.verdict is not None for task in _tasks(database, sample))
