"""Average precision of images drawn again and again: how much it owes to the images at hand."""

from __future__ import annotations

import warnings

import numpy as np

from labelaudit.core.columns import Floats, Ints
from labelaudit.impact.matching import Matches

RECALLS = np.linspace(0.0, 1.0, 101)
"""Where precision is read off, as COCO does."""

DRAWS = 400
"""Sets of images that are drawn: of 400, a deviation is known to 4 % of itself. A choice."""


def drawn_weights(group: Ints, draws: int = DRAWS, seed: int = 0) -> Floats:
    """How often each image is drawn, (draws, images): as many groups as there are, put back.

    Images of a group, which are nearly the same, are drawn together.

    Parameters
    ----------
    group: (images,) numbers, equal for images of one group.
    draws: how many sets.
    seed: of the draws; the same for all networks, so that they are compared on the same images.

    Source: Efron, "Bootstrap methods: another look at the jackknife", 1979.
    """
    _, member = np.unique(group, return_inverse=True)
    groups = int(member.max(initial=-1)) + 1
    if groups == 0:
        return np.zeros((draws, 0))
    counts = np.random.default_rng(seed).multinomial(groups, np.full(groups, 1 / groups), draws)
    weights: Floats = counts[:, member].astype(np.float64)
    return weights


def average_precision(matches: Matches, weights: Floats) -> Floats:
    """AP of each class in each set of images, (w, c), the mean over thresholds from .5 to .95.

    NaN where there is nothing to find.

    Parameters
    ----------
    matches: of the detections.
    weights: (w, images) how often each image counts.
    """
    classes = matches.objects.shape[1]
    total = weights @ matches.objects
    result = np.full((len(weights), classes), np.nan)
    for label in range(classes):
        rows = np.flatnonzero(matches.label == label)
        rows = rows[np.argsort(-matches.score[rows], kind="stable")]
        # What comes after the last hit lowers a precision that nobody reads.
        hits = np.flatnonzero(matches.hit[rows].any(axis=1))
        rows = rows[: hits[-1] + 1] if len(hits) else rows[:0]
        right = np.ascontiguousarray(matches.hit[rows].T, np.float64)
        wrong = np.ascontiguousarray((matches.counts[rows] & ~matches.hit[rows]).T, np.float64)
        for draw in np.flatnonzero(total[:, label] > 0).tolist():
            often = weights[draw, matches.image[rows]]
            result[draw, label] = _area(right * often, wrong * often, total[draw, label])
    return result


def _area(right: Floats, wrong: Floats, objects: float) -> float:
    """Mean precision at `RECALLS` over thresholds, for right and wrong detections, (t, d) each."""
    if right.shape[1] == 0:
        return 0.0
    hits, misses = right.cumsum(axis=1), wrong.cumsum(axis=1)
    recall = hits / objects
    precision = hits / (hits + misses + np.spacing(1))
    best = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    total = 0.0
    for one, values in zip(recall, best, strict=True):
        places = np.searchsorted(one, RECALLS, side="left")
        total += float(values[places[places < len(one)]].sum())
    return total / (len(recall) * len(RECALLS))


def over_classes(precision: Floats) -> Floats:
    """The mean over the classes that there is something of, (...,), for AP (..., c)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of nothing at all, NaN is the mean
        mean: Floats = np.nanmean(precision, axis=-1)
    return mean
