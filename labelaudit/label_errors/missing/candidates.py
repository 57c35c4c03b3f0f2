"""Places where an object may be missing, and the features that speak for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.boxes.ops import area, iou
from labelaudit.boxes.overlaps import BoxOverlaps, champion, max_by_row, overlaps
from labelaudit.core.columns import MISSING, Bools, Floats, Rows
from labelaudit.core.rows import stable_argsort
from labelaudit.label_errors.features import geometry_features
from labelaudit.label_errors.labels import Labels
from labelaudit.predictions.model_output import BoxScores, ModelOutput
from labelaudit.predictions.predictions import Predictions, Scores

FREE = 0.5
"""Largest IoU of a candidate with a label, exclusive: above, the label is what was seen."""

BADLY_SEEN = 0.4
"""IoU from which the place that fits a label best, of its class, is what was seen of the label.

It may be below `FREE` where the detector frames an object badly. Not so where labels are left out
to learn from: such places are good examples of nothing (docs/method.md, section 11).
"""

CLUSTER = 0.6
"""IoU from which predictions of any class speak for one place."""


@dataclass(frozen=True)
class Candidates:
    """Predictions without regard to class, one for each place, and what meets them."""

    predictions: Predictions  # (m,)
    fixed: dict[str, Floats]  # features that do not depend on labels, (m,) each
    box_overlaps: BoxOverlaps  # of candidates with labels
    shared: Floats  # (p,) of each of `box_overlaps`, the area in both, square pixels

    def __len__(self) -> int:
        return len(self.predictions)


def candidates_of(
    model_output: ModelOutput,
    labels: Labels,
    image_sizes: Floats,
    label_overlaps: BoxOverlaps | None = None,
) -> Candidates:
    """The candidates of a model's output, with those of their features that labels do not change.

    Parameters
    ----------
    model_output:
        of the dataset.
    labels:
        of the dataset.
    image_sizes:
        (images, 2) width and height of each image in pixels.
    label_overlaps:
        the overlaps of labels with predictions, if they are known: where candidates are some of
        these, theirs are among them.
    """
    predictions = model_output.candidates
    if label_overlaps is None or model_output.among is None:
        box_overlaps = overlaps(predictions.image, predictions.xyxy, labels.image, labels.xyxy)
    else:
        found = _with_rows(label_overlaps, model_output.among, len(model_output.predictions))
        box_overlaps = found.replaced(one=found.other, other=found.one).rows(
            stable_argsort(found.other)
        )
    areas = area(predictions.xyxy)[box_overlaps.one] + area(labels.xyxy)[box_overlaps.other]
    fixed = _by_scores(predictions) | _by_others(
        predictions, model_output.predictions, model_output.among
    )
    if model_output.candidate_scores is not None:
        fixed |= _by_box_scores(predictions, model_output.candidate_scores)
    fixed |= geometry_features(predictions.xyxy, image_sizes[predictions.image])
    return Candidates(
        predictions, fixed, box_overlaps, box_overlaps.overlap * areas / (1 + box_overlaps.overlap)
    )


def free(candidates: Candidates, kept: Bools) -> Bools:
    """Which places no label in `kept` explains, (m,)."""
    box_overlaps = candidates.box_overlaps.rows(kept[candidates.box_overlaps.other])
    nearest: Bools = max_by_row(box_overlaps.one, box_overlaps.overlap, len(candidates)) < FREE
    return nearest


def unexplained(candidates: Candidates, labels: Labels) -> Bools:
    """Which places no label explains, (m,): they are free, and not what was seen of a label."""
    box_overlaps, predictions = candidates.box_overlaps, candidates.predictions
    box_overlaps = box_overlaps.rows(
        labels.label[box_overlaps.other] == predictions.label[box_overlaps.one]
    )
    best = champion(
        box_overlaps.other,
        box_overlaps.overlap * np.sqrt(predictions.score[box_overlaps.one]),
        len(labels),
    )
    best = best[best != MISSING]
    unexplained = free(candidates, np.ones(len(labels), bool))
    unexplained[box_overlaps.one[best][box_overlaps.overlap[best] >= BADLY_SEEN]] = False
    return unexplained


def candidate_features(candidates: Candidates, labels: Labels, kept: Bools) -> dict[str, Floats]:
    """The features of candidates by name, (m,) each, were only some labels there.

    Parameters
    ----------
    candidates:
        m of them.
    labels:
        of the dataset.
    kept:
        (labels,) which are there.
    """
    here = kept[candidates.box_overlaps.other]
    box_overlaps, shared, count = (
        candidates.box_overlaps.rows(here),
        candidates.shared[here],
        len(candidates),
    )
    same = labels.label[box_overlaps.other] == candidates.predictions.label[box_overlaps.one]
    here_labelled = np.bincount(labels.image[kept], minlength=1 + _last(candidates, labels))
    return candidates.fixed | {
        "label_iou": max_by_row(box_overlaps.one, box_overlaps.overlap, count),
        "same_class_label_iou": max_by_row(
            box_overlaps.one[same], box_overlaps.overlap[same], count
        ),
        "inside_label": max_by_row(
            box_overlaps.one, shared / area(candidates.predictions.xyxy)[box_overlaps.one], count
        ),
        "around_label": max_by_row(
            box_overlaps.one, shared / area(labels.xyxy)[box_overlaps.other], count
        ),
        "labels_in_image": here_labelled[candidates.predictions.image].astype(np.float64),
    }


def _last(candidates: Candidates, labels: Labels) -> int:
    """The largest image row in either table."""
    return max(
        (int(rows.max()) for rows in (candidates.predictions.image, labels.image) if len(rows)),
        default=0,
    )


def _by_scores(predictions: Predictions) -> dict[str, Floats]:
    features: dict[str, Floats] = {
        "score": predictions.score.astype(np.float64),
        "rank": _rank_in_image(predictions),
    }
    if predictions.class_scores.shape[1]:
        scores = predictions.class_scores.astype(np.float64)
        total = scores.sum(axis=1)
        part = scores / (total + 1e-6)[:, None]
        features["score_margin"] = _margin(predictions.class_scores)
        features["score_entropy"] = -(part * np.log(part + 1e-6)).sum(axis=1)
        features["score_sum"] = total
    return features


def _margin(scores: Scores) -> Floats:
    """The highest score less the second, (m,); of one class, its score."""
    if scores.shape[1] == 1:
        return scores[:, 0].astype(np.float64)
    top = -np.partition(-scores.astype(np.float64), 1, axis=1)[:, :2]
    return top[:, 0] - top[:, 1]


def _rank_in_image(predictions: Predictions) -> Floats:
    """How many places of the same image are surer, (m,)."""
    order = np.lexsort((-predictions.score, predictions.image))
    image = predictions.image[order]
    start = np.searchsorted(image, image)
    rank = np.empty(len(predictions))
    rank[order] = np.arange(len(predictions)) - start
    return rank


def _by_others(
    candidates: Predictions, predictions: Predictions, among: Rows | None
) -> dict[str, Floats]:
    """How much other detections speak for a candidate, and the overlap with a surer one."""
    votes = overlaps(candidates.image, candidates.xyxy, predictions.image, predictions.xyxy)
    if among is None:
        rivals = overlaps(candidates.image, candidates.xyxy, candidates.image, candidates.xyxy)
    else:
        rivals = _with_rows(votes, among, len(predictions))
    votes = votes.rows(votes.overlap > CLUSTER)
    total = np.bincount(votes.one, predictions.score[votes.other], len(candidates))
    rivals = rivals.rows(candidates.score[rivals.other] > candidates.score[rivals.one])
    return {
        "cluster_score": total.astype(np.float64),
        "higher_score_iou": max_by_row(rivals.one, rivals.overlap, len(candidates)),
    }


def _with_rows(box_overlaps: BoxOverlaps, rows: Rows, count: int) -> BoxOverlaps:
    """The overlaps with these of `count` rows of a second table, each by its place in `rows`."""
    place = np.full(count, MISSING, np.int32)
    place[rows] = np.arange(len(rows), dtype=np.int32)
    other = place[box_overlaps.other]
    here = np.flatnonzero(other != MISSING)
    return box_overlaps.rows(here).replaced(other=other[here])


def _by_box_scores(predictions: Predictions, box_scores: BoxScores) -> dict[str, Floats]:
    rows = np.arange(len(predictions))
    crop: Floats = box_scores.crop_probs.astype(np.float64)
    return {
        "crop_prob": crop[rows, predictions.label],
        "crop_background_prob": crop[:, -1],
        "crop_agrees": (crop[:, :-1].argmax(axis=1) == predictions.label).astype(np.float64),
        "pred_iou": box_scores.pred_iou,
        "crop_iou": iou(box_scores.crop_box, predictions.xyxy),
        "anchor_iou": iou(box_scores.mean_anchor_box, predictions.xyxy),
        "weighted_iou": box_scores.weighted_iou,
        "knn_prob": box_scores.knn_probs[rows, predictions.label].astype(np.float64),
    }
