"""What drawn images say of all: right on average, with limits that hold as often as they say."""

from __future__ import annotations

import numpy as np
import pytest

from labelaudit.auditing.estimates.drawn_images import Total, total


def test_the_ratio_of_the_drawn_images_is_that_of_all():
    expected, size = np.array([2.0, 1.0, 9.0]), np.array([20.0, 10.0, 30.0])
    told = total(expected, np.zeros(3), size, np.array([True, True, False]))
    assert told == Total(6.0, 6.0, 6.0)  # one in ten of sixty, in both alike


def test_by_hand():
    """Two of four images: mean error 2, deviations of 1 each, half of the images left out."""
    told = total(np.array([1.0, 3, 0, 0]), np.zeros(4), np.ones(4), np.arange(4) < 2)
    side = 1.959964 * (4**2 * (1 - 2 / 4) / 2 * 2 / 1) ** 0.5
    assert (told.expected, told.low) == (8, pytest.approx(8 - side))
    assert told.high == pytest.approx(8 + side)


def test_what_varies_within_images_is_in_the_limits_also_where_all_are_alike():
    told = total(np.ones(4), np.full(4, 0.5), np.ones(4), np.arange(4) < 2)
    assert told.expected == 4
    assert told.high - told.expected == pytest.approx(1.959964 * (4 / 2 * 2 * 0.5) ** 0.5)


def test_of_all_images_only_what_varies_within_is_left():
    told = total(np.array([1.0, 5]), np.array([0.25, 0.25]), np.ones(2), np.ones(2, bool))
    assert told.expected == 6
    assert told.high == pytest.approx(6 + 1.959964 * 0.5**0.5)


@pytest.mark.parametrize("drawn", [[False, False], [True, False]])
def test_nothing_drawn_and_images_without_boxes_say_nothing(drawn):
    assert total(np.ones(2), np.ones(2), np.array([0.0, 3]), np.array(drawn)) == Total(0, 0, 0)


def test_the_limits_never_go_below_nothing():
    assert total(np.array([0.0, 1, 0]), np.ones(3), np.ones(3), np.arange(3) < 2).low == 0


def test_limits_hold_the_number_of_errors_nearly_as_often_as_they_say():
    """1,000 images, errors in heaps as real ones are; 200 drawn, 400 times."""
    random = np.random.default_rng(0)
    size = random.integers(1, 12, 1000)
    rate = np.where(random.random(1000) < 0.1, 0.5, 0.03)
    probability = [np.clip(random.beta(2, 2 / rate[i] - 2, size[i]), 0, 1) for i in range(1000)]
    expected = np.array([one.sum() for one in probability])
    spread = np.array([(one * (1 - one)).sum() for one in probability])
    held, told = 0, []
    for _ in range(400):
        real = sum(int((random.random(len(one)) < one).sum()) for one in probability)
        drawn = np.zeros(1000, bool)
        drawn[random.choice(1000, 200, replace=False)] = True
        found = total(expected, spread, size.astype(float), drawn)
        held += found.low <= real <= found.high
        told.append(found.expected)
    assert 0.92 <= held / 400 <= 0.98
    assert np.mean(told) == pytest.approx(expected.sum(), rel=0.03)
