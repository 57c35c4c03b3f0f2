"""Doubts about places where predictions from a file see an object without a label.

Where labels are incomplete, the places that nobody labelled teach that they are no error. The more
is learnt of them beside the score, the less is found: a classifier stayed behind the detector's own
score (docs/method.md, section 11). So that score orders places, less where a label of the class or
a surer detection overlaps; labels that are left out only say how large a doubt is.
"""

from __future__ import annotations

import numpy as np
from scipy.special import logit

from labelaudit.core.columns import Bools, Floats
from labelaudit.label_errors.classifier import MIN_EXAMPLES
from labelaudit.label_errors.estimators import BinEdges, logistic_regression
from labelaudit.label_errors.features import feature_matrix
from labelaudit.label_errors.labels import Labels
from labelaudit.label_errors.missing.candidates import (
    Candidates,
    same_class_label_iou,
    unexplained,
)
from labelaudit.label_errors.missing.classifier import prior_corrected, training_scenes

INVERSE_REGULARIZATION = 1.0
"""`C` of the logistic regression of one feature: the default of scikit-learn."""

SOFT_NMS_VARIANCE = 0.5
"""Of the Gaussian by which overlaps lower a score: that of Soft-NMS (Bodla et al., 2017, section 3,
and 5 for the value)."""

NEAREST = 1e-3
"""To 0 and 1 that the score of a place can be, so that its logit is finite; a choice."""


def place_scores(candidates: Candidates, labels: Labels, kept: Bools) -> Floats:
    """The score of each candidate, lowered by what overlaps it, (m,), as Soft-NMS lowers scores.

    By the label of its class that overlaps it most, and by the surer candidate that does: it may be
    the same object, badly framed.

    Parameters
    ----------
    candidates, labels, kept:
        as in `candidate_features`.

    Source
    ------
    Bodla et al., Soft-NMS: Improving Object Detection With One Line of Code, ICCV 2017, the
    Gaussian of section 3; a label counts as a detection.
    """
    label_iou = same_class_label_iou(candidates, labels, kept)
    surer_iou = candidates.fixed_features["higher_score_iou"]
    lowered: Floats = candidates.predictions.score * np.exp(
        -(label_iou**2 + surer_iou**2) / SOFT_NMS_VARIANCE
    )
    return lowered


def doubt_missing(candidates: Candidates, labels: Labels, *, seed: int) -> Floats:
    """How doubtful it is that nothing is missing at each candidate, (m,): larger with its score.

    A logistic regression of the logit of `place_scores`, learnt from labels that are left out. The
    slope is 0 where places with high scores are less often a label than those with low ones: the
    order of places is not learnt. NaN where a label explains a candidate, or nothing can be learnt.

    Parameters
    ----------
    candidates:
        m of them.
    labels:
        of the dataset.
    seed:
        of the choice of labels that are left out.
    """
    scenes = training_scenes(
        candidates, labels, np.zeros(len(candidates), np.int64), seed, _features
    )
    doubt = np.full(len(candidates), np.nan)
    examples = int(scenes.is_missing.sum())
    if min(examples, len(scenes.is_missing) - examples) < MIN_EXAMPLES:
        return doubt
    bin_edges = BinEdges.of(scenes.features)
    model = logistic_regression(
        bin_edges.binned(scenes.features),
        scenes.is_missing,
        scenes.weight,
        inverse_regularization=INVERSE_REGULARIZATION,
    )
    ends = model(bin_edges.binned(logit([[NEAREST], [1 - NEAREST]])))
    judged = unexplained(candidates, labels)
    features = feature_matrix(_features(candidates, labels, np.ones(len(labels), bool)))
    rises = ends[1] > ends[0]
    found = model(bin_edges.binned(features[judged])) if rises else scenes.is_missing.mean()
    doubt[judged] = prior_corrected(np.broadcast_to(found, int(judged.sum())))
    return doubt


def _features(candidates: Candidates, labels: Labels, kept: Bools) -> dict[str, Floats]:
    """The one feature that is learnt from, (m,)."""
    scores = place_scores(candidates, labels, kept)
    return {"place_score": logit(np.clip(scores, NEAREST, 1 - NEAREST))}
