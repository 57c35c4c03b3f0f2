"""k nearest neighbours (k-NN): the labels of the crops most alike in other images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from labelaudit.core.columns import Ints, Rows
from labelaudit.detector.crops.projection import principal_axes
from labelaudit.detector.crops.roi_features import CropDataset
from labelaudit.detector.job import Job
from labelaudit.predictions.predictions import Scores

# Choices that were not measured one by one. What all of them come to together is recorded in
# benchmarks/results/label_errors.md, rows "kNN on crops", by `python -m benchmarks.label_errors`.

LENGTH = 64
"""Numbers that a crop is compared by, the first principal components of labelled crops."""

NEAREST = 15
"""Neighbours that vote."""

SHARPNESS = 10.0
"""A neighbour of likeness s (cosine) counts exp(SHARPNESS * (s - 1))."""

MOST = 20_000
"""Labelled crops that are compared with."""

CHUNK = 2_000
"""Crops that are compared at a time, which bounds the memory and changes no result."""


@dataclass(frozen=True)
class NearestNeighbours:
    """Labelled crops, and how any crop is compared with them."""

    mean: NDArray[np.float32]  # (p,) of labelled crops
    axes: NDArray[np.float32]  # (p, LENGTH) their principal axes, or fewer of few crops
    crops: NDArray[np.float32]  # (m, LENGTH) of length 1
    label: Rows  # (m,)
    group: Ints  # (m,) of the image
    classes: int

    def predict_proba(self, vectors: NDArray[np.float32], group: Ints) -> Scores:
        """Share of each class among the nearest crops outside of a group, (q, c), 0 without any.

        Parameters
        ----------
        vectors: (q, p) of crops, as in `CropDataset`.
        group: (q,) the group of the image of each, whose crops do not count: near duplicates carry
            the same labels, wrong ones included.
        """
        votes = np.zeros((len(vectors), self.classes), np.float32)
        if len(self.crops) == 0:
            return votes
        for start in range(0, len(vectors), CHUNK):
            some = slice(start, start + CHUNK)
            votes[some] = self._votes(vectors[some], group[some])
        return votes

    def _votes(self, vectors: NDArray[np.float32], group: Ints) -> Scores:
        likeness = projected(vectors, self.mean, self.axes) @ self.crops.T
        likeness[group[:, None] == self.group[None]] = -np.inf
        count = min(NEAREST, len(self.crops))
        nearest = np.argpartition(-likeness, count - 1, axis=1)[:, :count]
        weight = np.exp(SHARPNESS * (np.take_along_axis(likeness, nearest, axis=1) - 1))
        votes = np.zeros((len(vectors), self.classes), np.float32)
        np.add.at(votes, (np.arange(len(vectors))[:, None], self.label[nearest]), weight)
        total = votes.sum(axis=1, keepdims=True)
        np.divide(votes, total, out=votes, where=total > 0)
        return votes


def fit_knn(job: Job, crop_dataset: CropDataset) -> NearestNeighbours:
    """The labels in the pool to compare crops with; of very many, a random sample."""
    random = np.random.default_rng(job.config.seed)
    given = np.flatnonzero(crop_dataset.examples.is_label)
    kept = np.sort(random.permutation(given)[:MOST])
    vectors = crop_dataset.vectors[kept]
    mean, axes = _axes(vectors, job.config.seed)
    return NearestNeighbours(
        mean,
        axes,
        projected(vectors, mean, axes),
        crop_dataset.examples.label[kept],
        job.group[crop_dataset.examples.image[kept]],
        job.classes,
    )


def _axes(vectors: NDArray[np.float32], seed: int) -> tuple[NDArray[np.float32], ...]:
    """Mean (p,) and principal axes (p, LENGTH) of labelled crops: copies and background differ."""
    width = vectors.shape[1]
    count = min(LENGTH, len(vectors) - 1, width)
    if count < 1:
        return np.zeros(width, np.float32), np.zeros((width, 0), np.float32)
    mean = vectors.mean(axis=0)
    return mean, principal_axes(torch.from_numpy(vectors - mean), count, seed).numpy()


def projected(
    vectors: NDArray[np.float32], mean: NDArray[np.float32], axes: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Vectors as they are compared, (q, LENGTH), each of length 1, or 0 if it is the mean.

    Parameters
    ----------
    vectors: (q, p) as in `CropDataset`.
    mean: (p,) of labelled crops.
    axes: (p, LENGTH) their principal axes.
    """
    short = (vectors - mean) @ axes
    length = np.linalg.norm(short, axis=1, keepdims=True)
    unit: NDArray[np.float32] = np.divide(short, length, out=np.zeros_like(short), where=length > 0)
    return unit
