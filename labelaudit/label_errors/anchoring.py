"""Doubts made probabilities by a sample that a person judged.

Labels and predictions alone do not say how many labels are wrong (docs/method.md, section 8). A
sample drawn with equal chances does.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit

from labelaudit.auditing.label_issues import ErrorCount
from labelaudit.core.columns import Bools, Floats, Ints, Rows
from labelaudit.label_errors.human_labels import HumanImageCounts
from labelaudit.label_errors.prediction_powered import prediction_powered_mean

MIN_IMAGES = 20
"""Judged images from which doubts about missing objects are made probabilities; a choice."""

MIN_JUDGED = 50
"""Judged labels from which doubts are made probabilities; a choice: of 50 labels without an error
at most one in 17 has one, with 95 % confidence."""

FARTHEST = 40.0
"""Of a shift on the logit, either way: beyond, every doubt is 0 or 1 in double precision."""

LIKELIHOOD_95 = 1.92
"""Half of the chi-square quantile at .95 with one degree of freedom: how far the log-likelihood may
be below its maximum in a 95 % interval (Wilks, Annals of Mathematical Statistics 1938)."""

NEAREST = 1e-9
"""To 0 and 1 that a doubt can be, so that its logit is finite."""


def anchored(doubt: Floats, judged: Ints, is_wrong: Bools) -> tuple[Floats, ErrorCount]:
    """Doubts shifted so that they add up to the errors that a person found in a sample.

    On the logit, all by one number: ranks stay as they are, and it is the intercept of a logistic
    regression with slope 1 on the logit of doubts (prior correction; King and Zeng, "Logistic
    regression in rare events data", Political Analysis 2001, section 4.1). Half an error and half
    a right label are added to the sample (Firth, Biometrika 1993, for an intercept), so that one
    without errors does not say that there are none.

    The limits of the count are the wider of two: those of the profile likelihood, which hold for
    few errors, and of `prediction_powered_mean`, which hold where doubts are surer than they may
    be. In simulations both together cover the true count in 95.0 to 99.1 of 100 samples, the former
    alone in 87.3 to 98.6, the latter alone in 94.4 to 98.0 (benchmarks/label_errors/anchoring.py,
    benchmarks/results/anchoring.md, "least to most").

    Parameters
    ----------
    doubt:
        (n,) in [0, 1] of all labels.
    judged:
        (m,) rows of labels that a person judged, drawn with equal chances.
    is_wrong:
        (m,) which of these have the error.

    Returns
    -------
    Probabilities, (n,), and how many of the n labels have the error.
    """
    place = logit(np.clip(doubt, NEAREST, 1 - NEAREST))
    sample, count = place[judged], len(judged)
    target = count * (float(is_wrong.sum()) + 0.5) / (count + 1)
    shift = _root(lambda by: float(expit(sample + by).sum()) - target)
    probability = expit(place + shift)
    low, high = profile_limits(doubt, judged, is_wrong)
    _, *limits = prediction_powered_mean(
        float(probability.mean()), probability[judged], is_wrong.astype(np.float64), len(doubt)
    )
    return probability, ErrorCount(
        float(probability.sum()),
        min(low, limits[0] * len(doubt)),
        max(high, limits[1] * len(doubt)),
    )


def profile_limits(doubt: Floats, judged: Ints, is_wrong: Bools) -> tuple[float, float]:
    """95 % limits of how many labels have the error, by the profile likelihood of the shift.

    Parameters
    ----------
    doubt, judged, is_wrong:
        as in `anchored`.
    """
    place = logit(np.clip(doubt, NEAREST, 1 - NEAREST))
    sample, wrong = place[judged], float(is_wrong.sum())

    def log_likelihood(by: float) -> float:
        """Of the sample, were all doubts shifted by this."""
        return float(wrong * by - np.logaddexp(0, sample + by).sum())

    best = _root(lambda by: float(expit(sample + by).sum()) - wrong)
    least = log_likelihood(best) - LIKELIHOOD_95
    low, high = (
        end
        if log_likelihood(end) >= least
        else float(brentq(lambda by: log_likelihood(by) - least, *sorted((best, end))))
        for end in (-FARTHEST, FARTHEST)
    )
    return float(expit(place + low).sum()), float(expit(place + high).sum())


def anchored_places(
    doubt: Floats, image: Rows, judged: HumanImageCounts, *, images: int, recall: float
) -> tuple[Floats, ErrorCount]:
    """Doubts about places shifted so that they add up to the objects that a person found missing.

    In images that a person looked through, drawn with equal chances. A detector has a candidate for
    a part of all objects only, as it has for a part of the labels: doubts add up to so much of the
    missing objects; to this, half an object is added, as in `anchored`. The count is that of all
    missing objects, whether they have a candidate or not.

    Parameters
    ----------
    doubt, image:
        (n,) of all places: in [0, 1], and row in Images.
    judged:
        the images, and how many objects are missing in each.
    images:
        how many there are in all.
    recall:
        the part of the labels at whose place the detector has a candidate.
    """
    place = logit(np.clip(doubt, NEAREST, 1 - NEAREST))
    sample = place[np.isin(image, judged.image)]
    target = float(judged.missing.sum()) * recall + 0.5
    shift = _root(lambda by: float(expit(sample + by).sum()) - min(target, len(sample) - 0.5))
    probability = expit(place + shift)
    guess = np.bincount(image, probability, images) / max(recall, 1e-9)
    true = judged.missing.astype(np.float64)
    mean, low, high = prediction_powered_mean(
        float(guess.mean()), guess[judged.image], true, images
    )
    return probability, ErrorCount(mean * images, low * images, high * images)


def _root(function: Callable[[float], float]) -> float:
    """Where a rising function is 0, within `FARTHEST`; the end that is nearest, if nowhere."""
    if function(-FARTHEST) >= 0:
        return -FARTHEST
    if function(FARTHEST) <= 0:
        return FARTHEST
    return float(brentq(function, -FARTHEST, FARTHEST))
