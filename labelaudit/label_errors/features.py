"""What speaks for an error in a claim: columns of which, but for context, larger means more wrong.

Few columns, each of known direction: a model that may only raise a probability with them cannot
learn quirks of errors that were made up (DISAGREEMENT, 5.9).
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

CONTEXT = ("area", "aspect", "edge")
"""Columns without a direction."""

UNLIKELY = 1e-4
"""Added to probabilities whose logarithm is a column: below, they do not differ."""

THIN = 1e-3
"""Pixels: sides of predictions are at least taken for that, as some have no inside."""

TAKEN = 0.3
"""IoU from which a detection explains a box."""


def features(
    claims: Hypotheses,
    labels: Labels,
    opinion: ModelOutput,
    room: Floats,
    met: BoxOverlaps,
) -> dict[str, Floats]:
    """The columns of evidence by name, (n,) each.

    Parameters
    ----------
    claims:
        what is claimed of boxes.
    labels:
        the labels of the dataset; a claim is compared with all of them but its own.
    opinion:
        what a model says.
    room:
        (images, 2) width and height of each image in pixels.
    met:
        of claims with predictions.
    """
    seen = opinion.predictions
    columns = _by_detections(claims, labels, seen, met)
    if opinion.box_scores is None:
        columns |= _class_by_detections(claims, seen, met)
    else:
        confused = confusion_matrix(labels, opinion.box_scores)
        columns |= _class_by_opinions(claims, opinion.box_scores, confused)
        columns |= _place_by_opinions(claims, opinion.box_scores)
    columns |= _by_labels(claims, labels)
    columns |= context(claims.xyxy, room[claims.image])
    return columns


def matrix(columns: Mapping[str, Floats]) -> Floats:
    """The columns side by side, (n, columns); what is unknown says nothing."""
    return np.nan_to_num(np.stack(list(columns.values()), axis=1), posinf=0.0, neginf=0.0)


def directions(columns: Mapping[str, Floats]) -> list[int]:
    """1 for each column of which larger means more wrong, 0 for context."""
    return [0 if name in CONTEXT else 1 for name in columns]


def _class_by_opinions(
    claims: Hypotheses, opinions: BoxScores, confused: Floats
) -> dict[str, Floats]:
    row, label = claims.asked, claims.label
    crop = opinions.crop_probs[:, :-1]
    crop_own, crop_other = against(crop, row, label)
    seen_own, seen_other = against(opinions.det_probs, row, label)
    line_own, line_other = against(opinions.lda_probs[:, :-1], row, label)
    votes_own, votes_other = against(opinions.knn_probs, row, label)
    loss, _ = against(opinions.class_loss, row, label)
    heard = class_separability(confused, crop, row, label)
    crop_ratio = np.log(crop_other + FAINT) - np.log(crop_own + FAINT)
    seen_ratio = np.log(seen_other + FAINT) - np.log(seen_own + FAINT)
    line_ratio = np.log(line_other + FAINT) - np.log(line_own + FAINT)
    return {
        "crop_log_ratio": heard * crop_ratio,
        "seen_log_ratio": heard * seen_ratio,
        "line_log_ratio": heard * line_ratio,
        "joint_log_ratio": heard * joint_log_ratio(crop, opinions.det_probs, row, label),
        "neighbour_margin": votes_other - votes_own,
        "crop_doubt": -np.log(crop_own + UNLIKELY),
        "line_doubt": -np.log(line_own + UNLIKELY),
        "seen_doubt": -np.log(seen_own + UNLIKELY),
        "class_loss": loss,
        "crop_background": np.log(opinions.crop_probs[row, -1].astype(np.float64) + UNLIKELY),
        "line_background": np.log(opinions.lda_probs[row, -1].astype(np.float64) + UNLIKELY),
        "seen_background": -np.log(np.maximum(seen_own, seen_other) + UNLIKELY),
    }


def _place_by_opinions(claims: Hypotheses, opinions: BoxScores) -> dict[str, Floats]:
    row = claims.asked
    return {
        "box_loss": opinions.box_loss[row],
        "dense_misfit": 1 - iou(opinions.mean_anchor_box[row], claims.xyxy),
        "crop_misfit": 1 - iou(opinions.crop_box[row], claims.xyxy),
        "crop_doubts_fit": 1 - opinions.pred_iou[row],
        "weighted_misfit": 1 - opinions.weighted_iou[row],
    }


def _by_detections(
    claims: Hypotheses, labels: Labels, predictions: Predictions, met: BoxOverlaps
) -> dict[str, Floats]:
    same = predictions.label[met.other] == claims.label[met.one]
    count, everything = len(claims), np.ones(len(met), bool)
    same_overlap, same_score = best_match(met, predictions, same, count)
    other_overlap, other_score = best_match(met, predictions, ~same, count)
    any_overlap, any_score = best_match(met, predictions, everything, count)
    return {
        "swapped": other_overlap * other_score - same_overlap * same_score,
        "best_detection": 1 - any_overlap * any_score,
        "same_class_misfit": 1 - same_overlap,
        "claimed": _claimed(claims, labels, predictions, met),
    }


def best_match(
    met: BoxOverlaps, predictions: Predictions, which: Bools, count: int
) -> tuple[Floats, Floats]:
    """IoU and score, (count,) each, of the best match of each box among pairs; 0 without one.

    The best has the largest IoU times the root of its score: a sure detection a little off is a
    better match than a faint one that fits.
    """
    met = met.rows(which)
    score = predictions.score[met.other]
    place = champion(met.one, met.overlap * np.sqrt(score), count)
    # The row that is added at the end stands for no match.
    return np.append(met.overlap, 0.0)[place], np.append(score, 0.0)[place]


def _claimed(
    claims: Hypotheses, labels: Labels, predictions: Predictions, met: BoxOverlaps
) -> Floats:
    """How well the detection that explains each box fits another label, (n,) IoU."""
    met = met.rows(met.overlap > TAKEN)
    place = champion(met.one, met.overlap * predictions.score[met.other], len(claims))
    explained = np.flatnonzero(place != MISSING)
    detection = met.other[place[explained]]
    rivals = overlaps(
        predictions.image[detection], predictions.xyxy[detection], labels.image, labels.xyxy
    )
    rivals = rivals.rows(rivals.other != claims.own[explained][rivals.one])
    taken = np.zeros(len(claims))
    taken[explained] = max_by_row(rivals.one, rivals.overlap, len(explained))
    return taken


def _class_by_detections(
    claims: Hypotheses, predictions: Predictions, met: BoxOverlaps
) -> dict[str, Floats]:
    """Class evidence where nobody can be asked: of the detections that overlap the box."""
    own, other = _scores_near(claims, predictions, met)
    return {
        "detected_log_ratio": np.log(other + UNLIKELY) - np.log(own + UNLIKELY),
        "detected_doubt": -np.log(own + UNLIKELY),
        "detected_misfit": 1 - max_by_row(met.one, met.overlap, len(claims)),
    }


def _scores_near(
    claims: Hypotheses, predictions: Predictions, met: BoxOverlaps
) -> tuple[Floats, Floats]:
    """How sure overlapping detections are of the claimed class, and of another, (n,) each."""
    count, score = len(claims), predictions.score[met.other]
    if predictions.class_scores.shape[1]:
        place = champion(met.one, met.overlap * np.sqrt(score), count)
        row = np.append(met.other, 0)[place]
        own, other = np.zeros(count), np.zeros(count)
        found = place != MISSING
        own[found], other[found] = against(
            predictions.class_scores, row[found], claims.label[found]
        )
        return own, other
    same = predictions.label[met.other] == claims.label[met.one]
    own = max_by_row(met.one[same], (met.overlap * score)[same], count)
    return own, max_by_row(met.one[~same], (met.overlap * score)[~same], count)


def _by_labels(claims: Hypotheses, labels: Labels) -> dict[str, Floats]:
    met = overlaps(claims.image, claims.xyxy, labels.image, labels.xyxy)
    met = met.rows(met.other != claims.own[met.one])
    same = labels.label[met.other] == claims.label[met.one]
    return {
        "near_same": max_by_row(met.one[same], met.overlap[same], len(claims)),
        "near_other": max_by_row(met.one[~same], met.overlap[~same], len(claims)),
    }


def context(xyxy: Floats, room: Floats) -> dict[str, Floats]:
    """Size, shape and distance to the edge of boxes, (n,) each, against images of size `room`."""
    width, height = (xyxy[:, 2:] - xyxy[:, :2]).T
    gaps = np.hstack([xyxy[:, :2], room - xyxy[:, 2:]])
    return {
        "area": np.log(np.maximum(area(xyxy), 1) / (room[:, 0] * room[:, 1])),
        "aspect": np.log(np.maximum(width, THIN) / np.maximum(height, THIN)),
        "edge": gaps.min(axis=1) / room.max(axis=1),
    }
