"""The features of hypotheses, by the names of the table in docs/method.md, section 4.

All but three are oriented: larger means that the label is more probably wrong. So classifiers can
be held to raise a probability with them, and cannot learn quirks of synthetic errors. Names begin
with the columns of `BoxScores` that they are made from: `crop`, `det`, `lda`, `knn`, `anchor` for
`mean_anchor_box`, or with `match` for detections that overlap the box. `nll` is a negative
log-likelihood, an `iou_distance` 1 - IoU.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from labelaudit.boxes.ops import area, iou
from labelaudit.boxes.overlaps import BoxOverlaps, champion, max_by_row, overlaps
from labelaudit.core.columns import MISSING, Bools, Floats
from labelaudit.label_errors.class_scores import LOG_EPSILON, joint_log_ratio, own_and_best_other
from labelaudit.label_errors.confusion_matrix import class_separability, confusion_matrix
from labelaudit.label_errors.hypotheses import Hypotheses
from labelaudit.label_errors.labels import Labels
from labelaudit.predictions.model_output import BoxScores, ModelOutput
from labelaudit.predictions.predictions import Predictions, Scores

GEOMETRY = ("log_area", "log_aspect_ratio", "edge_distance")
"""Features that are not oriented."""

OF_CLASSES = ("label_crop_log_ratio", "label_crop_nll")
"""Features that only wrong classes are learnt by: synthetic boxes of their own have no such crop,
and would be told from labels by that."""

SMOOTHING = 1e-4
"""Added to probabilities whose logarithm is a feature: far below this, they do not differ."""

MIN_ASPECT_SIDE = 1e-3
"""Pixels, in the aspect ratio: some predictions have no inside."""

EXPLAINED_IOU = 0.3
"""IoU above which a detection may be of the object of a box: synthetic loose boxes keep as much
(`LOOSE_IOU` of `noise/label_noise.py`)."""


def hypothesis_features(
    hypotheses: Hypotheses,
    labels: Labels,
    model_output: ModelOutput,
    image_sizes: Floats,
    box_overlaps: BoxOverlaps,
) -> dict[str, Floats]:
    """The features of hypotheses by name, (n,) each.

    Parameters
    ----------
    hypotheses:
        n classes and boxes.
    labels:
        the labels of the dataset; a hypothesis is compared with all but its source.
    model_output:
        what a model says.
    image_sizes:
        (images, 2) width and height of each image in pixels.
    box_overlaps:
        of hypotheses with predictions.
    """
    predictions = model_output.predictions
    found = _detection_features(hypotheses, labels, predictions, box_overlaps)
    if model_output.box_scores is None:
        free = ~claimed_by_other_labels(hypotheses, labels, predictions, box_overlaps)
        found |= _detection_class_features(hypotheses, predictions, box_overlaps, free)
    else:
        confusion = confusion_matrix(labels, model_output.box_scores.crop_probs[:, :-1])
        found |= _class_features(hypotheses, model_output.box_scores, confusion)
        found |= _box_features(hypotheses, model_output.box_scores)
    if model_output.label_crop_probs is not None:
        found |= _label_crop_features(hypotheses, labels, model_output.label_crop_probs)
    found |= _label_features(hypotheses, labels)
    found |= geometry_features(hypotheses.xyxy, image_sizes[hypotheses.image])
    return found


def feature_matrix(features: Mapping[str, Floats]) -> Floats:
    """Features side by side, (n, f); 0 for what is NaN or infinite."""
    return np.nan_to_num(np.stack(list(features.values()), axis=1), posinf=0.0, neginf=0.0)


def monotonic_constraints(features: Mapping[str, Floats]) -> list[int]:
    """As scikit-learn's `monotonic_cst`: 1 for each oriented feature, 0 for geometry."""
    return [0 if name in GEOMETRY else 1 for name in features]


