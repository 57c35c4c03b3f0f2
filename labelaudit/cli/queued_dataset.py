"""The dataset of a review queue, read as it was when it was scanned into it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from labelaudit.auditing.config import Config
from labelaudit.cli.parameters import DatasetSource, PartChoice
from labelaudit.dataset.tables import Dataset
from labelaudit.io.formats import FORMATS
from labelaudit.review.queue.scanned import ScannedDataset, scanned
from labelaudit.review.queue.schema import QueueError
from labelaudit.review.queue.store import Queue


def read_queued(
    queue: Queue,
    paths: Sequence[Path],
    source: DatasetSource,
    part: PartChoice = PartChoice(),
    config: Config | None = None,
) -> Dataset:
    """The dataset at `paths`, or, without any, the one that the queue is of.

    What the command line leaves open is as it was when that dataset was scanned into the queue: the
    folders of images, the format and, where nobody names the dataset, split and what is excluded.

    Parameters
    ----------
    queue:
        a review queue, which may be new.
    paths:
        that the command line names.
    source, part:
        how to read them, as far as the command line says.
    config:
        the configuration, which comes before the queue where the command line names paths.

    Raises
    ------
    QueueError
        if nobody says where the dataset is, the queue neither.
    """
    config = config or Config()
    if not paths:
        known = scanned(queue)
        source = _filled(source, known, Config())
        more = (one for one in known.exclude if one not in (*config.exclude, *part.exclude))
        part = PartChoice(part.split or known.split or None, (*part.exclude, *more))
        return source.load(known.paths, config, part)
    try:
        known = scanned(queue)
    except QueueError:  # a new one, or of a dataset that was moved
        return source.load(paths, config, part)
    if known.is_of(paths):
        source = _filled(source, known, config)
    return source.load(paths, config, part)


def as_queued(
    queue: Queue, paths: Sequence[Path], source: DatasetSource, config: Config
) -> DatasetSource:
    """How to read a dataset of which a queue turned out to know more than was said.

    Parameters
    ----------
    queue:
        that stands beside it.
    paths:
        of the dataset.
    source:
        what the command line says.
    config:
        what the configuration says.
    """
    try:
        known = scanned(queue)
    except QueueError:  # it is of no dataset any more
        return source
    if not known.is_of(paths):
        return source
    named = dataclasses.replace(source, images=source.images or config.images)
    filled = _filled(source, known, config)
    # A format that was recognised is that which the queue has.
    return source if filled.images == named.images else filled


def _filled(source: DatasetSource, known: ScannedDataset, config: Config) -> DatasetSource:
    """What neither the command line nor a configuration says, as the queue has it."""
    return dataclasses.replace(
        source,
        images=source.images or config.images or known.images,
        format=source.format or config.format_of(FORMATS) or known.format,
    )
