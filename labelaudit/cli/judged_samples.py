"""Samples that a person judged: in files of `labelaudit sample`, and in review queues."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from labelaudit.auditing.label_issues import JudgedSample
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FormatError
from labelaudit.label_errors.evaluation.sample import Sample, human_labels_of, read_sample
from labelaudit.label_errors.human_labels import HumanLabels
from labelaudit.review.queue.places import QueuePlace

SQLITE = b"SQLite format 3\0"
"""What a file of SQLite begins with."""


LEAST = 2
"""Verdicts from which a sample says anything."""


def samples_at(path: QueuePlace) -> list[Sample]:
    """The samples in a file or a queue; of a queue those that were begun, or all if none was.

    Raises
    ------
    FormatError
        if it is neither, or a queue without a sample.
    """
    if isinstance(path, Path) and not _is_queue(path):
        return [read_sample(path)]
    # Only here, because SQLite takes a file of a sample some milliseconds to load.
    from labelaudit.review.queue.samples import sample_of, units  # noqa: PLC0415
    from labelaudit.review.queue.store import Queue  # noqa: PLC0415

    with Queue.existing(path) as queue:
        found = [sample_of(queue, unit) for unit in units(queue)]
    samples = [sample for sample in found if sample is not None]
    if not samples:
        raise FormatError(
            f"{path}: there is no sample in this queue; labelaudit review DATASET --sample 200 "
            "draws one"
        )
    return [sample for sample in samples if _judged(sample) >= LEAST] or samples


def _is_queue(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(SQLITE)) == SQLITE


def _judged(sample: Sample) -> int:
    return sum(item.verdict is not None for item in sample.items)


def human_labels_at(paths: Iterable[QueuePlace], dataset: Dataset) -> HumanLabels:
    """What people said of a dataset in samples at several paths."""
    return HumanLabels.concat(
        [human_labels_of(sample, dataset, path) for path in paths for sample in samples_at(path)]
    )


def estimates_at(paths: Sequence[QueuePlace]) -> tuple[JudgedSample, ...]:
    """What samples say of their datasets: of labels and of images the one with most verdicts."""
    from labelaudit.label_errors.evaluation.prevalence import (  # noqa: PLC0415  # it needs scipy
        MIN_VERDICTS,
        estimate_prevalence,
    )

    most: dict[str, Sample] = {}
    for sample in (one for path in paths for one in samples_at(path)):
        unit = sample.head.unit
        if _judged(sample) >= max(MIN_VERDICTS, _judged(most[unit]) + 1 if unit in most else 0):
            most[unit] = sample
    found = []
    for of, sample in most.items():
        said = estimate_prevalence(sample).all
        if said.errors is not None and said.low is not None and said.high is not None:
            counts = (said.judged, said.wrong, said.of)
            found.append(JudgedSample(of, *counts, said.errors, said.low, said.high))
    return tuple(found)
