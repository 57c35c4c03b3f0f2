"""The features of hypotheses: but for context, larger means more wrong.

Few features, each of known direction: a model that may only raise a probability with them cannot
learn quirks of errors that were made up (docs/method.md, section 4).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from labelaudit.boxes.ops import area, iou
from labelaudit.boxes.overlaps import BoxOverlaps, champion, max_by_row, overlaps
from labelaudit.core.columns import MISSING, Bools, Floats
from labelaudit.label_errors.class_scores import FAINT, against, joint_log_ratio
from labelaudit.label_errors.confusion_matrix import class_separability, confusion_matrix
from labelaudit.label_errors.hypotheses import Hypotheses
from labelaudit.label_errors.labels import Labels
from labelaudit.predictions.model_output import BoxScores, ModelOutput
from labelaudit.predictions.predictions import Predictions

CONTEXT = ("log_area", "log_aspect_ratio", "edge_distance")
"""Features without a direction."""

UNLIKELY = 1e-4
"""Added to probabilities whose logarithm is a feature: below, they do not differ."""

THIN = 1e-3
"""Pixels: sides of predictions are at least taken for that, as some have no inside."""

TAKEN = 0.3
"""IoU from which a detection explains a box."""


def features(
    hypotheses: Hypotheses,
    labels: Labels,
    model_output: ModelOutput,
    image_sizes: Floats,
    box_overlaps: BoxOverlaps,
) -> dict[str, Floats]:
    """The features by name, (n,) each.

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
    found = _by_detections(hypotheses, labels, predictions, box_overlaps)
    if model_output.box_scores is None:
        found |= _class_by_detections(hypotheses, predictions, box_overlaps)
    else:
        confusion = confusion_matrix(labels, model_output.box_scores)
        found |= _class_by_box_scores(hypotheses, model_output.box_scores, confusion)
        found |= _place_by_box_scores(hypotheses, model_output.box_scores)
    found |= _by_labels(hypotheses, labels)
    found |= context(hypotheses.xyxy, image_sizes[hypotheses.image])
    return found


def matrix(found: Mapping[str, Floats]) -> Floats:
    """The features side by side, (n, f); 0 for what is NaN or infinite."""
    return np.nan_to_num(np.stack(list(found.values()), axis=1), posinf=0.0, neginf=0.0)


def directions(found: Mapping[str, Floats]) -> list[int]:
    """1 for each feature of which larger means more wrong, 0 for context."""
    return [0 if name in CONTEXT else 1 for name in found]


def _class_by_box_scores(
    hypotheses: Hypotheses, box_scores: BoxScores, confusion: Floats
) -> dict[str, Floats]:
    """What says that the class is wrong, by name, (n,) each; logarithms are natural.

    Names begin with who says it: `crop` for the crop head, `seen` for the detector at the anchors
    of the box, `line` for the linear discriminant, `neighbour` for the nearest labelled crops. A
    ratio is of another class to this one, a doubt is of this one alone.
    """
    row, label = hypotheses.query, hypotheses.label
    crop = box_scores.crop_probs[:, :-1]
    crop_own, crop_other = against(crop, row, label)
    det_own, det_other = against(box_scores.det_probs, row, label)
    lda_own, lda_other = against(box_scores.lda_probs[:, :-1], row, label)
    votes_own, votes_other = against(box_scores.knn_probs, row, label)
    loss, _ = against(box_scores.class_loss, row, label)
    separability = class_separability(confusion, crop, row, label)
    crop_ratio = np.log(crop_other + FAINT) - np.log(crop_own + FAINT)
    det_ratio = np.log(det_other + FAINT) - np.log(det_own + FAINT)
    lda_ratio = np.log(lda_other + FAINT) - np.log(lda_own + FAINT)
    return {
        "crop_log_ratio": separability * crop_ratio,
        "det_log_ratio": separability * det_ratio,
        "lda_log_ratio": separability * lda_ratio,
        "joint_log_ratio": separability * joint_log_ratio(crop, box_scores.det_probs, row, label),
        "knn_margin": votes_other - votes_own,
        "crop_nll": -np.log(crop_own + UNLIKELY),
        "lda_nll": -np.log(lda_own + UNLIKELY),
        "det_nll": -np.log(det_own + UNLIKELY),
        "class_loss": loss,
        "crop_log_background": np.log(box_scores.crop_probs[row, -1].astype(np.float64) + UNLIKELY),
        "lda_log_background": np.log(box_scores.lda_probs[row, -1].astype(np.float64) + UNLIKELY),
        "det_min_nll": -np.log(np.maximum(det_own, det_other) + UNLIKELY),
    }


