"""Other methods on the same out-of-fold output: each label's doubt by kind of error.

Larger is worse everywhere. A method that has one score gives it for every kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np

from benchmarks.label_errors.cases import Case
from benchmarks.label_errors.clod import clod
from benchmarks.label_errors.matches import Matches, matches
from benchmarks.label_errors.objectlab import ObjectLabScores, Thresholds, calibrated, objectlab
from labelaudit.auditing.label_issues import ErrorKind
from labelaudit.boxes.ops import iou
from labelaudit.core.columns import MISSING, Floats
from labelaudit.label_errors.class_scores import own_and_best_other
from labelaudit.label_errors.labels import Labels
from labelaudit.predictions.model_output import BoxScores, ModelOutput
from labelaudit.predictions.predictions import Predictions

ANY = "any"
KINDS = (ErrorKind.WRONG_CLASS.value, ErrorKind.LOOSE_BOX.value, ErrorKind.SPURIOUS.value, ANY)

Ranking: TypeAlias = Mapping[str, Floats]
"""By kind of error, (n,): the doubt of each label."""

LENIENT = Thresholds(high=0.5, low=0.2)
"""For calibrated scores: single-stage detectors seldom reach the .95 of the defaults."""


def baselines(case: Case) -> dict[str, Ranking]:
    """Every method by name, on the labels of the case."""
    labels, model_output = case.labels, case.detector_answers.model_output
    found = matches(labels, model_output.predictions)
    rankings = {
        "ObjectLab, defaults": _objectlab(
            labels, model_output, model_output.predictions, Thresholds()
        ),
        "ObjectLab, calibrated": _objectlab(
            labels, model_output, with_calibrated_scores(labels, model_output.predictions), LENIENT
        ),
        "CLOD": alike(clod(labels, model_output.predictions, len(model_output.classes)).labels),
        "FiftyOne": fiftyone(labels, model_output.predictions, found),
        "score only": alike(1 - found.same.score * (found.same.overlap >= 0.5)),
        "1 - IoU": alike(1 - found.same.overlap),
    }
    if model_output.box_scores is not None:
        rankings |= from_opinions(labels, model_output.box_scores.rows(slice(len(labels))))
    return rankings


def alike(doubt: Floats) -> Ranking:
    """One score for every kind."""
    return dict.fromkeys(KINDS, doubt)


def with_calibrated_scores(labels: Labels, predictions: Predictions) -> Predictions:
    """The predictions with the share of their like that match a label as score."""
    return Predictions.of(
        predictions.image,
        predictions.label,
        predictions.xyxy,
        calibrated(labels, predictions),
        predictions.class_scores,
    )


def _objectlab(
    labels: Labels, model_output: ModelOutput, predictions: Predictions, thresholds: Thresholds
) -> Ranking:
    scores = objectlab(
        labels, predictions, len(model_output.fold), len(model_output.classes), thresholds
    )
    return by_objectlab(scores)


def by_objectlab(scores: ObjectLabScores) -> Ranking:
    """Its two scores of given boxes; it has none for a box on nothing, so the worse one counts."""
    worse = np.maximum(scores.badly_located, scores.swapped)
    return dict(zip(KINDS, (scores.swapped, scores.badly_located, worse, worse), strict=True))


def fiftyone(labels: Labels, predictions: Predictions, found: Matches) -> Ranking:
    """FiftyOne's mistakenness of class and place, by the formulas of fiftyone-brain 0.27.

    With m = -1 where the classes agree, else 1: (m * score + 1) / 2; with i = 2 (1 - IoU):
    (score * (2 i - 1) + 1) / 2. A label without a detection at IoU 0.5 is possibly spurious.
    """
    best = found.any
    matched = best.overlap >= 0.5
    seen = np.append(predictions.label, MISSING)[best.prediction]
    sign = np.where(seen == labels.label, -1.0, 1.0)
    wrong_class = (sign * best.score + 1) / 2
    apart = 2 * (1 - best.overlap)
    loose = (best.score * (2 * apart - 1) + 1) / 2
    columns = (
        np.where(matched, wrong_class, 0.0),
        np.where(matched, loose, 0.0),
        np.where(matched, 0.0, 1.0),
        np.where(matched, np.maximum(wrong_class, loose), 1.0),
    )
    return dict(zip(KINDS, columns, strict=True))


def from_opinions(labels: Labels, said: BoxScores) -> dict[str, Ranking]:
    """What single kinds of evidence at the given box make of it."""
    row = np.arange(len(labels), dtype=np.int32)
    class_loss = said.class_loss[row, labels.label].astype(np.float64)
    box_loss = said.box_loss
    typed = _in_deviations(class_loss) + _in_deviations(box_loss)
    share = said.det_probs / np.maximum(said.det_probs.sum(axis=1, keepdims=True), 1e-6)
    entropy = -(share * np.log(share + 1e-6)).sum(axis=1).astype(np.float64)
    own, other = own_and_best_other(said.knn_probs, row, labels.label)
    rankings = {
        "entropy": alike(entropy),
        "loss inspection, sum": alike(class_loss + box_loss),
        "loss inspection, typed": dict(
            zip(KINDS, (class_loss, box_loss, class_loss, typed), strict=True)
        ),
        "kNN on crops": alike(other - own),
        "crop head": by_crop_head(labels, said),
    }
    return {name: _last_if_unjudged(ranking) for name, ranking in rankings.items()}


def by_crop_head(labels: Labels, said: BoxScores) -> Ranking:
    """Class by its odds, place by the box it would put instead, emptiness by its background."""
    row = np.arange(len(labels), dtype=np.int32)
    own, other = own_and_best_other(said.crop_probs[:, :-1], row, labels.label)
    overlap = iou(said.crop_box, labels.xyxy)
    columns = (
        np.log(other + 1e-6) - np.log(own + 1e-6),
        1 - overlap,
        said.crop_probs[:, -1].astype(np.float64),
        1 - own * overlap,
    )
    return dict(zip(KINDS, columns, strict=True))


def _in_deviations(values: Floats) -> Floats:
    """In units of their standard deviation, so that two kinds can be added."""
    return values / max(float(np.nanstd(values)), 1e-12)


def _last_if_unjudged(ranking: Ranking) -> Ranking:
    """Boxes that no model looked at come last: nothing is held against them."""
    return {kind: np.nan_to_num(doubt, nan=-np.inf) for kind, doubt in ranking.items()}