def _class_features(
    hypotheses: Hypotheses, box_scores: BoxScores, confusion: Floats
) -> dict[str, Floats]:
    """What says that the class is wrong, by name, (n,) each; logarithms are natural.

    A log ratio is that of the best other class to this one, a negative log-likelihood that of this
    one alone.
    """
    row, label = hypotheses.query, hypotheses.label
    crop = box_scores.crop_probs[:, :-1]
    crop_own, crop_other = own_and_best_other(crop, row, label)
    det_own, det_other = own_and_best_other(box_scores.det_probs, row, label)
    lda_own, lda_other = own_and_best_other(box_scores.lda_probs[:, :-1], row, label)
    knn_own, knn_other = own_and_best_other(box_scores.knn_probs, row, label)
    loss, _ = own_and_best_other(box_scores.class_loss, row, label)
    separability = class_separability(confusion, crop, row, label)
    crop_ratio = np.log(crop_other + LOG_EPSILON) - np.log(crop_own + LOG_EPSILON)
    det_ratio = np.log(det_other + LOG_EPSILON) - np.log(det_own + LOG_EPSILON)
    lda_ratio = np.log(lda_other + LOG_EPSILON) - np.log(lda_own + LOG_EPSILON)
    return {
        "crop_log_ratio": separability * crop_ratio,
        "det_log_ratio": separability * det_ratio,
        "lda_log_ratio": separability * lda_ratio,
        "joint_log_ratio": separability * joint_log_ratio(crop, box_scores.det_probs, row, label),
        "knn_margin": knn_other - knn_own,
        "crop_nll": -np.log(crop_own + SMOOTHING),
        "lda_nll": -np.log(lda_own + SMOOTHING),
        "det_nll": -np.log(det_own + SMOOTHING),
        "class_loss": loss,
        "crop_log_background": np.log(
            box_scores.crop_probs[row, -1].astype(np.float64) + SMOOTHING
        ),
        "lda_log_background": np.log(box_scores.lda_probs[row, -1].astype(np.float64) + SMOOTHING),
        "det_min_nll": -np.log(np.maximum(det_own, det_other) + SMOOTHING),
    }


def _label_crop_features(
    hypotheses: Hypotheses, labels: Labels, probs: Scores
) -> dict[str, Floats]:
    """What the crops of labels alone say against the class, by name, (n,) each.

    0 for boxes that are no label's.
    """
    is_label = hypotheses.query < len(labels)
    row, label = np.where(is_label, hypotheses.query, 0), hypotheses.label
    own, other = own_and_best_other(probs, row, label)
    separability = class_separability(confusion_matrix(labels, probs), probs, row, label)
    ratio = np.log(other + LOG_EPSILON) - np.log(own + LOG_EPSILON)
    return {
        "label_crop_log_ratio": np.where(is_label, separability * ratio, 0),
        "label_crop_nll": np.where(is_label, -np.log(own + SMOOTHING), 0),
    }


def _box_features(hypotheses: Hypotheses, box_scores: BoxScores) -> dict[str, Floats]:
    """What says that the box is loose, by name, (n,) each: 1 - IoU, or near it."""
    row = hypotheses.query
    return {
        "box_loss": box_scores.box_loss[row],
        "anchor_iou_distance": 1 - iou(box_scores.mean_anchor_box[row], hypotheses.xyxy),
        "crop_iou_distance": 1 - iou(box_scores.crop_box[row], hypotheses.xyxy),
        "pred_iou_distance": 1 - box_scores.pred_iou[row],
        "weighted_iou_distance": 1 - box_scores.weighted_iou[row],
    }


