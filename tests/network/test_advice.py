from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from labelaudit.auditing.context import AuditContext
from labelaudit.dataset.tables import Dataset
from labelaudit.network.advice import (
    ENOUGH,
    GRIDS,
    advised_fit,
    clusters_fit,
    enough_tiles,
    fewest,
    fit_now,
    head_cost,
    level_fits,
    level_uses,
    tile_grids,
)
from labelaudit.network.settings import NetworkSettings, network_settings
from labelaudit.network.view import NetworkView
from labelaudit.testing import images, one_image

ONE_TO_ONE = network_settings(train_size=640, strides=[8, 16, 32], anchor_scales=[4])


def seen(dataset: Dataset, network: NetworkSettings = ONE_TO_ONE) -> NetworkView:
    return AuditContext(dataset, network=network).network_view


def many(width: float, height: float, count: int = 40, label: str = "car") -> list[str]:
    """Boxes of about one size, in other places each."""
    random = np.random.default_rng(int(width + height))
    corner = random.uniform(0, (640 - width, 480 - height), (count, 2))
    size = np.array([width, height]) * random.uniform(0.97, 1.03, (count, 2))
    return [
        f"{label} {x} {y} {x + w} {y + h}"
        for (x, y), (w, h) in zip(corner.tolist(), size.tolist(), strict=True)
    ]


def test_a_fit_counts_places_anchors_and_boxes_without_one():
    fit = fit_now(seen(one_image(*many(64, 64), *many(16, 200, label="pole"))))
    assert (fit.places, fit.per_image) == (8400, 8400)
    assert fit.by_class == (0, 40)
    assert fit.matched == 0.5
    assert fit.background == 0.5
    assert fit.balanced == pytest.approx(0.5)


def test_large_classes_count_less_in_the_balanced_share():
    fit = fit_now(seen(one_image(*many(64, 64, 90), *many(16, 200, 10, "pole"))))
    assert fit.matched == 0.9
    assert fit.balanced == pytest.approx(90**0.5 / (90**0.5 + 10**0.5))


def test_clusters_are_as_many_as_there_are_anchors_and_leave_fewer_boxes():
    view = seen(one_image(*many(64, 64), *many(16, 200, label="pole"), *many(200, 60)))
    fit = clusters_fit(view)
    assert [len(level) for level in fit.anchors] == [1, 1, 1]
    assert sum(fit.by_class) < sum(fit_now(view).by_class)


def test_of_more_than_nine_anchors_nine_clusters_are_made():
    network = network_settings(name="retinanet", train_size=640)
    boxes = [box for side in range(10, 400, 20) for box in many(side, side, 3)]
    fit = clusters_fit(seen(one_image(*boxes), network))
    assert sum(len(level) for level in fit.anchors) == 9
    assert len(fit.anchors) == 5


def test_levels_that_boxes_do_not_need_are_left_out_of_the_fewest_anchors():
    view = seen(one_image(*many(128, 128), *many(120, 130)))
    fit = fewest(list(level_fits(view)))
    assert fit.strides == (32,)
    assert len(fit.scales) * len(fit.ratios) == 1
    assert fit.matched == 1


def test_a_cheaper_fit_is_taken_up_to_the_share_that_may_be_lost():
    good = fit_now(seen(one_image(*many(64, 64))))
    best = dataclasses.replace(good, balanced=0.9)
    near = dataclasses.replace(good, balanced=0.9 - ENOUGH, places=10, per_image=10)
    far = dataclasses.replace(near, balanced=0.9 - ENOUGH - 0.001)
    assert fewest([best, near]) is near
    assert fewest([best, far]) is best


SHAPES = ((12, 12), (12, 70), (70, 12), (44, 44), (30, 180), (180, 30), (120, 120), (70, 330))
"""No scales and ratios have them all."""


def boxes_of_all_shapes() -> Dataset:
    return images({f"{w}x{h}.jpg": many(w, h, 20) for w, h in SHAPES})


