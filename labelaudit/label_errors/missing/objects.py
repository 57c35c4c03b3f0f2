"""Objects that were probably forgotten, where no label and no crowd explains what is seen."""

from __future__ import annotations

import numpy as np

from labelaudit.auditing.label_issues import MissingObjects
from labelaudit.boxes.ops import area
from labelaudit.boxes.overlaps import BoxOverlaps, max_by_row, overlaps
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.label_errors.class_scores import likeliest
from labelaudit.label_errors.human_labels import HumanMissingLabels
from labelaudit.label_errors.labels import Labels
from labelaudit.label_errors.missing.candidates import FREE, evidence, places_of
from labelaudit.label_errors.missing.classifier import probability_missing
from labelaudit.predictions.model_output import ModelOutput
from labelaudit.predictions.predictions import Predictions

COVERED = 0.5
"""Part of a place inside a crowd or a difficult object from which nothing is missing there."""

ORIENTED = ("score", "votes", "crop_score", "crop_fit", "dense_overlap", "neighbour_share")
"""Columns of evidence of which larger means that an object is more probably there."""


def missing_objects(
    derived: DatasetColumns,
    labels: Labels,
    opinion: ModelOutput,
    verdicts: HumanMissingLabels,
    *,
    met: BoxOverlaps,
    room: Floats,
    group: Ints,
    seed: int,
) -> tuple[MissingObjects, dict[str, Floats]]:
    """The places where an object is probably missing, most probable first, and their evidence.

    Parameters
    ----------
    derived:
        the dataset.
    labels:
        those of its labels that stand for one object each.
    opinion:
        what models see.
    verdicts:
        what people said of places: those without an object are left out.
    met:
        of labels with predictions.
    room:
        (images, 2) width and height of each image in pixels.
    group:
        (images,) the group of each image.
    seed:
        of the choice of labels that are left out to learn from.
    """
    places = places_of(opinion, labels, room, met)
    seen = places.predictions
    probability = probability_missing(places, labels, group, verdicts, seed=seed)
    probability[_covered(derived, seen) | (opinion.fold[seen.image] == MISSING)] = np.nan
    probability = _believed(probability, seen, verdicts)
    rows = np.flatnonzero(probability > 0)
    rows = rows[np.argsort(-probability[rows], kind="stable")]
    columns = evidence(places, labels, np.ones(len(labels), bool))
    table = MissingObjects(
        seen.image[rows],
        _classes(opinion)[rows],
        seen.xyxy[rows],
        probability[rows],
        seen.score[rows],
        columns["near_label"][rows],
    )
    return table, {name: columns[name][rows] for name in ORIENTED if name in columns}


def _classes(opinion: ModelOutput) -> Rows:
    """The class of each candidate, (m,), by detector and crop head together, if there are both."""
    seen, opinions = opinion.candidates, opinion.candidate_scores
    if opinions is None:
        return seen.label
    scores = seen.class_scores if seen.class_scores.shape[1] else opinions.det_probs
    return likeliest(opinions.crop_probs[:, :-1], scores, np.arange(len(seen))).astype(np.int32)


def _covered(derived: DatasetColumns, seen: Predictions) -> Bools:
    """Which candidates lie in a crowd or in a difficult object, (m,)."""
    boxes = derived.dataset.boxes
    rows = np.flatnonzero(~derived.is_evaluated & derived.is_valid & derived.in_range)
    met = overlaps(seen.image, seen.xyxy, boxes.image[rows], boxes.xyxy[rows])
    mine, others = area(seen.xyxy)[met.one], area(boxes.xyxy[rows])[met.other]
    shared = met.overlap * (mine + others) / (1 + met.overlap)
    covered: Bools = max_by_row(met.one, shared / mine, len(seen)) >= COVERED
    return covered


def _believed(probability: Floats, seen: Predictions, verdicts: HumanMissingLabels) -> Floats:
    """The probabilities, but for places that a person looked at: theirs are 0 and 1."""
    met = overlaps(seen.image, seen.xyxy, verdicts.image, verdicts.xyxy)
    met = met.rows(met.overlap >= FREE)
    told = probability.copy()
    told[met.one] = verdicts.real[met.other]
    return np.where(np.isfinite(probability), told, probability)
