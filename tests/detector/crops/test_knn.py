from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from labelaudit.detector.crops.knn import LENGTH, NEAREST, SHARPNESS, fit_knn, projected
from labelaudit.detector.crops.projection import fit_projection
from labelaudit.detector.crops.roi_features import CropDataset, CropExamples
from labelaudit.detector.job import Job


def random_crop_dataset(count: int, length: int = 12) -> CropDataset:
    random = np.random.default_rng(0)
    chosen = CropExamples.of(
        count,
        image=np.arange(count) % 4,
        label=random.integers(0, 2, count),
        is_label=random.random(count) < 0.8,
    )
    vectors = random.normal(size=(count, length)).astype(np.float32)
    return CropDataset(chosen, vectors, fit_projection(torch.from_numpy(vectors), LENGTH, 0))


def test_votes_are_those_of_a_direct_search(job: Callable[..., Job]):
    crop_dataset = random_crop_dataset(90)
    found = fit_knn(job(), crop_dataset)
    query, group = (
        np.random.default_rng(1).normal(size=(7, 12)).astype(np.float32),
        np.arange(7) % 4,
    )
    votes = found.predict_proba(query, group)
    rows = np.flatnonzero(crop_dataset.examples.is_label)
    crops = projected(crop_dataset.vectors[rows], found.mean, found.axes)
    for row, one in enumerate(projected(query, found.mean, found.axes)):
        others = [
            (float(one @ crop), int(crop_dataset.examples.label[k]))
            for crop, k in zip(crops, rows, strict=True)
            if crop_dataset.examples.image[k] != group[row]
        ]
        nearest = sorted(others, reverse=True)[:NEAREST]
        weight = np.array([np.exp(SHARPNESS * (likeness - 1)) for likeness, _ in nearest])
        share = [weight[[label == c for _, label in nearest]].sum() / weight.sum() for c in (0, 1)]
        assert np.allclose(votes[row], share, atol=1e-5)


def test_a_crop_is_not_its_own_neighbour(job: Callable[..., Job]):
    crop_dataset = random_crop_dataset(8)
    one_group = fit_knn(job(), crop_dataset)
    group = np.zeros(1, np.int64)
    only_its_group = type(one_group)(
        **(vars(one_group) | {"group": np.zeros_like(one_group.group)})
    )
    assert only_its_group.predict_proba(np.ones((1, 12), np.float32), group).tolist() == [[0, 0]]


def test_no_labels_or_a_single_one_give_votes_without_an_error(job: Callable[..., Job]):
    for count in (0, 1, 2):
        found = fit_knn(job(), random_crop_dataset(count))
        votes = found.predict_proba(np.ones((3, 12), np.float32), np.full(3, 9))
        assert votes.shape == (3, 2)
        assert np.isfinite(votes).all()


def test_crops_are_compared_by_their_direction_from_the_mean():
    vectors = np.array([[4, 5, 9], [1, 1, 7]], np.float32)
    mean, axes = np.ones(3, np.float32), np.eye(3, dtype=np.float32)[:, :2]
    found = projected(vectors, mean, axes)
    assert found[0] == pytest.approx([0.6, 0.8])
    assert not found[1].any()


def test_axes_are_those_of_labels_alone(job: Callable[..., Job]):
    crop_dataset = random_crop_dataset(90)
    vectors = crop_dataset.vectors.copy()
    vectors[~crop_dataset.examples.is_label, 0] *= 50
    other = CropDataset(crop_dataset.examples, vectors, crop_dataset.projection)
    assert (fit_knn(job(), crop_dataset).axes == fit_knn(job(), other).axes).all()