def test_lists_of_clusters_are_advised_to_a_network_of_lists_where_they_are_no_worse_or_dearer():
    lists = [[5, 5, 6, 6, 7, 7], [9, 9, 10, 10, 11, 11], [20, 20, 21, 21, 22, 22]]
    network = network_settings(train_size=640, strides=[8, 16, 32], anchors=lists)
    view = seen(boxes_of_all_shapes(), network)
    clusters = clusters_fit(view)
    advised = advised_fit(view, clusters)
    others = fewest(list(level_fits(view)))
    assert advised is clusters
    assert clusters.balanced >= others.balanced
    assert head_cost(clusters.places, clusters.per_image) <= head_cost(
        others.places, others.per_image
    )
    worse = dataclasses.replace(clusters, balanced=others.balanced - 0.01)
    dearer = dataclasses.replace(clusters, per_image=10 * others.per_image)
    bare = dataclasses.replace(clusters, anchors=(*clusters.anchors[:2], np.empty((0, 2))))
    for one in (worse, dearer, bare):
        assert advised_fit(view, one).scales == others.scales


def test_a_network_whose_anchors_are_in_proportion_to_strides_is_advised_no_lists():
    network = network_settings(
        train_size=640, strides=[8, 16, 32], anchor_scales=[3, 5, 6], anchor_ratios=[1]
    )
    view = seen(boxes_of_all_shapes(), network)
    free = dataclasses.replace(clusters_fit(view), balanced=1.0, per_image=0)
    assert advised_fit(view, free).scales


def test_a_level_without_boxes_is_missed_by_none_and_has_most_of_the_places():
    uses = level_uses(seen(one_image(*many(64, 64), *many(128, 128, label="bus"))))
    assert [use.boxes for use in uses] == [0, 40, 40]
    assert [use.by_class for use in uses] == [(0, 0), (40, 0), (0, 40)]
    assert uses[0].places == pytest.approx(6400 / 8400)
    assert (uses[0].lost, uses[0].worst, uses[0].vanishing, uses[0].takers) == (0, 0, 0, ())


def test_without_their_level_boxes_go_to_the_next_and_are_lost_to_the_threshold():
    use = level_uses(seen(one_image(*many(64, 64), *many(128, 128, label="bus"))))[1]
    assert sum(count for _, count in use.takers) == 40
    assert (use.lost, use.worst) == (40, 1)


def test_a_box_that_has_no_anchor_anyway_is_not_lost_with_a_level():
    use = level_uses(seen(one_image(*many(64, 64, 25), *many(16, 300, 25, "pole"))))[1]
    assert (use.lost, use.by_class[0]) == (25, 25)


def test_without_the_finest_level_small_boxes_vanish():
    use = level_uses(seen(one_image(*many(6, 6), *many(40, 40))))[0]
    assert use.vanishing == 40


def test_without_anchors_a_level_is_worth_the_boxes_at_it():
    network = network_settings(train_size=640)
    uses = level_uses(seen(one_image(*many(60, 60, 30), *many(400, 300, 20)), network))
    assert [use.lost for use in uses] == [30, 0, 20]
    assert uses[0].takers == ((16, 30),)


def test_the_only_level_has_no_other_to_go_to():
    network = network_settings(train_size=640, strides=[16], anchor_scales=[4])
    use = level_uses(seen(one_image(*many(64, 64)), network))[0]
    assert (use.takers, use.lost) == ((), 40)


def test_of_a_class_of_few_boxes_a_share_says_nothing():
    use = level_uses(seen(one_image(*many(64, 64, 19))))[1]
    assert (use.lost, use.worst) == (19, 0)


def test_the_coarsest_tiles_that_bring_most_boxes_back_are_enough():
    view = seen(one_image(*many(6, 6)), network_settings(train_size=320))
    grids = tile_grids(view)
    assert len(grids) == len(GRIDS)
    assert enough_tiles(40, grids) is grids[0]


@pytest.mark.parametrize(("left", "enough"), [(8, True), (9, False)])
def test_tiles_are_enough_that_bring_four_of_five_boxes_back(left, enough):
    view = seen(one_image(*many(6, 6)), network_settings(train_size=320))
    grid = dataclasses.replace(tile_grids(view)[0], vanishing=left)
    assert (enough_tiles(40, [grid]) is grid) is enough


def test_where_nothing_vanishes_or_no_tiles_help_none_are_advised():
    view = seen(one_image(*many(60, 60)))
    assert enough_tiles(0, tile_grids(view)) is None
    view = seen(one_image(*many(1, 1)), network_settings(train_size=320))
    assert enough_tiles(40, tile_grids(view)) is None


def test_nothing_is_no_crash():
    view = seen(images({"a.jpg": []}))
    assert list(level_fits(view)) == []
    assert fit_now(view).matched == 0
    assert [use.boxes for use in level_uses(view)] == [0, 0, 0]
    assert [grid.vanishing for grid in tile_grids(view)] == [0, 0, 0]
