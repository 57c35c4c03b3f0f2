from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from labelaudit.cli import CLEAN, FINDINGS
from labelaudit.cli.notes import note
from labelaudit.cli.parameters import DatasetSource, QueueOption
from labelaudit.cli.queued_dataset import read_queued
from labelaudit.cli.queueing import tell_disagreements
from labelaudit.cli.review import user
from labelaudit.core.text import counted
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FixError, FormatError
from labelaudit.io.labelling_tools.finding import Export, exports_in, remedy
from labelaudit.review.hand_over.take_back import take_back
from labelaudit.review.hand_over.written import TakenBack
from labelaudit.review.queue.import_export import import_list
from labelaudit.review.queue.items import Verdict
from labelaudit.review.queue.store import Queue, filled

_HEAD = 65536  # bytes in which a fingerprint is looked for

WORDS = {
    Verdict.ACCEPT: "accepted",
    Verdict.EDIT: "edited",
    Verdict.REJECT: "rejected",
    Verdict.SKIP: "skipped",
}


def import_(
    queue: QueueOption,
    files: tuple[Path, ...],
    /,
    *,
    reviewer: str | None = None,
    dataset: Annotated[tuple[Path, ...], Parameter(negative="")] = (),
    source: DatasetSource = DatasetSource(),
) -> int:
    """Put decisions of other reviewers, another machine or a labelling tool into a review queue.

    Decisions are put together, whatever the order of the files; what is there already counts once.
    Where reviewers decided differently about a finding, it is listed and the last decision counts.

    From the export of a labelling tool it is taken what was said of findings that were handed over
    (`labelaudit queue export --to`), and what was done to labels: whoever does what a finding
    proposes accepts it, whoever changes the label in another way edits it, whoever removes the
    proposal rejects it; boxes that were added or changed without a finding are decisions, too. What
    is not clear is listed and not taken.

    Exits with 0 if the reviewers agree and all is clear, with 1 if not.

    Parameters
    ----------
    queue:
        A review queue, a file or postgresql://USER@HOST/DATABASE; made if it is not there, unless a
        labelling tool is to be read.
    files:
        What `labelaudit queue export` wrote, `labelaudit scan --output-format jsonl`, or what a
        labelling tool exported.
    reviewer:
        The name that decisions are kept under where the tool does not say who made them; yours, if
        absent.
    dataset:
        The dataset, if it is not where it was scanned. May be repeated.
    """
    for file in files:  # before a queue is made for nothing
        if not file.exists():
            raise FixError(f"{file}: no such file")
    exports = {file: exports_in(file) for file in files}
    for file, held in exports.items():
        if not held:
            _check_list(file)
    if any(exports.values()):
        Queue.existing(queue).close()
    unclear = 0
    with filled(queue) as opened:
        labels = read_queued(opened, dataset, source) if any(exports.values()) else None
        for file, held in exports.items():
            if not held or labels is None:
                _import_list(opened, file)
            else:
                unclear += _import_exports(opened, labels, held, reviewer or user())
        split = tell_disagreements(opened)
    return FINDINGS if split or unclear else CLEAN


def _import_list(queue: Queue, file: Path) -> None:
    done = import_list(queue, file)
    found, said = counted(done.items, "finding"), counted(done.decisions, "decision")
    note(f"{file}: {found} and {said} that were not in the queue")


def _check_list(file: Path) -> None:
    """Refuse a file that begins as no list of findings does, and say what could be imported."""
    if not file.is_file():  # a pipe can be read once
        return
    with file.open("rb") as source:
        first = source.read(_HEAD).removeprefix(b"\xef\xbb\xbf").lstrip()
    if first and not (first.startswith(b"{") and b'"fingerprint"' in first):
        raise FixError(
            f"{file}: neither what labelaudit queue export wrote nor the export of a labelling "
            f"tool; {remedy()}"
        )


def _import_exports(
    queue: Queue, dataset: Dataset, exports: Sequence[Export], reviewer: str
) -> int:
    """Take in all exports that a path holds, and say what came of them; how much is unclear.

    Of several, one that cannot be read is among that.
    """
    unclear, read = 0, 0
    for number, export in enumerate(exports, 1):
        try:
            unclear += _import_export(queue, dataset, export, reviewer)
            read += 1
        except FormatError as error:
            if number == len(exports) and not read:
                raise
            note(f"not taken: {error}")
            unclear += 1
    return unclear


def _import_export(queue: Queue, dataset: Dataset, export: Export, reviewer: str) -> int:
    """Take the export of a labelling tool in, and say what came of it; how much is unclear.

    Parameters
    ----------
    queue:
        that takes the decisions.
    dataset:
        that it is about.
    export:
        of the tool.
    reviewer:
        who decided, where the tool does not say.
    """
    try:
        taken = take_back(queue, dataset, export.tool.read(export.path), reviewer=reviewer)
    except FormatError as error:
        words = str(error).removeprefix(f"{export.path}: ")
        raise FormatError(f"{export.shown}: {words}") from error
    for line in _told(taken):
        note(f"{export.shown}: {line}")
    for line in taken.unclear:
        note(f"not taken: {line}")
    return len(taken.unclear)


def _told(taken: TakenBack) -> list[str]:
    """What came of an export, in two lines."""
    said = [f"{taken.verdicts[verdict]:,} {word}" for verdict, word in WORDS.items()]
    if taken.removed:
        said[2] += f" ({taken.removed:,} by removing the proposal)"
    who = ", ".join(sorted(taken.reviewers)) or "nobody"
    first = f"{counted(taken.images, 'image')}, new decisions of {who}: {', '.join(said)}"
    second = (
        f"without a finding: {taken.added:,} added, {taken.changed:,} changed; "
        f"{taken.known:,} known before, {taken.open:,} still open"
    )
    return [first, second]
