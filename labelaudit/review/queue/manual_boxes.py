"""What reviewers draw: boxes moved, relabelled or removed by hand, and boxes that were missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from labelaudit.auditing.findings import Findings, Fix, Safety, Severity
from labelaudit.auditing.findings_file import View, entries
from labelaudit.auditing.fixes.number_style import drawn
from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.review.queue.decisions import ItemDecision, decide_one
from labelaudit.review.queue.enqueue import KnownNames, begin_run, insert
from labelaudit.review.queue.items import ADDED, ADDED_NAME, Item, Verdict, read_items
from labelaudit.review.queue.leases import renew
from labelaudit.review.queue.store import Queue, checked_reviewer


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
    reviewer = checked_reviewer(reviewer)
    entry = next(entries(_drawn(dataset, image, label, xyxy), dataset))
    with queue.writing() as database:
        known = "SELECT 1 FROM items WHERE fingerprint = ?"
        if database.execute(known, (entry["fingerprint"],)).fetchone() is None:
            run = begin_run(database, queue.now(), None, None)
            insert(KnownNames(database), run, [entry])
            database.execute(
                "UPDATE items SET (by_value, by_image, by_kind) = (SELECT 1 + max(by_value), "
                "1 + max(by_image), 1 + max(by_kind) FROM items) WHERE fingerprint = ?",
                (entry["fingerprint"],),
            )
        [now] = read_items(database, [entry["fingerprint"]])
        decision = ItemDecision(now.fingerprint, Verdict.ACCEPT, seen=now.decision)
        decide_one(database, queue, decision, reviewer=reviewer, uuid=uuid)
        renew(database, reviewer, queue.clock())
        return read_items(database, [now.fingerprint])[0]


def _drawn(dataset: Dataset, image: int, label: int, xyxy: Sequence[float]) -> Findings:
    fix = np.empty(1, object)
    fix[0] = _addition(image, label, drawn(dataset, image, xyxy))
    name = dataset.class_names[label]
    return Findings.of(
        1,
        code=[ADDED],
        name=[ADDED_NAME],
        severity=[Severity.WARNING],
        file=dataset.images.file[[image]],
        image=[image],
        message=[f"{name} was missing: a reviewer drew it"],
        fix=fix,
    )
