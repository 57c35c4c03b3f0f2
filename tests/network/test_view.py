from __future__ import annotations

import numpy as np
import pytest

from labelaudit.auditing.context import AuditContext
from labelaudit.dataset.tables import Dataset
from labelaudit.network.settings import NetworkSettings, network_settings
from labelaudit.network.view import (
    NetworkView,
    answering,
    tile_grid,
)
from labelaudit.testing import images, one_image, with_columns

ONE_TO_ONE = network_settings(train_size=640, strides=[8, 16, 32], anchor_scales=[4])


def seen(dataset: Dataset, network: NetworkSettings = ONE_TO_ONE) -> NetworkView:
    return AuditContext(dataset, network=network).network_view


def test_boxes_are_as_large_as_at_the_training_size():
    view = seen(one_image("car 100 40 180 80"), network_settings(train_size=320))
    assert view.size.tolist() == [[40, 20]]
    assert view.centre.tolist() == [[70, 30]]


def test_what_nothing_can_be_said_of_is_left_out():
    dataset = one_image(
        "car 10 10 40 40",
        "car 10 10 40 40 crowd",
        "car 10 10 40 40 difficult",
        "car 10 10 10 40",
        "car nan 10 40 40",
        "car 1e18 10 2e18 40",
    )
    assert seen(dataset).box.tolist() == [0]
    assert len(seen(one_image("car 1 1 9 9", size=(np.nan, np.nan)))) == 0
    assert len(seen(with_columns(one_image("car 1 1 9 9"), "images", assumed=[True]))) == 0
    assert len(seen(one_image())) == 0


def test_a_box_without_a_class_or_an_image_is_left_out():
    dataset = one_image("car 10 10 40 40", "car 50 50 90 90", "car 90 90 99 99")
    dataset.boxes.label[1], dataset.boxes.image[2] = -1, -1
    assert seen(dataset).box.tolist() == [0]


def test_a_box_vanishes_below_half_of_the_finest_stride():
    view = seen(one_image("car 10 10 14 90", "car 50 10 53.9 90", "car 90 10 170 13.9"))
    assert view.vanishes.tolist() == [False, True, True]


def test_the_level_of_a_box_is_that_of_the_anchor_that_fits_it_best():
    view = seen(one_image("car 0 0 30 30", "car 0 0 70 60", "car 0 0 200 200"))
    assert view.level.tolist() == [0, 1, 2]
    assert view.shape_overlap.tolist() == pytest.approx([900 / 1024, 64 * 60 / 4456, 128**2 / 4e4])


@pytest.mark.parametrize(("side", "level"), [(128, 0), (129, 1), (256, 1), (257, 2), (640, 2)])
def test_without_anchors_the_finest_level_that_reaches_the_sides_answers(side: float, level: int):
    found = answering(np.array([[side, 10.0]]), (8, 16, 32), [])
    assert found.level.tolist() == [level]


def test_two_centres_in_one_cell_of_one_anchor_crowd_each_other():
    view = seen(one_image("car 0 0 30 30", "car 3 3 31 31", "bus 100 100 130 130"))
    assert view.crowded.tolist() == [False, False, False]
    view = seen(one_image("car 0 0 30 30", "bus 5 4 25 25", "bus 100 100 130 130"))
    assert view.crowded.tolist() == [True, True, False]


def test_boxes_of_other_anchors_or_other_images_do_not_crowd_each_other():
    view = seen(one_image("car 0 0 40 40", "bus 0 0 160 160", "car 50 50 110 110"))
    assert not view.crowded.any()
    two = {"a.jpg": ["car 0 0 30 30"], "b.jpg": ["car 5 4 25 25"]}
    assert not seen(images(two)).crowded.any()


def test_a_duplicate_crowds_nobody():
    assert not seen(one_image("car 0 0 30 30", "car 0 0 30 30")).crowded.any()


def test_the_overlap_in_place_depends_on_the_grid():
    middle, corner = seen(one_image("car -12 -12 20 20", "car -16 -16 16 16")).overlap(
        ONE_TO_ONE.strides, ONE_TO_ONE.anchor_levels
    )
    assert middle == 1
    assert corner == pytest.approx(28**2 / (2 * 32**2 - 28**2))


def test_a_network_that_matches_by_sides_has_its_own_measure():
    yolo = network_settings(name="yolov5", train_size=640)
    view = seen(one_image("car 0 0 39 51", "car 0 0 3 3", "car 0 0 600 12"), yolo)
    assert view.matched(yolo.strides, yolo.anchor_levels).tolist() == [True, False, False]
    overlap = view.overlap(yolo.strides, yolo.anchor_levels)
    assert overlap[0] < 1


def test_boxes_of_a_large_class_count_less_each_and_more_together():
    view = seen(one_image(*["car 0 0 30 30"] * 9, *["bus 0 0 50 50"]))
    assert view.weight[:9].sum() == pytest.approx(3)
    assert view.weight[9] == 1


def test_two_tiles_along_the_longer_side_bring_small_boxes_back():
    far = ["car 10 10 16 18", "car 90 10 99 30", "bus 40 40 400 400"]
    view = seen(one_image(*far, size=(640, 480)), network_settings(train_size=320))
    assert view.vanishes.tolist() == [True, False, False]
    grid = tile_grid(view, 2)
    assert (grid.columns, grid.rows) == (2, 2)
    assert (grid.vanishing, grid.back, grid.cut) == (0, (1, 0), 1)


def test_tiles_do_not_enlarge_beyond_twice():
    view = seen(one_image("car 10 10 11.9 18", size=(64, 64)), network_settings(train_size=64))
    assert tile_grid(view, 4).vanishing == 1


def test_an_image_that_is_enlarged_as_it_is_is_not_made_smaller_by_tiles():
    view = seen(one_image("car 10 10 12 18", size=(64, 64)), network_settings(train_size=256))
    assert not view.vanishes.any()
    assert tile_grid(view, 2).vanishing == 0


def test_portrait_images_have_more_tiles_on_top_of_each_other():
    view = seen(one_image("car 10 10 90 90", size=(300, 600)), network_settings(train_size=320))
    grid = tile_grid(view, 4)
    assert (grid.columns, grid.rows) == (2, 4)


def test_nothing_a_dataset_can_hold_stops_a_view():
    evil = one_image("car 1 1 1.0000001 9", "car -1e9 -1e9 1e9 1e9", "car 700 700 900 900")
    with np.errstate(all="raise"):
        view = seen(evil)
        view.matched(ONE_TO_ONE.strides, ONE_TO_ONE.anchor_levels)
        tile_grid(view, 3)
    assert len(view) == 3


def test_of_many_boxes_the_same_ones_are_always_drawn():
    view = seen(one_image(*(f"car {x} 0 {x + 30} 30" for x in range(300))))
    some = view.thinned(100)
    assert len(some) == len(some.size) == len(some.vanishes) == 100
    assert some.box.tolist() == view.thinned(100).box.tolist()
    assert some.centre.tolist() == view.centre[some.box].tolist()
    assert view.thinned(300) is view
