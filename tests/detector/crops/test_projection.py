from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from labelaudit.detector.crops.projection import (
    SHAPE_NUMBERS,
    fit_projection,
    principal_axes,
)


def crops(count: int, width: int = 20) -> Tensor:
    """Vectors of which two hidden numbers explain most, with a shape at the end."""
    random = np.random.default_rng(0)
    hidden = random.normal(size=(count, 2)) * [3, 1]
    content = hidden @ random.normal(size=(2, width)) + 0.1 * random.normal(size=(count, width))
    return torch.from_numpy(
        np.concatenate([5 + content, random.normal(size=(count, 3))], 1).astype(np.float32)
    )


def test_components_are_those_of_standardised_vectors_the_largest_first():
    sample = crops(300)
    short = fit_projection(sample, 4, 0)(sample).numpy()
    assert short.shape == (300, 4 + SHAPE_NUMBERS)
    content = sample[:, :-SHAPE_NUMBERS].numpy()
    standard = (content - content.mean(axis=0)) / content.std(axis=0)
    _, values, axes = np.linalg.svd(standard, full_matrices=False)
    for number in range(2):
        likeness = np.corrcoef(standard @ axes[number], short[:, number])[0, 1]
        assert abs(likeness) > 0.999
    assert short.mean(axis=0) == pytest.approx(np.zeros(7), abs=1e-3)
    spread = short[:, :2].std(axis=0)
    assert spread[0] / spread[1] == pytest.approx(values[0] / values[1], rel=0.01)


def test_the_shape_of_the_box_stays_as_it_is_but_for_its_scale():
    sample = crops(300)
    shape = fit_projection(sample, 4, 0)(sample)[:, -SHAPE_NUMBERS:].numpy()
    for number in range(SHAPE_NUMBERS):
        given = sample[:, number - SHAPE_NUMBERS].numpy()
        assert np.corrcoef(given, shape[:, number])[0, 1] == pytest.approx(1)
    assert shape.std(axis=0) == pytest.approx(np.ones(3), rel=0.01)


def test_the_same_sample_gives_the_same_projection():
    one, other = (fit_projection(crops(90), 4, 3) for _ in range(2))
    assert (one.directions == other.directions).all()


@pytest.mark.parametrize(("count", "kept"), [(0, 0), (1, 0), (2, 1), (4, 3), (300, 6)])
def test_few_crops_have_fewer_components(count: int, kept: int):
    sample = crops(count)
    found = fit_projection(sample, 6, 0)
    assert found.directions.shape == (23, kept + SHAPE_NUMBERS)
    assert found(crops(5)).isfinite().all()


def test_a_number_that_is_nearly_the_same_in_all_crops_is_not_blown_up():
    sample = crops(300)
    sample[:, 7] = 2.5 + 1e-5 * torch.randn(300, generator=torch.Generator().manual_seed(0))
    found = fit_projection(sample, 4, 0)
    other = sample.clone()
    other[:, 7] += 0.01
    assert (found(other) - found(sample)).abs().max() < 0.1


def test_each_direction_points_to_where_its_largest_number_is_positive():
    sample = torch.randn((60, 20), generator=torch.Generator().manual_seed(0))
    for seed in range(8):
        axes = principal_axes(sample, 6, seed)
        assert (axes.max(dim=0).values >= -axes.min(dim=0).values).all()


def test_the_directions_keep_nearly_as_much_as_the_best():
    spread = 1 / torch.arange(1.0, 201).sqrt()
    sample = torch.randn((300, 200), generator=torch.Generator().manual_seed(0)) * spread
    kept = (sample @ principal_axes(sample, 20, 0)).square().sum()
    best = torch.linalg.svdvals(sample)[:20].square().sum()
    assert kept > 0.99 * best
