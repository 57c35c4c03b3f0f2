"""How far two sets of numbers are apart."""

from __future__ import annotations

import numpy as np
import pytest

from labelaudit.deployment.parity.differences import (
    concatenated,
    difference,
    differences,
    distance,
    gaps,
)


def values(*numbers: float) -> np.ndarray:
    return np.array(numbers, np.float32)


def test_a_difference_is_a_part_of_the_largest_value_of_the_network():
    found = difference("head", values(1, -8, 2), values(1, -8, 3), 0.125)
    assert (found.largest, found.typical, found.scale) == (1.0, 0.0, 8.0)
    assert found.relative == 0.125
    assert found.is_within
    assert not difference("head", values(1, -8, 2), values(1, -8, 3.01), 0.125).is_within


def test_a_layer_that_gives_nearly_nothing_is_measured_by_a_millionth():
    assert difference("head", values(1e-9), values(0), 1).scale == 1e-6
    assert difference("head", values(2e-6), values(0), 1).scale == pytest.approx(2e-6)


def test_scores_are_not_measured_by_the_largest_of_them():
    assert difference("scores", values(0.1, 0.2), values(0.1, 0.3), 0.05).scale == 1.0


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        (np.inf, np.inf, 0),
        (np.nan, np.nan, 0),
        (np.inf, -np.inf, np.inf),
        (np.nan, 1, np.inf),
        (1, np.inf, np.inf),
        (1, 1.5, 0.5),
    ],
)
def test_numbers_that_are_none_are_the_same_only_as_each_other(one, other, apart):
    assert gaps(values(one), values(other)).tolist() == [apart]


def test_nothing_is_no_difference():
    assert difference("head", values(), values(), 0.1).is_within
    assert distance(values(), values()) == 0


def test_what_is_no_number_is_as_far_as_the_largest_of_all():
    assert distance(values(1, 2), values(1, np.nan)) == 1.0
    assert distance(values(1, 3), values(1, 2)) == 0.5


def test_names_and_shapes_that_one_lacks_are_left_out():
    expected = {"a": values(1), "b": values(1), "c": values(1, 2)}
    observed = {"a": values(1), "c": values(1), "d": values(1)}
    assert [one.name for one in differences(expected, observed, 0.1)] == ["a"]


def test_outputs_of_images_are_joined_by_name():
    joined = concatenated([{"a": values(1), "b": values(1)}, {"a": values(2)}])
    assert {name: rows.tolist() for name, rows in joined.items()} == {"a": [1, 2]}
    assert concatenated([]) == {}
