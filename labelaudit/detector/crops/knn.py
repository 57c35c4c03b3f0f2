"""k nearest neighbours (k-NN): the labels of the crops most alike in other images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelaudit.core.columns import Ints, Rows
from labelaudit.detector.crops.roi_features import CropDataset
from labelaudit.detector.job import Job
from labelaudit.predictions.predictions import Scores

# Choices that were not measured one by one. What all of them come to together is recorded in
# benchmarks/results/label_errors.md, rows "kNN on crops", by `python -m benchmarks.label_errors`.

LENGTH = 64
"""Numbers that a crop is compared by, the first principal components of its vector."""

NEAREST = 15
"""Neighbours that vote."""

SHARPNESS = 10.0
"""A neighbour of likeness s (cosine) counts exp(SHARPNESS * (s - 1))."""

SAMPLE = 3_000
"""Crops that the components are worked out from."""

MOST = 20_000
"""Labelled crops that are compared with."""

CHUNK = 2_000
"""Crops that are compared at a time, which bounds the memory and changes no result."""


@dataclass(frozen=True)
class NearestNeighbours:
    """Labelled crops, and how any crop is compared with them."""

    mean: NDArray[np.float32]  # (d,) of the vectors
    directions: NDArray[np.float32]  # (d, p) principal components, of standardised vectors
    crops: NDArray[np.float32]  # (m, p) of length 1
    label: Rows  # (m,)
    group: Ints  # (m,) of the image
    classes: int

    def predict_proba(self, vectors: NDArray[np.float32], group: Ints) -> Scores:
        """Share of each class among the nearest crops outside of a group, (q, c), 0 without any.

        Parameters
        ----------
        vectors: (q, d) of crops.
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
        likeness = project(vectors, self.mean, self.directions) @ self.crops.T
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
    mean, directions = principal_components(crop_dataset, given, LENGTH, job.config.seed)
    crops = [
        project(
            np.asarray(crop_dataset.vectors[kept[start : start + CHUNK]], np.float32),
            mean,
            directions,
        )
        for start in range(0, len(kept), CHUNK)
    ]
    return NearestNeighbours(
        mean,
        directions,
        np.concatenate([np.zeros((0, directions.shape[1]), np.float32), *crops]),
        crop_dataset.examples.label[kept],
        job.group[crop_dataset.examples.image[kept]],
        job.classes,
    )


def project(
    vectors: NDArray[np.float32], mean: NDArray[np.float32], directions: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Vectors as they are compared, (q, p), each of length 1, or 0 if it is the mean.

    Parameters
    ----------
    vectors: (q, d) from `roi_features`.
    mean: (d,) from `principal_components`.
    directions: (d, p) likewise.
    """
    short = np.asarray((vectors - mean) @ directions, np.float32)
    length = np.linalg.norm(short, axis=1, keepdims=True)
    np.divide(short, length, out=short, where=length > 0)
    return short


def principal_components(
    crop_dataset: CropDataset, rows: Ints, length: int, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean (d,) and principal directions (d, p) of crops that are first brought to one spread.

    Parameters
    ----------
    crop_dataset: crops of all images.
    rows: (r,) of the crops to look at; of very many, a sample is.
    length: directions that are wanted; there may be fewer of few crops.
    seed: of the sample and of the randomized SVD.
    """
    some = np.sort(np.random.default_rng(seed).permutation(rows)[:SAMPLE])
    sample = np.asarray(crop_dataset.vectors[some], np.float32)
    width = crop_dataset.vectors.shape[1]
    count = min(length, len(sample) - 1, width)
    if count < 1:
        return np.zeros(width, np.float32), np.zeros((width, 0), np.float32)
    from sklearn.decomposition import PCA  # noqa: PLC0415  # a second that a saved run saves

    mean, spread = sample.mean(axis=0), sample.std(axis=0) + 1e-3
    found = PCA(count, svd_solver="randomized", random_state=seed)
    found.fit((sample - mean) / spread)
    directions = found.components_.T / spread[:, None]
    # PCA centres once more; of the standardised sample the centre is 0 but for rounding.
    return mean.astype(np.float32), directions.astype(np.float32)
