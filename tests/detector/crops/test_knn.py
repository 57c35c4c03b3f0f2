from __future__ import annotations

from collections.abc import Callable

import numpy as np

from labelaudit.detector.crops.knn import NEAREST, SHARPNESS, compared, nearest_neighbours
from labelaudit.detector.crops.roi_features import CropExamples, Pool
from labelaudit.detector.job import Job


def random_pool(count: int, length: int = 12) -> Pool:
    random = np.random.default_rng(0)
    chosen = CropExamples.of(
        count,
        image=np.arange(count) % 4,
        label=random.integers(0, 2, count),
        given=random.random(count) < 0.8,
    )
    return Pool(chosen, random.normal(size=(count, length)).astype(np.float16))


def test_votes_are_those_of_a_direct_search(job: Callable[..., Job]):
    pool = random_pool(90)
    found = nearest_neighbours(job(), pool)
    asked, group = (
        np.random.default_rng(1).normal(size=(7, 12)).astype(np.float32),
        np.arange(7) % 4,
    )
    votes = found.votes(asked, group)
    rows = np.flatnonzero(pool.examples.given)
    crops = compared(np.asarray(pool.vectors[rows], np.float32), found.mean, found.directions)
    for row, one in enumerate(compared(asked, found.mean, found.directions)):
        others = [
            (float(one @ crop), int(pool.examples.label[k]))
            for crop, k in zip(crops, rows, strict=True)
            if pool.examples.image[k] != group[row]
        ]
        nearest = sorted(others, reverse=True)[:NEAREST]
        weight = np.array([np.exp(SHARPNESS * (likeness - 1)) for likeness, _ in nearest])
        share = [weight[[label == c for _, label in nearest]].sum() / weight.sum() for c in (0, 1)]
        assert np.allclose(votes[row], share, atol=1e-5)


def test_a_crop_is_not_its_own_neighbour(job: Callable[..., Job]):
    pool = random_pool(8)
    one_group = nearest_neighbours(job(), pool)
    group = np.zeros(1, np.int64)
    only_its_group = type(one_group)(
        **(vars(one_group) | {"group": np.zeros_like(one_group.group)})
    )
    assert only_its_group.votes(np.ones((1, 12), np.float32), group).tolist() == [[0, 0]]


def test_no_labels_or_a_single_one_give_votes_without_an_error(job: Callable[..., Job]):
    for count in (0, 1, 2):
        found = nearest_neighbours(job(), random_pool(count))
        votes = found.votes(np.ones((3, 12), np.float32), np.full(3, 9))
        assert votes.shape == (3, 2)
        assert np.isfinite(votes).all()
