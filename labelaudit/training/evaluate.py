"""A detector measured on the labels of some images."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from labelaudit.boxes.ops import area
from labelaudit.core.columns import MISSING, Ints
from labelaudit.core.progress import StageProgress, ignore_progress
from labelaudit.core.text import counted
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ConfigError
from labelaudit.predictions.predictions import Predictions
from labelaudit.training.inference import Forward, forward_of, predict
from labelaudit.training.metrics import DetectionMetrics, GroundTruth, detection_metrics
from labelaudit.training.model_file import TrainedDetector

LEAST_SCORE = 0.001
"""Detections below it do not count for metrics; a choice, as that of most evaluations: of a
hundred in an image and a class those below change nothing that a figure of three digits shows."""


def evaluate(
    detector: TrainedDetector,
    dataset: Dataset,
    images: Ints,
    *,
    forward: Forward | None = None,
    workers: int = 1,
    progress: StageProgress = ignore_progress,
) -> DetectionMetrics:
    """COCO's metrics of a detector in some images of a dataset, by the names of classes.

    Images that cannot be read are left out, and so are objects of classes that the detector does
    not know; the notes of the result say so.

    Parameters
    ----------
    detector: what is measured.
    dataset: with labels.
    images: (m,) rows in Images.
    forward: its network, if it is to run in another way than where its config says.
    workers: threads that decode.
    progress: told how many images are done.

    Raises
    ------
    ConfigError
        if dataset and detector have no class in common.
    """
    rows = np.asarray(images, np.int64)
    seen = predict(
        forward or forward_of(detector),
        dataset.images.path[rows].tolist(),
        detector.input_size,
        workers=workers,
        threshold=LEAST_SCORE,
        progress=lambda done, total: progress("validating", done, total),
    )
    unread = [row for row, error in zip(rows.tolist(), seen.errors, strict=True) if error]
    found = dataclasses.replace(
        seen.predictions, image=rows[seen.predictions.image].astype(np.int32)
    )
    metrics = measured(found, dataset, np.setdiff1d(rows, unread), detector.classes)
    if not unread:
        return metrics
    left = (
        f"{counted(len(unread), 'image')} of {len(rows):,} left out that cannot be read, such as "
        f"{dataset.images.name[unread[0]]}"
    )
    return dataclasses.replace(metrics, notes=(left, *metrics.notes))


def measured(
    found: Predictions, dataset: Dataset, images: Ints, classes: Sequence[str]
) -> DetectionMetrics:
    """COCO's metrics of detections in some images.

    Parameters
    ----------
    found: `image` is a row in Images, `label` the index in `classes`.
    dataset: with labels.
    images: (m,) rows in Images.
    classes: by name; those of the dataset that are not among them are left out.

    Raises
    ------
    ConfigError
        if the dataset has labels, and none of these classes.
    """
    truth, left = ground_truth(dataset, images, classes)
    metrics = detection_metrics(truth, found, classes, images)
    return dataclasses.replace(metrics, notes=(*left, *metrics.notes))


def ground_truth(
    dataset: Dataset, images: Ints, classes: Sequence[str]
) -> tuple[GroundTruth, tuple[str, ...]]:
    """What is to be found in some images, and what was left out of it, a line each.

    An area that the source states counts, as COCO's masks do; else that of the box.

    Parameters
    ----------
    dataset, images, classes: as for `measured`.
    """
    derived, boxes = DatasetColumns(dataset), dataset.boxes
    place = {name: row for row, name in enumerate(classes)}
    if derived.classes and not any(name in place for name in derived.classes):
        raise ConfigError(
            f"the detector knows {', '.join(classes)}; none of these is a class of {dataset.root}, "
            f"which has {', '.join(derived.classes[:10])}"
        )
    known = np.array([*(place.get(name, MISSING) for name in derived.classes), MISSING])
    label = known[derived.box_class]
    inside = np.isin(boxes.image, images)
    usable = derived.is_valid & derived.in_range
    counts = inside & usable & (label != MISSING)
    rows = np.flatnonzero(counts)
    stated = boxes.area[rows]
    truth = GroundTruth(
        image=boxes.image[rows].astype(np.int64),
        label=label[rows].astype(np.int64),
        xyxy=boxes.xyxy[rows],
        area=np.where(stated > 0, stated, area(boxes.xyxy[rows])),
        crowd=boxes.crowd[rows],
        difficult=boxes.difficult[rows],
    )
    reasons = {
        "without an inside": inside & ~usable,
        "of classes that the detector does not know": inside & usable & (label == MISSING),
    }
    return truth, tuple(
        f"{counted(int(which.sum()), 'box', 'boxes')} left out {reason}"
        for reason, which in reasons.items()
        if which.any()
    )
