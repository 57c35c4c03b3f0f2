"""Candidates: detections where an object may have no label, and their features.

The features are those of docs/method.md, section 11. Some depend on labels, and change when labels
are left out to learn from; the others are worked out once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.boxes.ops import area, iou
from labelaudit.boxes.overlaps import BoxOverlaps, champion, max_by_row, overlaps
from labelaudit.core.columns import MISSING, Bools, Floats, Rows
from labelaudit.core.rows import stable_argsort
from labelaudit.label_errors.class_scores import LOG_EPSILON
from labelaudit.label_errors.features import geometry_features
from labelaudit.label_errors.labels import Labels
from labelaudit.predictions.model_output import BoxScores, ModelOutput
from labelaudit.predictions.predictions import Predictions, Scores

AT_ONCE = 50_000
"""Candidates whose overlaps with all detections are held at a time: with hundreds of detections in
each image these are many times as many; a choice."""

SAME_PLACE_IOU = 0.5
"""IoU from which a label, or the place that a person looked at, is of the object of a candidate."""

LOOSE_MATCH_IOU = 0.4
"""IoU from which the best match of a label, of its class, is a candidate of the labelled object.

It is below `SAME_PLACE_IOU`, since a detector may frame an object badly. Where labels are left out
to learn from, such candidates are kept: they are good examples of those that are no missing object
(docs/method.md, section 11).
"""

CLUSTER_IOU = 0.6
"""IoU above which detections, of any class, are of the object of a candidate."""


@dataclass(frozen=True)
class Candidates:
    """Detections after suppression over all classes, and their overlaps with labels."""

    predictions: Predictions  # (m,)
    fixed_features: dict[str, Floats]  # those that do not depend on labels, by name, (m,) each
    box_overlaps: BoxOverlaps  # of candidates with labels
    shared_area: Floats  # (p,) of each of `box_overlaps`: of the intersection, in square pixels

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
        found = _overlaps_with_rows(
            label_overlaps, model_output.among, len(model_output.predictions)
        )
        box_overlaps = found.replaced(one=found.other, other=found.one).rows(
            stable_argsort(found.other)
        )
    fixed_features = _score_features(predictions) | _other_detection_features(
        predictions, model_output.predictions, model_output.among
    )
    if model_output.candidate_scores is not None:
        fixed_features |= _box_score_features(predictions, model_output.candidate_scores)
    fixed_features |= geometry_features(predictions.xyxy, image_sizes[predictions.image])
    return Candidates(
        predictions,
        fixed_features,
        box_overlaps,
        shared_areas(box_overlaps, predictions.xyxy, labels.xyxy),
    )


def shared_areas(box_overlaps: BoxOverlaps, xyxy: Floats, other_xyxy: Floats) -> Floats:
    """The area of the intersection of each pair, (p,) in square pixels, as IoU has it.

    Parameters
    ----------
    box_overlaps:
        p pairs of a box of one table and a box of another.
    xyxy, other_xyxy:
        (n, 4) and (m, 4) of these tables, in pixels.
    """
    areas = area(xyxy)[box_overlaps.one] + area(other_xyxy)[box_overlaps.other]
    return box_overlaps.overlap * areas / (1 + box_overlaps.overlap)


def unlabelled(candidates: Candidates, kept: Bools) -> Bools:
    """Which candidates overlap no label in `kept` by `SAME_PLACE_IOU`, (m,)."""
    box_overlaps = candidates.box_overlaps.rows(kept[candidates.box_overlaps.other])
    largest = max_by_row(box_overlaps.one, box_overlaps.overlap, len(candidates))
    is_unlabelled: Bools = largest < SAME_PLACE_IOU
    return is_unlabelled


def unexplained(candidates: Candidates, labels: Labels) -> Bools:
    """Which candidates may be a missing object, (m,): unlabelled, and no loose match of a label."""
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
    is_unexplained = unlabelled(candidates, np.ones(len(labels), bool))
    is_unexplained[box_overlaps.one[best][box_overlaps.overlap[best] >= LOOSE_MATCH_IOU]] = False
    return is_unexplained


def same_class_label_iou(candidates: Candidates, labels: Labels, kept: Bools) -> Floats:
    """The largest IoU of each candidate with a label of its class, (m,); 0 without any.

    Parameters
    ----------
    candidates, labels, kept:
        as in `candidate_features`.
    """
    box_overlaps = candidates.box_overlaps.rows(kept[candidates.box_overlaps.other])
    same = labels.label[box_overlaps.other] == candidates.predictions.label[box_overlaps.one]
    return max_by_row(box_overlaps.one[same], box_overlaps.overlap[same], len(candidates))


def candidate_features(candidates: Candidates, labels: Labels, kept: Bools) -> dict[str, Floats]:
    """The features of candidates by name, (m,) each, as if only some labels were there.

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
    box_overlaps, shared_area = candidates.box_overlaps.rows(here), candidates.shared_area[here]
    count, xyxy = len(candidates), candidates.predictions.xyxy
    labels_of_image = np.bincount(labels.image[kept], minlength=1 + _last_image(candidates, labels))
    return candidates.fixed_features | {
        "label_iou": max_by_row(box_overlaps.one, box_overlaps.overlap, count),
        "same_class_label_iou": same_class_label_iou(candidates, labels, kept),
        "inside_label": max_by_row(
            box_overlaps.one, shared_area / area(xyxy)[box_overlaps.one], count
        ),
        "around_label": max_by_row(
            box_overlaps.one, shared_area / area(labels.xyxy)[box_overlaps.other], count
        ),
        "labels_in_image": labels_of_image[candidates.predictions.image].astype(np.float64),
    }


