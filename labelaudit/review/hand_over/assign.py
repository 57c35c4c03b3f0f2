"""What nobody has decided yet, as an assignment for a labelling tool."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from labelaudit.core.version import __version__
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FixError
from labelaudit.io.labelling_tools.tasks import Assignment, ImageTask, Proposal
from labelaudit.review.hand_over.sheets import SaidBeside, Sheets
from labelaudit.review.queue.enqueue import stamp_of
from labelaudit.review.queue.items import State
from labelaudit.review.queue.new_classes import with_named_classes
from labelaudit.review.queue.store import Queue

MARKER = "labelaudit"
"""The class under which a tool shows proposals, unless the dataset has one of this name."""

_GONE = (LookupError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True)
class HandedOver:
    """An assignment, and what of the queue is not in it."""

    assignment: Assignment
    elsewhere: int  # findings about files, classes or the whole, which no image shows
    hidden: int  # labels without a class, or whose corners are no numbers


def hand_over(
    queue: Queue, dataset: Dataset, *, all_images: bool = False, prefix: str | None = None
) -> HandedOver:
    """The images with findings that nobody has decided, those of most value first.

    Parameters
    ----------
    queue:
        with the findings.
    dataset:
        that they are about.
    all_images:
        whether images without a finding follow, too.
    prefix:
        put before the names of images; None: as the tool needs it.

    Raises
    ------
    FixError
        if the labels changed since they were scanned into the queue.
    """
    check_current(queue, dataset)
    sheets = Sheets(with_named_classes(queue, dataset))
    proposals: dict[int, list[Proposal]] = {}
    elsewhere = 0
    for entry, said in _undecided(queue):
        try:
            found = sheets.handed(entry, said)
        except _GONE as error:
            raise _changed(queue, entry["message"]) from error
        if found is None:
            elsewhere += 1
        else:
            proposals.setdefault(found.image, []).append(found.proposal)
    images = list(proposals)
    if all_images:
        images += [row for row in range(len(dataset.images)) if row not in proposals]
    tasks = [_task(sheets, image, tuple(proposals.get(image, ()))) for image in images]
    marker = MARKER
    while marker in sheets.class_names:
        marker += "_"
    title = dataset.sources[0].name if dataset.sources else ""
    classes = tuple(dict.fromkeys(sheets.class_names))
    assignment = Assignment(title, __version__, classes, marker, tasks, prefix)
    return HandedOver(assignment, elsewhere, sheets.hidden)


def check_current(queue: Queue, dataset: Dataset) -> None:
    """`FixError` unless the last scan in the queue saw the labels as they are."""
    with queue.reading() as database:
        row = database.execute(
            "SELECT stamp FROM runs WHERE stamp <> '' ORDER BY id DESC LIMIT 1"
        ).fetchone()
    if row is None or row[0] != stamp_of(dataset):
        raise _changed(queue, "a file of them is another than the one that was scanned")


def _changed(queue: Queue, what: str) -> FixError:
    return FixError(
        f"{queue.place}: the labels have changed since they were scanned: {what}; "
        f"labelaudit scan DATASET --queue {queue.place} brings the queue up to date"
    )


def _undecided(queue: Queue) -> Iterator[tuple[dict[str, Any], SaidBeside]]:
    """The findings that are open or skipped with what was noted, those of most value first."""
    with queue.reading() as database:
        rows = database.execute(
            "SELECT entry, note, expert, reviewer FROM items LEFT JOIN decisions AS last "
            "ON last.id = items.decision WHERE current = 1 AND state IN (?, ?) "
            "ORDER BY by_value, items.id",
            (State.OPEN, State.SKIPPED),
        ).fetchall()
    for entry, note, expert, reviewer in rows:
        said = SaidBeside(note or "", bool(expert), reviewer or "")
        yield msgspec.json.decode(entry), said


def _task(sheets: Sheets, image: int, proposals: tuple[Proposal, ...]) -> ImageTask:
    images = sheets.dataset.images
    wide, high = images.size[image].tolist()
    return ImageTask(
        key=sheets.key(image),
        name=str(images.name[image]),
        path=str(images.path[image]),
        size=(wide, high),
        mark=sheets.mark(image),
        boxes=sheets.boxes(image),
        proposals=proposals,
        splits=sheets.splits(image),
    )