def _place_by_box_scores(hypotheses: Hypotheses, box_scores: BoxScores) -> dict[str, Floats]:
    """What says that the box is misplaced, by name, (n,) each: about 1 - IoU."""
    row = hypotheses.query
    return {
        "box_loss": box_scores.box_loss[row],
        "anchor_iou_distance": 1 - iou(box_scores.mean_anchor_box[row], hypotheses.xyxy),
        "crop_iou_distance": 1 - iou(box_scores.crop_box[row], hypotheses.xyxy),
        "pred_iou_distance": 1 - box_scores.pred_iou[row],
        "weighted_iou_distance": 1 - box_scores.weighted_iou[row],
    }


def _by_detections(
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
        "match_iou_other_label": _claimed(hypotheses, labels, predictions, box_overlaps),
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


def _claimed(
    hypotheses: Hypotheses, labels: Labels, predictions: Predictions, box_overlaps: BoxOverlaps
) -> Floats:
    """How well the detection that explains each box fits another label, (n,) IoU."""
    box_overlaps = box_overlaps.rows(box_overlaps.overlap > TAKEN)
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
    taken = np.zeros(len(hypotheses))
    taken[explained] = max_by_row(rivals.one, rivals.overlap, len(explained))
    return taken


def _class_by_detections(
    hypotheses: Hypotheses, predictions: Predictions, box_overlaps: BoxOverlaps
) -> dict[str, Floats]:
    """Class features where nobody can be asked: of the detections that overlap the box."""
    own, other = _scores_near(hypotheses, predictions, box_overlaps)
    return {
        "match_log_ratio": np.log(other + UNLIKELY) - np.log(own + UNLIKELY),
        "match_nll": -np.log(own + UNLIKELY),
        "nearest_iou_distance": 1 - max_by_row(box_overlaps.one, box_overlaps.overlap, len(hypotheses)),
    }


def _scores_near(
    hypotheses: Hypotheses, predictions: Predictions, box_overlaps: BoxOverlaps
) -> tuple[Floats, Floats]:
    """How sure overlapping detections are of the class, and of another, (n,) each."""
    count, score = len(hypotheses), predictions.score[box_overlaps.other]
    if predictions.class_scores.shape[1]:
        place = champion(box_overlaps.one, box_overlaps.overlap * np.sqrt(score), count)
        row = np.append(box_overlaps.other, 0)[place]
        own, other = np.zeros(count), np.zeros(count)
        found = place != MISSING
        own[found], other[found] = against(
            predictions.class_scores, row[found], hypotheses.label[found]
        )
        return own, other
    same = predictions.label[box_overlaps.other] == hypotheses.label[box_overlaps.one]
    own = max_by_row(box_overlaps.one[same], (box_overlaps.overlap * score)[same], count)
    return own, max_by_row(box_overlaps.one[~same], (box_overlaps.overlap * score)[~same], count)


def _by_labels(hypotheses: Hypotheses, labels: Labels) -> dict[str, Floats]:
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


def context(xyxy: Floats, image_size: Floats) -> dict[str, Floats]:
    """Size, shape and distance to the edge of boxes, (n,) each.

    `area` is the log of the part of the image, `aspect` the log of width by height, `edge` the
    smallest distance by the longer side of the image. `xyxy` is (n, 4), `image_size` (n, 2) width
    and height, both in pixels.
    """
    width, height = (xyxy[:, 2:] - xyxy[:, :2]).T
    gaps = np.hstack([xyxy[:, :2], image_size - xyxy[:, 2:]])
    return {
        "log_area": np.log(np.maximum(area(xyxy), 1) / (image_size[:, 0] * image_size[:, 1])),
        "log_aspect_ratio": np.log(np.maximum(width, THIN) / np.maximum(height, THIN)),
        "edge_distance": gaps.min(axis=1) / image_size.max(axis=1),
    }
