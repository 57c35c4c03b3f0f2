from __future__ import annotations

import itertools

import numpy as np
import pytest

from labelaudit.boxes.anchors import (
    LARGEST_SCALE,
    best_anchors,
    cluster_anchors,
    improved,
    level_anchors,
    placed_overlap,
    shape_overlaps,
    typical_overlaps,
    weighted_shapes,
)
from labelaudit.boxes.ops import iou
from labelaudit.core.columns import Floats


def some_sizes(seed: int, count: int) -> Floats:
    return np.exp(np.random.default_rng(seed).uniform(np.log(8), np.log(150), (count, 2)))


def around(centre: Floats, size: Floats) -> Floats:
    return np.concatenate([centre - size / 2, centre + size / 2], axis=1)


def mean_best(size: Floats, anchors: Floats) -> float:
    return float(shape_overlaps(size, anchors).max(axis=1).mean())


def exhaustive(size: Floats, steps: int, count: int) -> float:
    """The highest mean overlap of any so many anchors whose sides are on a fine scale."""
    sides = np.geomspace(size.min(), size.max(), steps)
    overlap = shape_overlaps(size, np.array(list(itertools.product(sides, sides))))
    best = 0.0
    for chosen in itertools.combinations(range(overlap.shape[1]), count - 1):
        others = overlap[:, chosen].max(axis=1, keepdims=True)
        best = max(best, float(np.maximum(overlap, others).mean(axis=0).max()))
    return best


def test_shapes_overlap_as_boxes_around_one_centre_do():
    size, anchors = some_sizes(0, 40), some_sizes(1, 7)
    for number, anchor in enumerate(anchors):
        centre = np.full((len(size), 2), 300.0)
        expected = iou(around(centre, size), around(centre, np.tile(anchor, (len(size), 1))))
        np.testing.assert_allclose(shape_overlaps(size, anchors)[:, number], expected)


def test_the_best_anchor_is_that_of_the_table_of_all_and_the_first_of_equals():
    size, anchors = some_sizes(2, 50), some_sizes(3, 5)
    overlap, which = best_anchors(size, np.concatenate([anchors, anchors]))
    np.testing.assert_allclose(overlap, shape_overlaps(size, anchors).max(axis=1))
    assert which.tolist() == shape_overlaps(size, anchors).argmax(axis=1).tolist()


def test_without_anchors_nothing_overlaps():
    overlap, which = best_anchors(some_sizes(4, 3), np.empty((0, 2)))
    assert (overlap.tolist(), which.tolist()) == ([0, 0, 0], [-1, -1, -1])


def test_an_anchor_in_place_is_the_best_of_all_places_of_its_grid():
    random = np.random.default_rng(5)
    size, centre = some_sizes(5, 60), random.uniform(0, 320, (60, 2))
    anchor, stride = np.array([40.0, 64.0]), 16
    grid = (np.stack(np.meshgrid(np.arange(20), np.arange(20)), axis=-1).reshape(-1, 2) + 0.5) * 16
    everywhere = around(grid, np.tile(anchor, (len(grid), 1)))
    slow = [iou(np.tile(box, (len(grid), 1)), everywhere).max() for box in around(centre, size)]
    np.testing.assert_allclose(placed_overlap(size, centre, anchor, stride), slow)


def test_the_typical_overlap_is_between_that_in_the_middle_of_a_cell_and_that_in_its_corner():
    size, anchor = some_sizes(6, 30), np.array([[24.0, 24.0]])
    middle = placed_overlap(size, np.full((30, 2), 8.0), anchor[0], 16)
    corner = placed_overlap(size, np.full((30, 2), 16.0), anchor[0], 16)
    typical = typical_overlaps(size, anchor, np.array([16.0]))[:, 0]
    assert (corner <= typical + 1e-12).all()
    assert (typical <= middle + 1e-12).all()
    assert (corner < middle).any()


def test_nearly_equal_shapes_are_put_together_and_their_mean_stays():
    size, weight = some_sizes(7, 5000), np.random.default_rng(7).uniform(0.1, 2, 5000)
    shapes = weighted_shapes(size, weight, most=100)
    assert 25 < len(shapes.size) <= 100
    assert shapes.weight.sum() == pytest.approx(1)
    mean = np.average(size, axis=0, weights=weight)
    np.testing.assert_allclose(shapes.weight @ shapes.size, mean)


