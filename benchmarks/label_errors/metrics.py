"""How well a ranking puts errors first, and how true its probabilities are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from labelaudit.auditing.label_issues import MissingObjects
from labelaudit.boxes.metrics import (
    calibration_error,
    interpolated_average_precision,
    reliability_bins,
)
from labelaudit.boxes.overlaps import matches
from labelaudit.core.columns import Bools, Floats, Rows
from labelaudit.label_errors.evaluation.known_errors import KnownErrors
from labelaudit.label_errors.evaluation.selftest import SAME_OBJECT, missing_hits
from labelaudit.label_errors.prediction_powered import prediction_powered_mean

BUDGETS = (0.25, 0.5, 1.0, 1.5, 2.0)
"""Labels and places that a person looks at, as a multiple of the number of errors."""

AUDITED, REPETITIONS = 200, 2000
"""Labels in an audit sample, and how often one is drawn."""

FEWEST = 3
"""Errors of a kind below which its scores say nothing."""


@dataclass(frozen=True)
class Score:
    """How well one kind of error is ranked before what is right."""

    auroc: float
    average_precision: float
    precision: float  # among the first n, n being the number of errors


def score(error: Bools, doubt: Floats) -> Score | None:
    """The scores of a ranking; None with fewer than `FEWEST` errors, or nothing else."""
    count = int(error.sum())
    if count < FEWEST or count == len(error):
        return None
    lowest = float(np.finfo(np.float64).min)
    doubt = np.nan_to_num(doubt, nan=lowest, neginf=lowest)
    first = np.argsort(-doubt, kind="stable")[:count]
    return Score(
        float(roc_auc_score(error, doubt)),
        float(average_precision_score(error, doubt)),
        float(error[first].mean()),
    )


@dataclass(frozen=True)
class Found:
    """Places for missing objects, the surest first, held against the labels that were removed."""

    doubt: Floats  # (m,) descending
    hit: Bools  # (m,) a removed label belongs here, and no surer place took it
    removed: int  # labels, found or not

    @property
    def average_precision(self) -> float:
        """Interpolated; labels that no place is at count as never found."""
        return interpolated_average_precision(self.hit, self.removed) if self.removed else 0.0

    @property
    def precision(self) -> float:
        """Among the first n, n being the number of removed labels."""
        return float(self.hit[: self.removed].sum() / max(self.removed, 1))


def found(planted: KnownErrors, places: MissingObjects) -> Found:
    """Which places are those of removed labels.

    At IoU 0.5, whatever the class. The true place of a box that was shifted counts neither way.
    """
    places = places.rows(np.argsort(-places.probability, kind="stable"))
    hit, counted = missing_hits(planted, places)
    return Found(places.probability[counted], hit[counted], len(planted.dropped))


def covered(planted: KnownErrors, places: MissingObjects) -> float:
    """The share of removed labels that any place is at."""
    dropped = planted.dropped
    reached = matches(
        dropped.image, dropped.xyxy, places.image, places.xyxy, min_overlap=SAME_OBJECT
    )
    return len(np.unique(reached.one)) / max(len(dropped), 1)


def recalls(error: Bools, doubt: Floats, missing: Found) -> dict[str, float]:
    """By budget, the share of all errors among the most doubtful labels and places together."""
    hit = np.concatenate([error, missing.hit])
    order = np.argsort(-np.concatenate([doubt, missing.doubt]), kind="stable")
    total = int(error.sum()) + missing.removed
    count = np.concatenate([[0], np.cumsum(hit[order])])
    looked = {budget: min(round(budget * total), len(hit)) for budget in BUDGETS}
    return {f"{budget:g}": float(count[n] / max(total, 1)) for budget, n in looked.items()}


@dataclass(frozen=True)
class Calibration:
    """How true probabilities are."""

    expected: float  # errors, by the sum of the probabilities
    true: int
    ece: float  # expected calibration error over ten bins
    brier: float


def calibration(error: Bools, probability: Floats) -> Calibration:
    """How true the probability is that each label is wrong."""
    bins = reliability_bins(probability, error, np.linspace(0, 1, 11).tolist())
    return Calibration(
        float(probability.sum()),
        int(error.sum()),
        calibration_error(bins),
        float(brier_score_loss(error, probability)),
    )


@dataclass(frozen=True)
class Sampled:
    """Intervals for the rate of errors from audit samples."""

    coverage: float  # how often the interval of the prediction-powered mean holds the true rate
    half_width: float  # mean, of the prediction-powered mean
    classical: float  # mean half-width without a model

    @property
    def share(self) -> float:
        """The half-width as a share of the classical one; NaN where that is 0."""
        return self.half_width / self.classical if self.classical else float("nan")


def sampled(error: Bools, probability: Floats, *, seed: int = 1) -> Sampled:
    """What the probabilities gain an audit sample, by drawing it again and again."""
    random, size = np.random.default_rng(seed), min(AUDITED, len(error))
    truth, nothing = error.astype(np.float64), np.zeros(size)
    expected, count = float(probability.mean()), len(truth)
    held, widths, classical = [], [], []
    for _ in range(REPETITIONS):
        rows = random.choice(count, size, replace=False)
        _, low, high = prediction_powered_mean(expected, probability[rows], truth[rows], count)
        _, lowest, highest = prediction_powered_mean(0.0, nothing, truth[rows], count)
        held.append(low <= truth.mean() <= high)
        widths.append((high - low) / 2)
        classical.append((highest - lowest) / 2)
    return Sampled(float(np.mean(held)), float(np.mean(widths)), float(np.mean(classical)))


@dataclass(frozen=True)
class Interval:
    """A figure with what the drawing of images makes of it, 95 %."""

    value: float
    low: float
    high: float


def drawn_anew(group: Rows, *, repetitions: int = 300, seed: int = 0) -> list[Rows]:
    """The rows of as many images as there are, drawn with replacement, again and again.

    `group` is the image of each row. Images, not rows: labels of one image are no independent
    evidence.
    """
    random = np.random.default_rng(seed)
    order = np.argsort(group, kind="stable").astype(np.int32)
    held = [rows for rows in np.split(order, np.cumsum(np.bincount(group))[:-1]) if len(rows)]
    drawings = random.integers(0, len(held), (repetitions, len(held)))
    return [np.concatenate([held[place] for place in drawing]) for drawing in drawings]


def interval(value: float, drawn: Floats) -> Interval:
    """A figure with the percentiles of what it was in drawings; those that are NaN are left out."""
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return Interval(value, float(low), float(high))


def mean(values: Sequence[float | None]) -> float | None:
    """The mean of the values that there are; None without any."""
    present = [value for value in values if value is not None]
    return float(np.mean(present)) if present else None