def _detection_features(
    hypotheses: Hypotheses, labels: Labels, predictions: Predictions, box_overlaps: BoxOverlaps
) -> dict[str, Floats]:
    """How badly detections fit the class and box, by name, (n,) each."""
    same = predictions.label[box_overlaps.other] == hypotheses.label[box_overlaps.one]
    count, everything = len(hypotheses), np.ones(len(box_overlaps), bool)
    same_overlap, same_score = best_match(box_overlaps, predictions, same, count)
    other_overlap, other_score = best_match(box_overlaps, predictions, ~same, count)
    any_overlap, any_score = best_match(box_overlaps, predictions, everything, count)
    return {
        "swap_margin": other_overlap * other_score - same_overlap * same_score,
        "unmatched": 1 - any_overlap * any_score,
        "same_class_iou_distance": 1 - same_overlap,
        "match_iou_other_label": _match_of_other_labels(
            hypotheses, labels, predictions, box_overlaps
        ),
    }


def best_match(
    box_overlaps: BoxOverlaps, predictions: Predictions, which: Bools, count: int
) -> tuple[Floats, Floats]:
    """IoU and score, (count,) each, of the best match of each box among pairs; 0 without one.

    The best has the largest IoU times the root of its score: a sure detection a little off is a
    better match than a faint one that fits.

    Parameters
    ----------
    box_overlaps:
        of boxes with predictions.
    predictions:
        of all images.
    which:
        (p,) the pairs of `box_overlaps` that count.
    count:
        of boxes.
    """
    box_overlaps = box_overlaps.rows(which)
    score = predictions.score[box_overlaps.other]
    place = champion(box_overlaps.one, box_overlaps.overlap * np.sqrt(score), count)
    # The row that is added at the end stands for no match.
    return np.append(box_overlaps.overlap, 0.0)[place], np.append(score, 0.0)[place]


def _match_of_other_labels(
    hypotheses: Hypotheses, labels: Labels, predictions: Predictions, box_overlaps: BoxOverlaps
) -> Floats:
    """Largest IoU of the detection at each box with another label, (n,); 0 without a detection.

    A box on nothing beside an object overlaps a detection, but one that is of the object's label.
    """
    box_overlaps = box_overlaps.rows(box_overlaps.overlap > EXPLAINED_IOU)
    place = champion(
        box_overlaps.one,
        box_overlaps.overlap * predictions.score[box_overlaps.other],
        len(hypotheses),
    )
    explained = np.flatnonzero(place != MISSING)
    detection = box_overlaps.other[place[explained]]
    rivals = overlaps(
        predictions.image[detection], predictions.xyxy[detection], labels.image, labels.xyxy
    )
    rivals = rivals.rows(rivals.other != hypotheses.source_label[explained][rivals.one])
    match_iou = np.zeros(len(hypotheses))
    match_iou[explained] = max_by_row(rivals.one, rivals.overlap, len(explained))
    return match_iou


def claimed_by_other_labels(
    hypotheses: Hypotheses, labels: Labels, predictions: Predictions, box_overlaps: BoxOverlaps
) -> Bools:
    """Which detections a label of their class, but the source of the hypothesis, fits better, (p,).

    A detection of a person beside a dog says nothing of the dog if the person has a label.

    Parameters
    ----------
    hypotheses, labels, predictions:
        of all images.
    box_overlaps:
        p pairs of hypotheses with predictions.
    """
    seen = overlaps(predictions.image, predictions.xyxy, labels.image, labels.xyxy)
    seen = seen.rows(predictions.label[seen.one] == labels.label[seen.other])
    count = len(predictions)
    first = champion(seen.one, seen.overlap, count)
    best, owner = np.append(seen.overlap, 0.0)[first], np.append(seen.other, MISSING)[first]
    rest = seen.rows(seen.other != owner[seen.one])
    second = max_by_row(rest.one, rest.overlap, count)
    detection, source = box_overlaps.other, hypotheses.source_label[box_overlaps.one]
    is_source = (owner[detection] == source) & (source != MISSING)
    claimed: Bools = np.where(is_source, second[detection], best[detection]) > box_overlaps.overlap
    return claimed


