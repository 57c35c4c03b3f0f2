from __future__ import annotations

from pathlib import Path

from labelaudit.cli import CLEAN, FINDINGS
from labelaudit.cli.notes import note
from labelaudit.cli.queueing import tell_disagreements
from labelaudit.core.text import counted
from labelaudit.errors import FixError
from labelaudit.review.queue.import_export import import_list
from labelaudit.review.queue.store import filled


def import_(queue: Path, files: tuple[Path, ...], /) -> int:
    """Put decisions of other reviewers, or of another machine, into a review queue.

    Decisions are put together, whatever the order of the files; what is there already counts once.
    Where reviewers decided differently about a finding, it is listed and the last decision counts.

    Exits with 0 if the reviewers agree, with 1 if not.

    Parameters
    ----------
    queue:
        A review queue; made if it is not there.
    files:
        What `labelaudit queue export` wrote, or `labelaudit scan --output-format jsonl`.
    """
    for file in files:  # before a queue is made for nothing
        if not file.exists():
            raise FixError(f"{file}: no such file")
    with filled(queue) as opened:
        for file in files:
            done = import_list(opened, file)
            found, said = counted(done.items, "finding"), counted(done.decisions, "decision")
            note(f"{file}: {found} and {said} that were not in the queue")
        return FINDINGS if tell_disagreements(opened) else CLEAN
