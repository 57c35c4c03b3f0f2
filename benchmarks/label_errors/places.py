"""Where objects may be missing, by each method, on the same candidates."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from benchmarks.label_errors.baselines import LENIENT
from benchmarks.label_errors.cases import Case
from benchmarks.label_errors.clod import clod
from benchmarks.label_errors.objectlab import Thresholds, calibrated
from labelaudit.auditing.label_issues import MissingObjects
from labelaudit.boxes.overlaps import champion, max_by_row, overlaps
from labelaudit.core.columns import MISSING, Floats
from labelaudit.label_errors.labels import Labels
from labelaudit.predictions.predictions import Predictions

Places: TypeAlias = MissingObjects
"""Its `probability` is whatever a method ranks by; larger is surer that a label is missing."""

NEARLY_SURE = 0.95
"""FiftyOne's cut for a possibly missing object; ObjectLab's for an overlooked one."""


def place_baselines(case: Case) -> dict[str, Places]:
    """Every method by name, on the detections that no label overlaps by half."""
    labels, model_output = case.labels, case.detector_answers.model_output
    box_overlaps = overlaps(
        model_output.candidates.image, model_output.candidates.xyxy, labels.image, labels.xyxy
    )
    nearest = max_by_row(box_overlaps.one, box_overlaps.overlap, len(model_output.candidates))
    free = np.flatnonzero(nearest < 0.5)
    candidates, alone = model_output.candidates.rows(free), nearest[free] == 0
    sure = _calibrated_scores(labels, model_output.predictions, candidates)
    score = candidates.score
    rankings = {
        "score only": score,
        "ObjectLab, defaults": score * (alone & (score >= Thresholds().high)),
        "ObjectLab, calibrated": sure * (alone & (sure >= LENIENT.high)),
        "FiftyOne": score * (score > NEARLY_SURE),
        "CLOD": _by_cluster(
            labels, model_output.predictions, candidates, len(model_output.classes)
        ),
    }
    if model_output.candidate_scores is not None:
        crop = model_output.candidate_scores.rows(free).crop_probs
        rankings["crop head"] = np.nan_to_num(1 - crop[:, -1].astype(np.float64))
    return {name: _places(candidates, doubt) for name, doubt in rankings.items()}


def _places(candidates: Predictions, doubt: Floats) -> Places:
    return MissingObjects.of(
        len(candidates),
        image=candidates.image,
        label=candidates.label,
        xyxy=candidates.xyxy,
        probability=doubt,
        score=candidates.score,
    )


def _calibrated_scores(labels: Labels, known: Predictions, candidates: Predictions) -> Floats:
    """The calibrated score of candidates, from those of the predictions with the next scores."""
    order = np.argsort(known.score, kind="stable")
    sure: Floats = np.interp(candidates.score, known.score[order], calibrated(labels, known)[order])
    return sure


def _by_cluster(
    labels: Labels, predictions: Predictions, candidates: Predictions, classes: int
) -> Floats:
    """The score of the cluster that the prediction in the place of each candidate is in."""
    doubt = clod(labels, predictions, classes).predictions
    box_overlaps = overlaps(candidates.image, candidates.xyxy, predictions.image, predictions.xyxy)
    place = champion(box_overlaps.one, box_overlaps.overlap, len(candidates))
    here = np.append(box_overlaps.other, MISSING)[place]
    found: Floats = np.append(doubt, 0.0)[here]
    return found
