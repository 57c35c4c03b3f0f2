from __future__ import annotations

from pathlib import Path

from labelaudit.cli import CLEAN
from labelaudit.cli.notes import note
from labelaudit.core.text import counted
from labelaudit.review.queue import import_export
from labelaudit.review.queue.store import Queue


def export(queue: Path, file: Path, /) -> int:
    """Write all findings of a review queue with their decisions to a file, JSON Lines.

    Lines are in a fixed order, so that the file can be kept in git; nothing is lost:
    `labelaudit queue import` makes the same queue of it. A file of that name is replaced.

    Parameters
    ----------
    queue:
        A review queue, as `labelaudit scan --queue` and `labelaudit review` keep it.
    file:
        Where to write; /dev/stdout for standard output.
    """
    with Queue.existing(queue) as opened:
        count = import_export.export(opened, file)
    note(f"Wrote {counted(count, 'finding')} with decisions to {file}")
    return CLEAN
