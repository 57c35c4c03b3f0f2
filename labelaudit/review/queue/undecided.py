"""What nobody has decided yet, as findings about a dataset; whether a queue is about it at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from labelaudit.auditing.findings import Findings
from labelaudit.auditing.findings_file import Lookup, fingerprints, table_of
from labelaudit.core.columns import MISSING, Ints
from labelaudit.core.text import counted
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FixError
from labelaudit.review.queue.items import State
from labelaudit.review.queue.store import Queue

_GONE = (LookupError, TypeError, ValueError, AttributeError, OverflowError)

DECIDED = (State.ACCEPTED, State.EDITED, State.REJECTED)
"""What a person has said yes or no to; who skips says neither."""


@dataclass(frozen=True, eq=False)
class QueueState:
    """A queue as a training takes it."""

    undecided: Findings  # open or skipped, in the order that they came in
    decided: frozenset[str]  # fingerprints of what a person accepted, edited or rejected
    judged: Ints  # rows in Boxes that these are about, ascending


def queue_state(queue: Queue, dataset: Dataset) -> QueueState:
    """What the findings of a queue come to.

    Raises
    ------
    FixError
        if a finding is not about the labels as they are: the queue is of another dataset, or the
        labels changed since they were scanned.
    """
    with queue.reading() as database:
        rows = database.execute(
            "SELECT fingerprint, entry, state FROM items WHERE current = 1 ORDER BY id"
        ).fetchall()
    marks = [mark for mark, _, _ in rows]
    states = [State(state) for _, _, state in rows]
    found = _looked_up(queue, dataset, marks, [msgspec.json.decode(entry) for _, entry, _ in rows])
    decided = np.array([state in DECIDED for state in states], bool)
    return QueueState(
        found.rows(~decided),
        frozenset(mark for mark, yes in zip(marks, decided.tolist(), strict=True) if yes),
        _boxes(found.rows(decided)),
    )


def _boxes(findings: Findings) -> Ints:
    """The boxes that findings are about, ascending."""
    return np.unique(findings.box[findings.box != MISSING]).astype(np.int64)


def _looked_up(
    queue: Queue, dataset: Dataset, marks: Sequence[str], entries: Sequence[dict[str, Any]]
) -> Findings:
    """The findings of a queue about the records of a dataset.

    Parameters
    ----------
    queue: of which they are, for what is said of it.
    dataset: that they have to be about.
    marks: (n,) their fingerprints.
    entries: (n,) their lines of the fix list.
    """
    lookup, found, lost = Lookup(dataset), [], []
    for mark, entry in zip(marks, entries, strict=True):
        try:
            found.append((mark, lookup.finding(entry)))
        except _GONE:
            lost.append(entry)
    table = table_of([finding for _, finding in found])
    for row, now in enumerate(fingerprints(table, dataset)):
        # Which of several alike it is counts among all findings, of which these may be some.
        if now.partition("-")[0] != found[row][0].partition("-")[0]:
            lost.append({"message": str(table.message[row])})
    if lost:
        count = f"{len(lost):,} of {counted(len(entries), 'finding')}"
        raise FixError(
            f"{queue.place}: {count} are not about these labels ({lost[0]['message']}): the queue "
            "is of another dataset, or the labels changed since; "
            f"labelaudit scan DATASET --queue {queue.place} brings it up to date"
        )
    return table
