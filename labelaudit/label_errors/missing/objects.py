"""Missing objects: candidates that no label, crowd or difficult object explains."""

from __future__ import annotations

import numpy as np

from labelaudit.auditing.label_issues import MissingObjects
from labelaudit.boxes.ops import area
from labelaudit.boxes.overlaps import BoxOverlaps, matches, max_by_row, overlaps
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.label_errors.class_scores import likeliest_class
from labelaudit.label_errors.human_labels import HumanMissingLabels
from labelaudit.label_errors.labels import Labels
from labelaudit.label_errors.missing.candidates import (
    SAME_PLACE_IOU,
    candidate_features,
    candidates_of,
    shared_areas,
)
from labelaudit.label_errors.missing.classifier import probability_missing
from labelaudit.label_errors.missing.place_scores import doubt_missing
from labelaudit.predictions.model_output import ModelOutput
from labelaudit.predictions.predictions import Predictions

COVERED_PART = 0.5
"""Part of a candidate inside a crowd or a difficult object from which nothing is missing there."""

SHOWN_FEATURES = ("score", "cluster_score", "crop_prob", "pred_iou", "anchor_iou", "knn_prob")
"""Features that are handed on: those of which larger means more probably an object."""


def missing_objects(
    derived: DatasetColumns,
    labels: Labels,
    model_output: ModelOutput,
    human_labels: HumanMissingLabels,
    *,
    box_overlaps: BoxOverlaps,
    image_sizes: Floats,
    group: Ints,
    seed: int,
) -> tuple[MissingObjects, dict[str, Floats]]:
    """The candidates that may be missing objects, most probable first, and some of their features.

    Parameters
    ----------
    derived:
        the dataset.
    labels:
        those of its labels that stand for one object each.
    model_output:
        what models say.
    human_labels:
        what people said of places: candidates at those without an object are left out.
    box_overlaps:
        of labels with predictions.
    image_sizes:
        (images, 2) width and height of each image in pixels.
    group:
        (images,) the group of each image.
    seed:
        of the choice of labels that are left out to learn from.
    """
    candidates = candidates_of(model_output, labels, image_sizes, box_overlaps)
    predictions = candidates.predictions
    if model_output.was_trained_here:
        probability = probability_missing(candidates, labels, group, human_labels, seed=seed)
    else:
        probability = doubt_missing(candidates, labels, seed=seed)
    probability[
        _covered(derived, predictions) | (model_output.fold[predictions.image] == MISSING)
    ] = np.nan
    probability = _with_human_labels(probability, predictions, human_labels)
    rows = np.flatnonzero(probability > 0)
    rows = rows[np.lexsort((-predictions.score[rows], -probability[rows]))]
    features = candidate_features(candidates, labels, np.ones(len(labels), bool))
    table = MissingObjects(
        predictions.image[rows],
        _classes(model_output)[rows],
        predictions.xyxy[rows],
        probability[rows],
        predictions.score[rows],
        features["label_iou"][rows],
    )
    return table, {name: features[name][rows] for name in SHOWN_FEATURES if name in features}


def _classes(model_output: ModelOutput) -> Rows:
    """The class of each candidate, (m,), by detector and crop head together, if there are both."""
    predictions, box_scores = model_output.candidates, model_output.candidate_scores
    if box_scores is None:
        return predictions.label
    scores = predictions.class_scores if predictions.class_scores.shape[1] else box_scores.det_probs
    return likeliest_class(
        box_scores.crop_probs[:, :-1], scores, np.arange(len(predictions))
    ).astype(np.int32)


def _covered(derived: DatasetColumns, predictions: Predictions) -> Bools:
    """Which candidates lie in a crowd or in a difficult object, (m,)."""
    boxes = derived.dataset.boxes
    rows = np.flatnonzero(~derived.is_evaluated & derived.is_valid & derived.in_range)
    box_overlaps = overlaps(
        predictions.image, predictions.xyxy, boxes.image[rows], boxes.xyxy[rows]
    )
    shared = shared_areas(box_overlaps, predictions.xyxy, boxes.xyxy[rows])
    part = shared / area(predictions.xyxy)[box_overlaps.one]
    covered: Bools = max_by_row(box_overlaps.one, part, len(predictions)) >= COVERED_PART
    return covered


def _with_human_labels(
    probability: Floats, predictions: Predictions, human_labels: HumanMissingLabels
) -> Floats:
    """The probabilities, but for candidates that a person looked at: theirs are 0 and 1."""
    box_overlaps = matches(
        predictions.image,
        predictions.xyxy,
        human_labels.image,
        human_labels.xyxy,
        min_overlap=SAME_PLACE_IOU,
    )
    known = probability.copy()
    known[box_overlaps.one] = human_labels.is_missing[box_overlaps.other]
    return np.where(np.isfinite(probability), known, probability)
