"""One network: trained on one set of labels with one seed, and measured on the held-out images."""

from __future__ import annotations

import json
import shutil
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from labelaudit.core.cache import digest, remove_unfinished, stamps, write_atomically
from labelaudit.core.columns import MISSING, Floats, Ints
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset
from labelaudit.detector.config import DetectorConfig
from labelaudit.errors import ConfigError
from labelaudit.impact.bootstrap import average_precision, drawn_weights
from labelaudit.impact.matching import matches_of
from labelaudit.predictions.predictions import Predictions
from labelaudit.training.augmentation import Augmentation
from labelaudit.training.evaluate import LEAST_SCORE
from labelaudit.training.inference import forward_of, predict
from labelaudit.training.metrics import GroundTruth, detection_metrics
from labelaudit.training.run_folder import metrics_line, told_of_room
from labelaudit.training.split import TrainingSplit
from labelaudit.training.train import Recipe, train_detector

VERSION = 1
"""Changes when the same task would come to other figures; what was kept is not read then."""

MEASURED, METRICS, TRAINING = "measured.npz", "metrics.json", "training"
"""In the folder of a run: what intervals are made from; figures for people; the checkpoints."""

LEARNING = 0.9
"""Part of the time of a run that is training, as progress shows it; nothing else depends on it."""


@dataclass(frozen=True, eq=False)
class HeldOutImages:
    """What all networks are measured on."""

    images: Ints  # (m,) rows in Images of every set
    paths: Sequence[str]  # (m,)
    group: Ints  # (m,) equal for near duplicates, which are drawn together
    truth: GroundTruth  # `image` is a row in Images
    classes: tuple[str, ...]  # of its labels


@dataclass(frozen=True, eq=False)
class Task:
    """All that one run needs to know."""

    name: str  # of the set, for messages
    folder: Path  # of this run
    dataset: Dataset
    learn: Ints  # rows in Images
    config: DetectorConfig  # with epochs, size and seed
    augmentation: Augmentation
    held_out: HeldOutImages
    cache: Path

    @cached_property
    def key(self) -> str:
        """A name for all that the figures depend on."""
        boxes, truth = self.dataset.boxes, self.held_out.truth
        derived = DatasetColumns(self.dataset)
        return digest(
            *(
                VERSION,
                self.config,
                self.augmentation,
                derived.classes,
                derived.box_class,
                boxes.image,
                boxes.xyxy,
            ),
            *(boxes.crowd, boxes.difficult, self.learn, self.dataset.images.path),
            *(stamps(self.dataset.images.path), self.held_out.images, self.held_out.group),
            *(self.held_out.classes, *vars(truth).values()),
        )


@dataclass(frozen=True, eq=False)
class Measured:
    """What came of a run."""

    precision: Floats  # (c,) AP of each class on the held-out images; NaN without objects
    drawn: Floats  # (w, c) the same on images drawn again
    figures: dict[str, Any]  # COCO's metrics, as `metrics_line`; Any: what JSON holds


def measured(task: Task) -> Measured | None:
    """What came of a run earlier; None where it was another one, or did not come to its end."""
    try:
        figures = json.loads((task.folder / METRICS).read_text("utf-8"))
        if figures.pop("key") != task.key:
            return None
        with (task.folder / MEASURED).open("rb") as opened, np.load(opened) as file:
            return Measured(file["precision"], file["drawn"], figures)
    except (OSError, ValueError, KeyError, EOFError, zlib.error, BadZipFile):
        return None


def run(task: Task, progress: Callable[[float], None]) -> None:
    """Train, measure and write down; a run that was stopped goes on where it was.

    Parameters
    ----------
    task: what is to be done.
    progress: told which part of it is done, in [0, 1].

    Raises
    ------
    LabelauditError
        if nothing can be learned from these labels, memory or disk are full.
    """
    with told_of_room(task.folder):
        _settle(task)
    detector = train_detector(
        task.dataset,
        task.config,
        TrainingSplit(task.learn, task.learn[:0], "the images of an experiment"),
        folder=task.folder / TRAINING,
        cache=task.cache,
        workers=1,
        progress=lambda _stage, done, total: progress(LEARNING * done / max(total, 1)),
        recipe=Recipe(task.augmentation),
    )
    held = task.held_out
    seen = predict(
        forward_of(detector),
        held.paths,
        detector.input_size,
        threshold=LEAST_SCORE,
        progress=lambda done, total: progress(LEARNING + (1 - LEARNING) * done / max(total, 1)),
    )
    if all(seen.errors):
        raise ConfigError(f"no held-out image can be read, the first because: {seen.errors[0]}")
    found = _in_classes(seen.predictions, held, detector.classes)
    matches = matches_of(held.truth, found, held.images, len(held.classes))
    metrics = detection_metrics(held.truth, found, held.classes, held.images)
    result = Measured(
        average_precision(matches, np.ones((1, len(held.images))))[0],
        average_precision(matches, drawn_weights(held.group)),
        metrics_line(metrics),
    )
    with told_of_room(task.folder):
        _write(task, result)
    shutil.rmtree(task.folder / TRAINING, ignore_errors=True)


def _settle(task: Task) -> None:
    """A folder without what another task of that name has left there."""
    try:
        task.folder.mkdir(parents=True, exist_ok=True)
        remove_unfinished(task.folder)
        note = task.folder / "key"
        if not note.is_file() or note.read_text("utf-8") != task.key:
            for old in (task.folder / METRICS, task.folder / MEASURED):
                old.unlink(missing_ok=True)
            shutil.rmtree(task.folder / TRAINING, ignore_errors=True)
            write_atomically(note, lambda file: file.write(task.key.encode()))
    except OSError as error:
        raise ConfigError(f"{task.folder}: cannot be written ({error.strerror})") from error


def _in_classes(found: Predictions, held: HeldOutImages, classes: Sequence[str]) -> Predictions:
    """Detections by the classes of the held-out labels; those of other classes find nothing."""
    place = {name: row for row, name in enumerate(held.classes)}
    label = np.array([place.get(name, MISSING) for name in classes], np.int32)[found.label]
    image = held.images[found.image].astype(np.int32)
    return replace(found, label=label, image=image).rows(label != MISSING)


def _write(task: Task, result: Measured) -> None:
    """Keep what came of a run; the figures last, which say that all is there."""
    write_atomically(
        task.folder / MEASURED,
        lambda file: np.savez_compressed(file, precision=result.precision, drawn=result.drawn),
    )
    content = {"key": task.key, "labels": task.name, "seed": task.config.seed, **result.figures}
    text = json.dumps(content, indent=1) + "\n"
    write_atomically(task.folder / METRICS, lambda file: file.write(text.encode()))
