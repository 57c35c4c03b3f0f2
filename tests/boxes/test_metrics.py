from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from labelaudit.boxes.metrics import (
    ReliabilityBins,
    average_precision,
    average_precision_by_class,
    calibration_error,
    interpolated_average_precision,
    reliability_bins,
)


def flags(text: str) -> np.ndarray:
    """`x` is a hit, `.` a miss."""
    return np.array([letter == "x" for letter in text], bool)


def slow_average_precision(hit, score, total):
    ranked = sorted(zip(-score, hit, strict=True))  # of equal scores the misses first
    precisions, found = [], 0
    for rank, (_, is_hit) in enumerate(ranked, start=1):
        if is_hit:
            found += 1
            precisions.append(found / rank)
    return sum(precisions) / total


def slow_interpolated(hit, total):
    """The area below the curve, step by step of recall."""
    points = [(sum(hit[:rank]) / total, sum(hit[:rank]) / rank) for rank in range(1, len(hit) + 1)]
    area = 0.0
    for step in range(1, total + 1):
        area += max((p for recall, p in points if recall >= step / total - 1e-9), default=0) / total
    return area


@pytest.mark.parametrize("seed", range(5))
def test_average_precision_is_that_of_a_loop(seed):
    rng = np.random.default_rng(seed)
    for count in (1, 2, 7, 60):
        hit, score = rng.random(count) < 0.4, rng.integers(0, 9, count) / 8
        total = int(hit.sum()) + int(rng.integers(1, 4))
        expected = slow_average_precision(hit, score, total)
        assert average_precision(hit, score, total) == pytest.approx(expected)


def test_average_precision_is_that_of_scikit_learn_where_scores_differ():
    metrics = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(0)
    hit, score = random.random(200) < 0.2, random.permutation(200) / 200
    expected = metrics.average_precision_score(hit, score)
    assert average_precision(hit, score, int(hit.sum())) == pytest.approx(expected)
    assert average_precision(hit, score, 2 * int(hit.sum())) == pytest.approx(expected / 2)


def test_a_constant_score_earns_nothing():
    assert average_precision(flags("x..."), np.ones(4), 1) == 0.25


def test_where_there_is_nothing_to_find_there_is_no_precision():
    nothing = np.zeros(0, bool), np.zeros(0)
    assert average_precision(*nothing, 0) is None
    assert average_precision(*nothing, 3) == 0
    assert np.isnan(interpolated_average_precision(nothing[0], 0))
    assert interpolated_average_precision(nothing[0], 3) == 0


@pytest.mark.parametrize("seed", range(5))
def test_interpolated_average_precision_is_the_area_of_a_loop(seed):
    rng = np.random.default_rng(seed)
    for count in (1, 2, 7, 60):
        hit = rng.random(count) < 0.4
        total = int(hit.sum()) + int(rng.integers(1, 4))
        expected = slow_interpolated(hit.tolist(), total)
        assert interpolated_average_precision(hit, total) == pytest.approx(expected)


def test_precision_is_made_to_fall_only():
    assert interpolated_average_precision(flags(".xx"), 2) == pytest.approx(2 / 3)
    assert average_precision(flags(".xx"), np.array([0.9, 0.8, 0.7]), 2) == pytest.approx(7 / 12)


@pytest.mark.parametrize("seed", range(3))
def test_average_precision_by_class_is_that_of_each_class_alone(seed):
    rng = np.random.default_rng(seed)
    label, score = rng.integers(0, 4, 80), rng.integers(0, 9, 80) / 8
    hit = rng.random(80) < 0.4
    total = np.array([30, 40, 0, 25, 3])  # no object of the third class, no prediction of the last
    found = average_precision_by_class(hit, label.astype(np.int32), score, total)
    for row in (0, 1, 3):
        ranked = sorted(np.flatnonzero(label == row), key=lambda place: (-score[place], place))
        expected = slow_interpolated(hit[ranked].tolist(), int(total[row]))
        assert found[row] == pytest.approx(expected)
    assert np.isnan(found[2])
    assert found[4] == 0


EDGES = (0.0, 0.1, 0.5, 1.0)


def slow_calibration_error(probability, came_true, edges):
    error = 0.0
    for low, high in pairwise(edges):
        here = [
            place
            for place, value in enumerate(probability)
            if low <= value < high or value == high == edges[-1]
        ]
        if here:
            confidence = sum(probability[place] for place in here) / len(here)
            accuracy = sum(bool(came_true[place]) for place in here) / len(here)
            error += len(here) / len(probability) * abs(accuracy - confidence)
    return error


@pytest.mark.parametrize("seed", range(5))
def test_calibration_error_is_that_of_a_loop(seed):
    rng = np.random.default_rng(seed)
    for count in (1, 3, 50):
        probability = np.append(rng.random(count), EDGES)
        came_true = rng.random(len(probability)) < 0.4
        bins = reliability_bins(probability, came_true, EDGES)
        expected = slow_calibration_error(probability.tolist(), came_true, EDGES)
        assert calibration_error(bins) == pytest.approx(expected)


def test_a_bin_holds_its_lower_edge_and_the_last_one_both():
    probability = np.array([0.0, 0.0999, 0.1, 0.5, 1.0])
    bins = reliability_bins(probability, flags(".x.xx"), EDGES)
    assert bins.size.tolist() == [2, 1, 2]
    assert (bins.low.tolist(), bins.high.tolist()) == ([0.0, 0.1, 0.5], [0.1, 0.5, 1.0])
    assert bins.expected.tolist() == pytest.approx([0.04995, 0.1, 0.75])
    assert bins.observed.tolist() == [0.5, 0, 1]


def test_bins_without_anything_are_left_out():
    bins = reliability_bins(np.array([0.2, 0.3, 0.7]), flags(".xx"), (0.0, 0.1, 0.6, 0.65, 1.0))
    assert (bins.low.tolist(), bins.high.tolist()) == ([0.1, 0.65], [0.6, 1.0])
    assert len(reliability_bins(np.zeros(0), flags(""), EDGES)) == 0


def test_without_probabilities_there_is_no_error():
    assert calibration_error(ReliabilityBins.empty()) == 0
