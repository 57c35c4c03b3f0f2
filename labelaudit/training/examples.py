"""What a detector learns from and is measured on: images, labels in pixels of the network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from labelaudit.core.columns import MISSING, Bools, Floats, Ints
from labelaudit.core.progress import StageProgress, ignore_progress
from labelaudit.core.text import counted
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.cross_validation.build_job import network_labels
from labelaudit.detector.extraction import Extraction, extract
from labelaudit.detector.job import Job, NetworkBoxes
from labelaudit.detector.preprocess import choose_input_size
from labelaudit.errors import ConfigError
from labelaudit.training.split import TrainingSplit

LEARN, VALIDATE = 1, 0
"""Folds of the job of a training."""

MOST_NAMED = 3
"""Images or classes that a message names at most; a choice."""


@dataclass(frozen=True, eq=False)
class TrainingImages:
    """The images of a split, and what came of decoding them."""

    dataset: Dataset  # of these images alone
    derived: DatasetColumns
    split: TrainingSplit  # rows in that dataset
    extraction: Extraction
    kept: Ints  # (b,) the boxes of that dataset as rows of the one that it was taken from


@dataclass(frozen=True, eq=False)
class TrainingExamples:
    """A split as networks see it."""

    images: TrainingImages
    job: Job  # learned images are of the fold LEARN, others of VALIDATE
    weights: Floats | None  # of each row of `job.labels`; None: all count the same
    notes: tuple[str, ...]  # what was left out, a line each

    @property
    def learn(self) -> Ints:
        """The images to learn from."""
        return self.job.training_images(VALIDATE)

    @property
    def validate(self) -> Ints:
        """The images to measure on."""
        return self.job.validation_images(VALIDATE)


def training_images(
    dataset: Dataset,
    config: DetectorConfig,
    split: TrainingSplit,
    cache: Path,
    claim: Callable[[Path], Path],
    *,
    as_features: bool,
    workers: int = 1,
    progress: StageProgress = ignore_progress,
) -> TrainingImages:
    """The images of a split, decoded or as features of a frozen backbone.

    Parameters
    ----------
    dataset: that the split is of.
    config: the detector.
    split: which images.
    cache: the folder of the cache.
    claim: an entry of it, for as long as the run takes.
    as_features: what a frozen backbone makes of the images; else the images themselves.
    workers: threads.
    progress: told how many images are done.
    """
    used = np.zeros(len(dataset.images) + 1, bool)
    used[split.learn] = used[split.validate] = True
    used, kept = used[:-1], np.flatnonzero(used[dataset.boxes.image])
    of_split = np.zeros(len(dataset.boxes), bool)
    of_split[kept] = True
    some = dataset.keep(images=used, boxes=of_split)
    place = np.cumsum(used) - 1
    derived = DatasetColumns(some)
    extraction = extract(
        some.images.path,
        config,
        config.image_size or choose_input_size(derived),
        cache,
        claim,
        as_features=as_features,
        workers=workers,
        progress=progress,
    )
    moved = replace(split, learn=place[split.learn], validate=place[split.validate])
    return TrainingImages(some, derived, moved, extraction, kept)


def examples(
    images: TrainingImages, config: DetectorConfig, label_weights: Floats | None = None
) -> TrainingExamples:
    """The labels of a split in pixels of the network, checked.

    Parameters
    ----------
    images: of the split.
    config: the detector.
    label_weights: (b,) what each box of the dataset that they were taken from counts for.

    Raises
    ------
    ConfigError
        if there is nothing to learn from.
    """
    extracted = images.extraction.extracted
    scaled = network_labels(images.derived, extracted.image_sizes, images.extraction.input_size)
    fold = np.full(len(extracted.errors), MISSING, np.int32)
    fold[images.split.learn], fold[images.split.validate] = LEARN, VALIDATE
    readable = np.isfinite(scaled.scale)
    fold[~readable] = MISSING
    job = Job(
        config,
        len(images.derived.classes),
        images.extraction.input_size,
        images.extraction.shapes,
        fold,
        np.arange(len(fold)),
        scaled.scale,
        extracted.image_sizes,
        labels=scaled.labels,
        regions=scaled.regions,
        query=NetworkBoxes.empty(),
        features_folder=images.extraction.folder,
    )
    notes = (*_unread(images, readable), *_checked(images, job))
    weights = None if label_weights is None else label_weights[images.kept][job.labels.row]
    return TrainingExamples(images, job, weights, notes)


def _unread(images: TrainingImages, readable: Bools) -> list[str]:
    """What to say of images that cannot be read; raises where all of those to learn from are."""
    bad = np.flatnonzero(~readable)
    if not len(bad):
        return []
    first, errors = int(bad[0]), images.extraction.extracted.errors
    reason = f"{images.dataset.images.name[first]}: {errors[first]}"
    if not readable[images.split.learn].any():
        raise ConfigError(f"no image to learn from can be read; the first, {reason}")
    return [f"{counted(len(bad), 'image')} left out that cannot be read, such as {reason}"]


def _checked(images: TrainingImages, job: Job) -> list[str]:
    """What to say of labels; raises where there are none to learn from."""
    learned = job.fold[job.labels.image] == LEARN
    total = int(learned.sum())
    if total == 0:
        raise ConfigError(
            f"{images.dataset.root}: no labels to learn from in "
            f"{counted(int((job.fold == LEARN).sum()), 'image')}: a label needs a class, an inside "
            "and an image, and must be neither a crowd nor difficult; labelaudit scan says more"
        )
    notes = []
    known = np.bincount(job.labels.label[learned], minlength=job.classes)
    empty = [images.derived.classes[row] for row in np.flatnonzero(known == 0)]
    if empty:
        more = f" and {len(empty) - MOST_NAMED} more" if len(empty) > MOST_NAMED else ""
        notes.append(
            f"no label to learn from has the {'class' if len(empty) == 1 else 'classes'} "
            f"{', '.join(empty[:MOST_NAMED])}{more}: the detector will not find any"
        )
    notes += _out_of_reach(images, job)
    left = len(job.regions)
    if left:
        notes.append(
            f"{counted(left, 'box', 'boxes')} neither learned nor background: crowds, difficult "
            "ones, and what has no class or no inside"
        )
    return notes


def _out_of_reach(images: TrainingImages, job: Job) -> list[str]:
    """What to say of boxes that are nowhere, so that what they mark is background."""
    dataset = images.dataset
    boxes = dataset.boxes
    lost = job.fold[boxes.image] != MISSING
    lost[job.labels.row] = lost[job.regions.row] = False
    rows = np.flatnonzero(lost)
    if not len(rows):
        return []
    first = int(rows[0])
    file = dataset.files.path[boxes.file[first]]
    return [
        f"{counted(len(rows), 'box', 'boxes')} left out, background, since corners are no numbers "
        f"or out of all reach: the first in {dataset.images.name[boxes.image[first]]} ({file}, "
        f"record {boxes.record[first]}); labelaudit scan says more"
    ]