def _detection_class_features(
    hypotheses: Hypotheses, predictions: Predictions, box_overlaps: BoxOverlaps, free: Bools
) -> dict[str, Floats]:
    """What says that the class is wrong where there are no box scores, by name, (n,) each.

    `free` are the pairs, (p,), whose detection no other label claims.
    """
    own, other = _scores_of_detections(hypotheses, predictions, box_overlaps, free)
    same = predictions.label[box_overlaps.other] == hypotheses.label[box_overlaps.one]
    count = len(hypotheses)
    same_overlap, same_score = best_match(box_overlaps, predictions, same, count)
    other_overlap, other_score = best_match(box_overlaps, predictions, ~same & free, count)
    return {
        "swap_margin": other_overlap * other_score - same_overlap * same_score,
        "match_log_ratio": np.log(other + SMOOTHING) - np.log(own + SMOOTHING),
        "match_nll": -np.log(own + SMOOTHING),
        "nearest_iou_distance": 1
        - max_by_row(box_overlaps.one, box_overlaps.overlap, len(hypotheses)),
    }


def _scores_of_detections(
    hypotheses: Hypotheses, predictions: Predictions, box_overlaps: BoxOverlaps, free: Bools
) -> tuple[Floats, Floats]:
    """The score of the class, and the highest of another, in overlapping detections, (n,) each.

    Of the best match where detections have a score for every class; else the highest of IoU times
    score among the detections of each class.
    """
    count, score = len(hypotheses), predictions.score[box_overlaps.other]
    if predictions.class_scores.shape[1]:
        place = champion(box_overlaps.one, box_overlaps.overlap * np.sqrt(score), count)
        row = np.append(box_overlaps.other, 0)[place]
        own, other = np.zeros(count), np.zeros(count)
        found = place != MISSING
        own[found], other[found] = own_and_best_other(
            predictions.class_scores, row[found], hypotheses.label[found]
        )
        return own, other
    same = predictions.label[box_overlaps.other] == hypotheses.label[box_overlaps.one]
    own = max_by_row(box_overlaps.one[same], (box_overlaps.overlap * score)[same], count)
    others = ~same & free
    return own, max_by_row(box_overlaps.one[others], (box_overlaps.overlap * score)[others], count)


def _label_features(hypotheses: Hypotheses, labels: Labels) -> dict[str, Floats]:
    """The largest IoU with another label of the same and of another class, (n,) each."""
    box_overlaps = overlaps(hypotheses.image, hypotheses.xyxy, labels.image, labels.xyxy)
    box_overlaps = box_overlaps.rows(
        box_overlaps.other != hypotheses.source_label[box_overlaps.one]
    )
    same = labels.label[box_overlaps.other] == hypotheses.label[box_overlaps.one]
    return {
        "same_class_label_iou": max_by_row(
            box_overlaps.one[same], box_overlaps.overlap[same], len(hypotheses)
        ),
        "other_class_label_iou": max_by_row(
            box_overlaps.one[~same], box_overlaps.overlap[~same], len(hypotheses)
        ),
    }


def geometry_features(xyxy: Floats, image_size: Floats) -> dict[str, Floats]:
    """Size, shape and distance to the edge of boxes, (n,) each.

    `log_area` is of the part of the image (boxes count as at least 1 px²), `log_aspect_ratio` of
    width by height, `edge_distance` the smallest by the longer side of the image. `xyxy` is (n, 4),
    `image_size` (n, 2) width and height, both in pixels.
    """
    width, height = (xyxy[:, 2:] - xyxy[:, :2]).T
    gaps = np.hstack([xyxy[:, :2], image_size - xyxy[:, 2:]])
    return {
        "log_area": np.log(np.maximum(area(xyxy), 1) / (image_size[:, 0] * image_size[:, 1])),
        "log_aspect_ratio": np.log(
            np.maximum(width, MIN_ASPECT_SIDE) / np.maximum(height, MIN_ASPECT_SIDE)
        ),
        "edge_distance": gaps.min(axis=1) / image_size.max(axis=1),
    }
