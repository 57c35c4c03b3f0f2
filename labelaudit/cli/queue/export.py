from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter

from labelaudit.cli import CLEAN
from labelaudit.cli.notes import note
from labelaudit.cli.parameters import DatasetSource, QueueOption
from labelaudit.cli.queued_dataset import read_queued
from labelaudit.cli.queueing import without_password
from labelaudit.core.shell import command
from labelaudit.core.text import counted, either
from labelaudit.errors import ConfigError
from labelaudit.io.labelling_tools import LABELLING_TOOLS
from labelaudit.io.targets import check_apart, check_free
from labelaudit.review.hand_over.assign import HandedOver, hand_over
from labelaudit.review.queue import import_export
from labelaudit.review.queue.places import QueuePlace
from labelaudit.review.queue.store import Queue

TOOL = Group.create_ordered("Labelling tool")


def export(
    queue: QueueOption,
    file: Path,
    /,
    *,
    to: Annotated[
        str | None,
        Parameter(group=TOOL, help=f"Write what this tool imports: {either(LABELLING_TOOLS)}."),
    ] = None,
    dataset: Annotated[tuple[Path, ...], Parameter(group=TOOL, negative="")] = (),
    all_images: Annotated[bool, Parameter(group=TOOL, negative="")] = False,
    image_prefix: Annotated[str | None, Parameter(group=TOOL)] = None,
    overwrite: Annotated[bool, Parameter(group=TOOL, negative="")] = False,
    source: DatasetSource = DatasetSource(),
) -> int:
    """Write all findings of a review queue with their decisions, or hand them to a labelling tool.

    Without --to, the file is JSON Lines. Lines are in a fixed order, so that it can be kept in git;
    nothing is lost: `labelaudit queue import` makes the same queue of it. A file of that name is
    replaced.

    With --to, it is what a labelling tool imports: the images with findings that nobody has decided
    about, their labels as they are, and each finding with its proposal, rule, message, probability
    and fingerprint. People accept, reject and mend there; `labelaudit queue import` takes the
    tool's own export back.

    Parameters
    ----------
    queue:
        A review queue, as `labelaudit scan --queue` and `labelaudit review` keep it: a file, or
        postgresql://USER@HOST/DATABASE.
    file:
        Where to write; /dev/stdout for standard output, but for a tool.
    dataset:
        The dataset, if it is not where it was scanned. May be repeated.
    all_images:
        Hand over images without a finding, too: what is imported into a task that has them would
        otherwise remove their labels.
    image_prefix:
        Put this before the names of images, as the tool finds them: a folder, an address, or
        /data/local-files/?d=folder/.
    overwrite:
        Replace what is there already.
    """
    if to is None:
        if dataset or all_images or image_prefix is not None:
            raise ConfigError("--dataset, --all-images and --image-prefix go with --to TOOL")
        return _export_list(queue, file)
    tool = LABELLING_TOOLS[to]
    check_free(file, overwrite=overwrite)
    with Queue.existing(queue) as opened:
        labels = read_queued(opened, dataset, source)
        check_apart(file, labels)
        handed = hand_over(opened, labels, all_images=all_images, prefix=image_prefix)
    written = tool.write(handed.assignment, file)
    then = command("queue", "import", queue, "EXPORT") + without_password(queue)
    _tell(handed, written, f"{tool.hint}; with what it exports then, {then}")
    return CLEAN


def _export_list(queue: QueuePlace, file: Path) -> int:
    with Queue.existing(queue) as opened:
        count = import_export.export(opened, file)
    note(f"Wrote {counted(count, 'finding')} with decisions to {file}")
    return CLEAN


def _tell(handed: HandedOver, written: Sequence[Path], hint: str) -> None:
    tasks = handed.assignment.tasks
    count = sum(len(task.proposals) for task in tasks)
    found, images = counted(count, "finding"), counted(len(tasks), "image")
    note(f"Wrote {found} in {images} to {written[0]}")
    for path in written[1:]:
        note(f"Wrote {path}")
    if handed.elsewhere:
        told = counted(handed.elsewhere, "finding")
        note(f"Not handed over: {told} about files, classes or the whole; labelaudit review has it")
    if handed.hidden:
        told = counted(handed.hidden, "label")
        note(f"Not shown: {told} without a class, or whose corners are no numbers")
    note(hint[0].upper() + hint[1:])
