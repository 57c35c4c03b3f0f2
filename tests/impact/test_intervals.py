"""Intervals hold the true difference as often as they say, for each reason that it is uncertain."""

from __future__ import annotations

import numpy as np
import pytest

from labelaudit.impact.intervals import Runs

DIFFERENCE = np.array([1.0, -1.0, 0, 0])


def simulated(random, *, of_seeds: float, of_images: float, seeds: int = 3, groups: int = 60):
    """Four things whose true values are 0, 1, 2, 3, measured once."""
    images = random.normal(0, of_images, (4, groups))  # what each image adds, thing by thing
    shared = random.normal(0, 1, (1, seeds))  # a lucky seed is so for all
    noise = shared + random.normal(0, of_seeds, (4, seeds))
    values = np.arange(4)[:, None] + noise + images.mean(axis=1)[:, None]
    weights = random.multinomial(groups, np.full(groups, 1 / groups), 200) / groups
    drawn = np.arange(4)[:, None, None] + noise[..., None] + (images @ weights.T)[:, None]
    return Runs(values, drawn, groups)


@pytest.mark.parametrize(("of_seeds", "of_images"), [(1.0, 0.0), (0.0, 5.0), (1.0, 5.0)])
def test_the_interval_holds_the_true_difference_95_of_100_times(of_seeds, of_images):
    random = np.random.default_rng(1)
    held, rounds = 0, 400
    for _ in range(rounds):
        runs = simulated(random, of_seeds=of_seeds, of_images=of_images)
        found = runs.contrast(DIFFERENCE)
        held += found.low <= -1 <= found.high
    assert 0.92 <= held / rounds <= 0.98


def test_what_all_runs_of_a_seed_share_is_no_part_of_a_difference():
    values = np.array([[0.0, 10, 20], [1, 11, 21]])
    runs = Runs(values, np.zeros((2, 3, 5)), 9)
    assert runs.seed_variance == 0
    found = runs.contrast(np.array([-1.0, 1]))
    assert (found.value, found.low, found.high) == (1, 1, 1)
    assert found.is_clear


@pytest.mark.parametrize(
    ("low", "high", "clear"), [(0.0, 1, False), (0.1, 1, True), (-1, -0.1, True)]
)
def test_an_interval_is_clear_of_zero_or_not(low, high, clear):
    from labelaudit.impact.intervals import Interval

    assert Interval(0.5, low, high).is_clear is clear


def test_the_mean_of_one_thing_has_an_interval_of_its_own_seeds():
    runs = Runs(np.array([[1.0, 2, 3]]), np.full((1, 3, 5), 2.0), 9)
    assert runs.seed_variance == pytest.approx(1)
    found = runs.contrast(np.array([1.0]))
    assert found.value == 2
    # Student's t of 2 degrees is 4.303.
    assert found.high - found.value == pytest.approx(4.303 / 3**0.5, abs=1e-3)


def test_with_one_seed_only_images_are_in_the_interval():
    drawn = np.random.default_rng(0).normal(0, 1, (2, 1, 4000))
    found = Runs(np.array([[0.0], [1.0]]), drawn, 10_001).contrast(np.array([-1.0, 1]))
    assert found.high - 1 == pytest.approx(1.96 * 2**0.5, rel=0.05)


def test_drawn_images_are_averaged_over_seeds():
    one = np.random.default_rng(0).normal(0, 1, (1, 1, 4000))
    same = Runs(np.zeros((1, 2)), np.repeat(one, 2, axis=1), 10_001)
    apart = Runs(np.zeros((1, 2)), np.concatenate([one, -one], axis=1), 10_001)
    assert same.contrast(np.array([1.0])).high == pytest.approx(1.96, rel=0.05)
    assert apart.contrast(np.array([1.0])).high == pytest.approx(0, abs=1e-9)


def test_what_cannot_be_measured_has_no_interval():
    found = Runs(np.array([[np.nan]]), np.full((1, 1, 3), 1.0), 5).contrast(np.array([1.0]))
    assert np.isnan([found.value, found.low, found.high]).all()
    assert not found.is_clear
