"""A linear discriminant: what is in a crop by the mean crop of each class, in closed form.

It costs little beside a network that is trained by gradients: one system of linear
equations.

Source: Friedman, "Regularized discriminant analysis", 1989, section 3, with one covariance for all
classes that is shrunk towards equal variances (equation 18).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelaudit.core.columns import MISSING, Floats, Ints
from labelaudit.detector.crops.roi_features import CropDataset
from labelaudit.detector.job import Job
from labelaudit.predictions.predictions import Scores

# Choices; none of them was measured, and there is no figure for the discriminant alone.

SHRINKAGE = 0.3
"""Part of the covariance that is that of equal variances."""

LOGIT_FACTOR = 0.3
"""Factor of the logits, the inverse of a temperature.

Crops of one class are spread less evenly than is assumed: without it, most probabilities are 0 and
1 to the last digit, and a classifier of label errors cannot see how near to them they were.
"""

MOST = 20_000
"""Crops that it is worked out from."""


@dataclass(frozen=True)
class LinearDiscriminant:
    """Vectors (q, p) to how much they look like each class, and last like no object."""

    coef: NDArray[np.float32]  # (p, c + 1)
    intercept: NDArray[np.float32]  # (c + 1,) minus infinity for a class that was never seen

    def predict_proba(self, vectors: NDArray[np.float32]) -> Scores:
        """The probability of each class, and last of no object, (q, c + 1)."""
        logits = LOGIT_FACTOR * (vectors @ self.coef + self.intercept)
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        scores: Scores = (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)
        return scores


def fit_lda(job: Job, fold: int, crop_dataset: CropDataset) -> LinearDiscriminant:
    """The discriminant of the crops of the images outside of a fold; of very many, of a sample.

    Parameters
    ----------
    job: for the folds, the classes and the seed.
    fold: whose images are left out.
    crop_dataset: crops of all images.
    """
    random, where = np.random.default_rng(job.config.seed), job.fold[crop_dataset.examples.image]
    taught = (where >= 0) & (where != fold) & (crop_dataset.examples.label != MISSING)
    rows = np.sort(random.permutation(np.flatnonzero(taught))[:MOST])
    coef, intercept = solve_lda(
        crop_dataset.vectors[rows].astype(np.float64),
        crop_dataset.examples.label[rows].astype(np.int64),
        job.classes + 1,
    )
    return LinearDiscriminant(coef.astype(np.float32), intercept.astype(np.float32))


def solve_lda(crops: Floats, label: Ints, classes: int) -> tuple[Floats, Floats]:
    """Coefficients and intercept of each class, with one shrunk covariance for all.

    A class counts by the root of how often it occurs, as it does for the crop head.

    Parameters
    ----------
    crops: (n, p) as in `CropDataset`; n may be 0.
    label: (n,) class of each, from 0.
    classes: how many there are, c.

    Returns
    -------
    Coefficients (p, c) and intercepts (c,), minus infinity for a class without a crop.

    Source: Friedman, "Regularized discriminant analysis", 1989, section 3 and equation 18.
    """
    count = np.bincount(label, minlength=classes)
    total = np.zeros((classes, crops.shape[1]))
    np.add.at(total, label, crops)
    centre = total / np.maximum(count, 1)[:, None]
    apart = crops - centre[label]
    spread = apart.T @ apart / max(len(crops), 1)
    equal = np.trace(spread) / max(len(spread), 1) + 1e-6
    shrunk = (1 - SHRINKAGE) * spread + SHRINKAGE * equal * np.eye(len(spread))
    coef = np.linalg.solve(shrunk, centre.T)
    with np.errstate(divide="ignore"):
        frequency = np.log(count / max(len(crops), 1)) / 2
    return coef, frequency - (centre * coef.T).sum(axis=1) / 2