def test_shapes_that_are_few_enough_stay_as_they_are():
    size = some_sizes(8, 100)
    assert (weighted_shapes(size, most=100).size == size).all()
    assert len(weighted_shapes(size, most=99).size) <= 99


@pytest.mark.parametrize("seed", range(6))
def test_two_clusters_are_within_a_hundredth_of_exhaustive_search(seed: int):
    size = some_sizes(seed, 12)
    assert mean_best(size, cluster_anchors(size, 2)) > exhaustive(size, 40, 2) - 0.01


@pytest.mark.parametrize("seed", range(3))
def test_three_clusters_are_within_a_hundredth_of_exhaustive_search(seed: int):
    size = some_sizes(10 + seed, 15)
    assert mean_best(size, cluster_anchors(size, 3)) > exhaustive(size, 12, 3) - 0.01


def test_clusters_of_many_boxes_are_where_the_boxes_are():
    random, planted = np.random.default_rng(0), np.array([[10.0, 12], [40, 90], [150, 60]])
    size = np.repeat(planted, 8000, axis=0) * np.exp(random.normal(0, 0.08, (24000, 2)))
    np.testing.assert_allclose(cluster_anchors(size, 3), planted, rtol=0.03)


def test_the_same_boxes_give_the_same_clusters_and_larger_ones_come_last():
    size = some_sizes(9, 300)
    anchors = cluster_anchors(size, 4)
    assert anchors.tolist() == cluster_anchors(size, 4).tolist()
    assert (np.diff(anchors.prod(axis=1)) > 0).all()


def test_a_heavier_box_has_the_anchor():
    size = np.array([[10.0, 10], [10, 40]])
    heavy = cluster_anchors(size, 1, weight=np.array([1.0, 99.0]))
    np.testing.assert_allclose(heavy, [[10, 40]], rtol=0.02)


@pytest.mark.parametrize(("size", "count"), [(np.empty((0, 2)), 0), (np.ones((5, 2)), 1)])
def test_there_are_no_more_clusters_than_shapes(size: Floats, count: int):
    assert len(cluster_anchors(size, 3)) == count


def test_values_are_improved_to_where_they_are_worth_most():
    found = improved(
        np.array([1.0, 9.0]), lambda x: -float(np.log(x / [3, 2]) @ np.log(x / [3, 2]))
    )
    np.testing.assert_allclose(found, [3, 2], rtol=0.01)


def test_scales_and_ratios_of_boxes_that_were_made_of_them_are_found():
    sides = np.array([[16 * 3 * 2**0.5, 16 * 3 / 2**0.5], [32 * 3 * 2**0.5, 32 * 3 / 2**0.5]])
    random = np.random.default_rng(1)
    size = np.repeat(sides, 200, axis=0) * np.exp(random.normal(0, 0.03, (400, 2)))
    found = level_anchors(weighted_shapes(size, most=200), (16, 32), 1, 1)
    assert found.scales == pytest.approx((3,), rel=0.05)
    assert found.ratios == pytest.approx((0.5,), rel=0.1)
    np.testing.assert_allclose(np.concatenate(found.levels), sides, rtol=0.08)


def test_two_ratios_are_found_where_boxes_have_two():
    size = np.concatenate([np.tile([32.0, 128.0], (99, 1)), np.tile([128.0, 32.0], (99, 1))])
    found = level_anchors(weighted_shapes(size), (16,), 1, 2)
    assert found.ratios == pytest.approx((0.25, 4), rel=0.1)


def test_a_ratio_that_is_not_needed_is_not_named_twice():
    found = level_anchors(weighted_shapes(np.tile([64.0, 64.0], (50, 1))), (16,), 1, 3)
    assert found.ratios == pytest.approx((1,), rel=0.05)


def test_no_anchor_is_larger_than_a_level_sees():
    size = np.tile([400.0, 400.0], (50, 1))
    found = level_anchors(weighted_shapes(size), (8,), 2, 1)
    assert max(found.scales) <= LARGEST_SCALE