def _last_image(candidates: Candidates, labels: Labels) -> int:
    """The largest image row in either table."""
    return max(
        (int(rows.max()) for rows in (candidates.predictions.image, labels.image) if len(rows)),
        default=0,
    )


def _score_features(predictions: Predictions) -> dict[str, Floats]:
    """What the scores of candidates say, by name, (m,) each; more where every class has one."""
    features: dict[str, Floats] = {
        "score": predictions.score.astype(np.float64),
        "rank": _rank_in_image(predictions),
    }
    if predictions.class_scores.shape[1]:
        scores = predictions.class_scores.astype(np.float64)
        total = scores.sum(axis=1)
        part = scores / (total + LOG_EPSILON)[:, None]
        features["score_margin"] = _margin(predictions.class_scores)
        features["score_entropy"] = -(part * np.log(part + LOG_EPSILON)).sum(axis=1)
        features["score_sum"] = total
    return features


def _margin(scores: Scores) -> Floats:
    """The highest score less the second, (m,); of one class, its score."""
    if scores.shape[1] == 1:
        return scores[:, 0].astype(np.float64)
    top = -np.partition(-scores.astype(np.float64), 1, axis=1)[:, :2]
    return top[:, 0] - top[:, 1]


def _rank_in_image(predictions: Predictions) -> Floats:
    """How many candidates of the same image have a higher score, (m,)."""
    order = np.lexsort((-predictions.score, predictions.image))
    image = predictions.image[order]
    start = np.searchsorted(image, image)
    rank = np.empty(len(predictions))
    rank[order] = np.arange(len(predictions)) - start
    return rank


def _other_detection_features(
    candidates: Predictions, predictions: Predictions, among: Rows | None
) -> dict[str, Floats]:
    """Summed scores of the detections of its object, and IoU with a surer candidate, (m,) each."""
    cluster_score, higher_score_iou = np.zeros((2, len(candidates)))
    by_image = stable_argsort(candidates.image)
    for start in range(0, len(candidates), AT_ONCE):
        rows = by_image[start : start + AT_ONCE]
        some = candidates.rows(rows)
        detections = overlaps(some.image, some.xyxy, predictions.image, predictions.xyxy)
        if among is None:
            rivals = overlaps(some.image, some.xyxy, candidates.image, candidates.xyxy)
        else:
            rivals = _overlaps_with_rows(detections, among, len(predictions))
        cluster = detections.rows(detections.overlap > CLUSTER_IOU)
        cluster_score[rows] = np.bincount(cluster.one, predictions.score[cluster.other], len(some))
        rivals = rivals.rows(candidates.score[rivals.other] > some.score[rivals.one])
        higher_score_iou[rows] = max_by_row(rivals.one, rivals.overlap, len(some))
    return {"cluster_score": cluster_score, "higher_score_iou": higher_score_iou}


def _overlaps_with_rows(box_overlaps: BoxOverlaps, rows: Rows, count: int) -> BoxOverlaps:
    """Overlaps with only `rows` of the `count` in a second table, each by its place in `rows`."""
    place = np.full(count, MISSING, np.int32)
    place[rows] = np.arange(len(rows), dtype=np.int32)
    other = place[box_overlaps.other]
    here = np.flatnonzero(other != MISSING)
    return box_overlaps.rows(here).replaced(other=other[here])


def _box_score_features(predictions: Predictions, box_scores: BoxScores) -> dict[str, Floats]:
    """What models say of the boxes of candidates, by name, (m,) each."""
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
