"""What reviewers do by hand: boxes moved, relabelled or removed, and boxes that were missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from labelaudit.auditing.findings import Findings, Fix, Safety, Severity
from labelaudit.auditing.findings_file import View, entries
from labelaudit.auditing.fixes.number_style import drawn
from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.review.queue.database import Database
from labelaudit.review.queue.decisions import ItemDecision, decide_one
from labelaudit.review.queue.enqueue import KnownNames, begin_run, insert
from labelaudit.review.queue.items import (
    ADDED,
    ADDED_NAME,
    CHANGED,
    CHANGED_NAME,
    Item,
    Verdict,
    read_items,
)
from labelaudit.review.queue.leases import renew
from labelaudit.review.queue.store import Queue, checked_reviewer
from labelaudit.review.queue.tries import tried_again


def own_fixes(
    dataset: Dataset,
    box: int,
    *,
    xyxy: Sequence[float] | None = None,
    label: int | None = None,
) -> tuple[Mapping[str, Any], ...]:
    """A reviewer's fixes of a labelled box, for `ItemDecision.fixes`: moved, relabelled or both.

    Without either, the box is dropped.

    Parameters
    ----------
    dataset:
        with the box.
    box:
        row in Boxes.
    xyxy:
        (4,) new corners in pixels, if it moves.
    label:
        row in Categories, if it is relabelled.
    """
    fixes = []
    if xyxy is not None:
        corners = drawn(dataset, int(dataset.boxes.image[box]), xyxy)
        fixes.append(Fix("move", Safety.UNSAFE, RecordType.BOX, box, {"xyxy": corners}))
    if label is not None:
        fixes.append(Fix("relabel", Safety.UNSAFE, RecordType.BOX, box, {"label": label}))
    view = View(dataset)
    dropped = Fix("drop", Safety.UNSAFE, RecordType.BOX, box)
    return tuple(view.fix(fix) for fix in fixes or [dropped])


def added_fixes(
    dataset: Dataset, image: int, label: int, xyxy: Sequence[float]
) -> tuple[Mapping[str, Any], ...]:
    """A reviewer's fix that adds a box, for `ItemDecision.fixes`: of a missing box drawn anew.

    Parameters
    ----------
    dataset:
        that gets the box.
    image, label:
        rows in Images and Categories.
    xyxy:
        (4,) corners in pixels.
    """
    return (View(dataset).fix(_addition(image, label, drawn(dataset, image, xyxy))),)


def _addition(image: int, label: int, xyxy: Sequence[float]) -> Fix:
    values = {"image": image, "label": label, "xyxy": [float(side) for side in xyxy]}
    return Fix("add", Safety.UNSAFE, RecordType.BOX, MISSING, values)


def add_box(
    queue: Queue,
    reviewer: str,
    dataset: Dataset,
    *,
    image: int,
    label: int,
    xyxy: Sequence[float],
    uuid: str,
) -> Item:
    """Add a box that no rule found missing: a new item, REV001, which is accepted at once.

    Drawn twice, to the pixel, it is added once. When the decision is taken back, the item is put
    away: it stays on record, and nobody is handed it.

    Parameters
    ----------
    queue:
        that gets the item.
    reviewer:
        who drew the box.
    dataset:
        that is reviewed.
    image, label:
        rows in Images and Categories.
    xyxy:
        (4,) corners in pixels.
    uuid:
        of this request: sent twice, it counts once.
    """
    entry = added_entry(dataset, image, label, xyxy)
    return _decided(queue, reviewer, entry, (), uuid)


def change_box(
    queue: Queue,
    reviewer: str,
    dataset: Dataset,
    *,
    box: int,
    fixes: Sequence[Mapping[str, Any]],
    uuid: str,
) -> Item:
    """Change a label that no finding is about: an item of its own, REV002, edited at once.

    There is one item of a label, which later changes are decisions about. When nobody stands by
    them any more it is put away, as a box that was drawn is.

    Parameters
    ----------
    queue:
        that gets the item.
    reviewer:
        who changes the label.
    dataset:
        that is reviewed.
    box:
        row in Boxes.
    fixes:
        what changes, from `own_fixes`.
    uuid:
        of this request: sent twice, it counts once.
    """
    return _decided(queue, reviewer, changed_entry(dataset, box), tuple(fixes), uuid)


@tried_again
def _decided(
    queue: Queue,
    reviewer: str,
    entry: Mapping[str, Any],
    fixes: tuple[Mapping[str, Any], ...],
    uuid: str,
) -> Item:
    """The item of an entry made by hand, decided by its maker: edited if there are fixes."""
    reviewer = checked_reviewer(reviewer)
    with queue.writing() as database:
        now = take_in(database, queue, entry)
        verdict = Verdict.EDIT if fixes else Verdict.ACCEPT
        decision = ItemDecision(now.fingerprint, verdict, fixes, seen=now.decision)
        decide_one(database, queue, decision, reviewer=reviewer, uuid=uuid)
        renew(database, reviewer, queue.clock())
        return read_items(database, [now.fingerprint])[0]


def take_in(database: Database, queue: Queue, entry: Mapping[str, Any]) -> Item:
    """The item of an entry made by hand, which is made if there is none, after all others.

    Parameters
    ----------
    database:
        within a transaction.
    queue:
        whose clock counts.
    entry:
        from `added_entry` or `changed_entry`.
    """
    known = "SELECT 1 FROM items WHERE fingerprint = ?"
    if database.execute(known, (entry["fingerprint"],)).fetchone() is None:
        run = begin_run(database, queue.now(), None, None)
        insert(KnownNames(database), run, [entry])
        database.execute(
            "UPDATE items SET (by_value, by_image, by_errors, by_kind) = "
            "(SELECT 1 + max(by_value), 1 + max(by_image), 1 + max(by_errors), "
            "1 + max(by_kind) FROM items) WHERE fingerprint = ?",
            (entry["fingerprint"],),
        )
    return read_items(database, [entry["fingerprint"]])[0]


def added_entry(
    dataset: Dataset, image: int, label: int, xyxy: Sequence[float]
) -> Mapping[str, Any]:
    """The finding, as in the fix list, that a box was missing which a reviewer drew.

    Parameters
    ----------
    dataset:
        that is reviewed.
    image, label:
        rows in Images and Categories.
    xyxy:
        (4,) corners in pixels.
    """
    fix = np.empty(1, object)
    fix[0] = _addition(image, label, drawn(dataset, image, xyxy))
    name = dataset.class_names[label]
    found = Findings.of(
        1,
        code=[ADDED],
        name=[ADDED_NAME],
        severity=[Severity.WARNING],
        file=dataset.images.file[[image]],
        image=[image],
        message=[f"{name} was missing: a reviewer drew it"],
        fix=fix,
    )
    return next(entries(found, dataset))


def changed_entry(dataset: Dataset, box: int) -> Mapping[str, Any]:
    """The finding, as in the fix list, that a reviewer changed a label which no rule found.

    Of labels that are alike each has its own.
    """
    boxes = dataset.boxes
    alike = (boxes.image == boxes.image[box]) & (boxes.label == boxes.label[box])
    with np.errstate(invalid="ignore"):
        alike &= (np.round(boxes.xyxy) == np.round(boxes.xyxy[box])).all(axis=1)
    alike[box] = True  # also one whose corners are no numbers
    rows = np.flatnonzero(alike)[: 1 + int(alike[:box].sum())]
    label = int(boxes.label[box])
    name = dataset.class_names[label] if label != MISSING else "a label without a class"
    found = Findings.of(
        len(rows),
        code=[CHANGED] * len(rows),
        name=[CHANGED_NAME] * len(rows),
        severity=[Severity.WARNING] * len(rows),
        file=boxes.file[rows],
        image=boxes.image[rows],
        box=rows,
        message=[f"{name}: a reviewer changed it, though no rule found it"] * len(rows),
    )
    return list(entries(found, dataset))[-1]
