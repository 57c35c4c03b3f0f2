"""Which dataset a queue is about: where it was when it was scanned last."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from labelaudit.review.queue.schema import QueueError
from labelaudit.review.queue.store import Queue


def scanned_paths(queue: Queue) -> list[Path]:
    """The paths that were given to the last scan of a queue, as far as they still lead there.

    Those that were relative are looked for from the current folder, then from that of the queue.

    Raises
    ------
    QueueError
        if there was no scan, or nothing is there any more.
    """
    with queue.reading() as database:
        row = database.execute(
            "SELECT sources FROM runs WHERE stamp <> '' ORDER BY id DESC LIMIT 1"
        ).fetchone()
    if row is None:
        raise QueueError(
            f"{queue.path}: no scan was put into this queue; name the dataset by --dataset"
        )
    written = [Path(path) for path in msgspec.json.decode(row[0])]
    for folder in (Path(), queue.path.absolute().parent):
        paths = [folder / path for path in written]
        if paths and all(map(os.path.exists, paths)):
            return paths
    named = ", ".join(map(str, written)) or "a dataset that was no file"
    raise QueueError(f"{queue.path}: of {named}, which is not here; name the dataset by --dataset")
