"""Confident learning on the crop head: shown beside the features, and not learnt from."""

from __future__ import annotations

import numpy as np

from labelaudit.core.columns import Floats
from labelaudit.label_errors.class_scores import own_and_best_other
from labelaudit.label_errors.labels import Labels
from labelaudit.predictions.model_output import BoxScores


def confident_margin(labels: Labels, box_scores: BoxScores) -> Floats:
    """How much surer than usual the crop head is of another class than of the given one, (n,).

    Each probability is measured against the mean that the labels of its class reach, so that a
    class that a model is never sure of counts like one that it is always sure of (Northcutt, Jiang
    and Chuang, "Confident Learning", JAIR 2021, equation 2). Why it is not learnt from:
    docs/method.md, section 15.

    NaN where no model looked.
    """
    margin = np.full(len(labels), np.nan)
    rows = np.flatnonzero(box_scores.has_scores[: len(labels)])
    if not len(rows):
        return margin
    from cleanlab.count import get_confident_thresholds  # noqa: PLC0415  # takes a second

    probability = box_scores.crop_probs[rows, :-1].astype(np.float64)
    probability /= probability.sum(axis=1, keepdims=True)
    thresholds = get_confident_thresholds(labels.label[rows], probability)
    own, other = own_and_best_other(
        probability - thresholds, np.arange(len(rows)), labels.label[rows]
    )
    margin[rows] = other - own
    return margin
