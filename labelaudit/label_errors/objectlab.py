"""ObjectLab (Tkachenko, Thyagarajan and Mueller, arXiv 2309.00832), as cleanlab computes it.

Shown beside the features where it is asked for; nothing is learnt from it. Its auxiliary inputs
are made here: cleanlab's own builder takes predictions of three classes for another layout where an
image has equally many of the second and the third.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from labelaudit.boxes.ops import iou
from labelaudit.core.columns import Floats, Ints, Rows
from labelaudit.label_errors.labels import Labels
from labelaudit.predictions.predictions import Predictions

ALPHA = 0.9
"""Weight of IoU in the similarity of two boxes, as cleanlab has it by default; the rest is of the
distance of their centres."""

CleanlabRecord: TypeAlias = dict[str, Any]  # Any: what cleanlab takes is arrays and numbers


@dataclass(frozen=True)
class Thresholds:
    """Scores from which ObjectLab counts on a detection."""

    high: float = 0.95  # to say that a label has the wrong class, or that one is missing
    low: float = 0.5  # to say that a box is badly placed


@dataclass(frozen=True)
class ObjectLabScores:
    """Each in [0, 1], larger is worse."""

    badly_located: Floats  # (n,) of each label
    swapped: Floats  # (n,) of each label


def objectlab(
    labels: Labels,
    predictions: Predictions,
    image_count: int,
    class_count: int,
    thresholds: Thresholds,
) -> ObjectLabScores:
    """The scores of every label; they are in the order of `labels`.

    Loops in Python over images and boxes: some ten milliseconds an image.

    Parameters
    ----------
    labels, predictions:
        of all images.
    image_count, class_count:
        how many there are.
    thresholds:
        from which scores a detection counts.
    """
    from cleanlab.object_detection import rank  # noqa: PLC0415  # takes a second

    order = np.argsort(labels.image, kind="stable")
    labels_by_image = [labels.rows(rows) for rows in _by_image(labels.image, image_count)]
    predictions_by_image = [
        predictions.rows(rows) for rows in _by_image(predictions.image, image_count)
    ]
    given = [{"bboxes": one.xyxy, "labels": one.label} for one in labels_by_image]
    inputs: CleanlabRecord = {
        "labels": given,
        "predictions": [_by_class(one, class_count) for one in predictions_by_image],
        "auxiliary_inputs": _auxiliary(labels_by_image, predictions_by_image),
    }
    badly = rank.compute_badloc_box_scores(low_probability_threshold=thresholds.low, **inputs)
    swap = rank.compute_swap_box_scores(high_probability_threshold=thresholds.high, **inputs)
    return ObjectLabScores(_in_order(badly, order), _in_order(swap, order))


def _by_image(image: Rows, image_count: int) -> list[Ints]:
    """The rows of each image, ascending."""
    stops = np.cumsum(np.bincount(image, minlength=image_count))
    return np.split(np.argsort(image, kind="stable"), stops[:-1])


def _in_order(quality: list[Floats], order: Rows | Any) -> Floats:  # Any: argsort's own type
    """One minus the quality of each label, image by image, in the order of the labels."""
    worse = np.empty(len(order))
    worse[order] = 1 - np.concatenate(quality)
    return worse


def _by_class(predictions: Predictions, class_count: int) -> list[Floats]:
    """The detections of an image by class, as cleanlab takes them: (k, 5), corners and score."""
    rows = np.column_stack([predictions.xyxy, predictions.score])
    return [rows[predictions.label == label] for label in range(class_count)]


def _auxiliary(
    labels_by_image: list[Labels], predictions_by_image: list[Predictions]
) -> list[CleanlabRecord]:
    """What cleanlab compares in each image, with the least similarity above 0 of all images."""
    records = [
        _of_image(given, found)
        for given, found in zip(labels_by_image, predictions_by_image, strict=True)
    ]
    similar = [one["similarity_matrix"] for one in records]
    positive = np.concatenate([matrix[matrix > 0] for matrix in similar])
    least = float(min(positive.min(initial=1.0), 1.0))
    return [one | {"min_possible_similarity": least} for one in records]


def _of_image(given: Labels, found: Predictions) -> CleanlabRecord:
    """Labels and detections of an image, and their similarity and IoU, (labels, detections)."""
    overlap = _overlaps(given.xyxy, found.xyxy)
    apart = _centres(given.xyxy)[:, None] - _centres(found.xyxy)[None]
    distance = np.linalg.norm(apart, axis=2)
    return {
        "pred_labels": found.label,
        "pred_label_probs": found.score,
        "pred_bboxes": found.xyxy,
        "lab_labels": given.label,
        "lab_bboxes": given.xyxy,
        "similarity_matrix": ALPHA * overlap + (1 - ALPHA) * np.exp(-0.1 * distance),
        "iou_matrix": overlap,
    }


def _centres(xyxy: Floats) -> Floats:
    return (xyxy[:, :2] + xyxy[:, 2:]) / 2


def _overlaps(a: Floats, b: Floats) -> Floats:
    """IoU of each box of `a` with each of `b`, (len(a), len(b))."""
    rows = iou(np.repeat(a, len(b), axis=0), np.tile(b, (len(a), 1)))
    return rows.reshape(len(a), len(b))


def objectlab_features(
    labels: Labels, predictions: Predictions, image_count: int
) -> dict[str, Floats]:
    """The scores at the thresholds of the paper as features, (n,) each.

    Parameters
    ----------
    labels, predictions:
        of all images.
    image_count:
        of the dataset.
    """
    class_count = 1 + max(int(labels.label.max(initial=0)), int(predictions.label.max(initial=0)))
    scores = objectlab(labels, predictions, image_count, class_count, Thresholds())
    return {"objectlab_misplaced": scores.badly_located, "objectlab_swapped": scores.swapped}
