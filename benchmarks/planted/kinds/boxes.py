"""Single boxes that no object has, in every format."""

from __future__ import annotations

from benchmarks.planted.coco import CocoSpot
from benchmarks.planted.places import Mark
from benchmarks.planted.planting import SceneSpot, everywhere, in_coco

BOXES = "boxes"


@everywhere(BOXES, "zero-area")
def box_without_width(spot: SceneSpot) -> Mark:
    spot.thing.box[2] = spot.thing.box[0]
    return spot.thing


@everywhere(BOXES, "zero-area")
def box_without_height(spot: SceneSpot) -> Mark:
    spot.thing.box[3] = spot.thing.box[1]
    return spot.thing


@everywhere(BOXES, "inverted-box")
def box_with_left_and_right_swapped(spot: SceneSpot) -> Mark:
    left, top, right, bottom = spot.thing.box
    spot.thing.box = [right, top, left, bottom]
    return spot.thing


@everywhere(BOXES, "outside-image")
def box_outside_its_image(spot: SceneSpot) -> Mark:
    width, _ = spot.image.size
    spot.thing.redraw([width + 20.0, 50.0, width + 90.0, 120.0])
    return spot.thing


@everywhere(BOXES, "out-of-bounds")
def box_over_the_edge(spot: SceneSpot) -> Mark:
    width, _ = spot.image.size
    spot.thing.redraw([width - 60.0, 50.0, width + 15.0, 120.0])
    return spot.thing


@everywhere(BOXES, "out-of-bounds")
def box_that_begins_before_the_image(spot: SceneSpot) -> Mark:
    spot.thing.redraw([-12.0, 50.0, 60.0, 120.0])
    return spot.thing


@everywhere(BOXES, "tiny-box")
def box_of_one_pixel(spot: SceneSpot) -> Mark:
    left, top, _, _ = spot.thing.box
    spot.thing.redraw([left, top, left + 1, top + 1])
    return spot.thing


@everywhere(BOXES, "extreme-aspect-ratio")
def box_like_a_needle(spot: SceneSpot) -> Mark:
    width, _ = spot.image.size
    _, top, _, _ = spot.thing.box
    spot.thing.redraw([10.0, top, width - 10.0, top + 4])
    return spot.thing


@everywhere(BOXES, "whole-image-box")
def box_of_the_whole_image(spot: SceneSpot) -> Mark:
    width, height = map(float, spot.image.size)
    spot.thing.redraw([0.0, 0.0, width, height])
    return spot.thing


@everywhere(BOXES, "size-outlier")
def box_far_larger_than_its_class(spot: SceneSpot) -> Mark:
    width, height = map(float, spot.image.size)
    spot.thing.label = "traffic light"
    spot.thing.redraw([20.0, 20.0, width - 20, height - 20])
    return spot.thing


@everywhere(BOXES, "size-outlier")
def box_far_smaller_than_its_class(spot: SceneSpot) -> Mark:
    left, top, _, _ = spot.thing.box
    spot.thing.label = "bicycle"
    spot.thing.redraw([left, top, left + 9, top + 7])
    return spot.thing


@in_coco(BOXES, "not-finite")
def box_with_nan(spot: CocoSpot) -> Mark:
    spot.plain["bbox"][0] = float("nan")
    return spot.plain


@in_coco(BOXES, "not-finite")
def box_with_infinity(spot: CocoSpot) -> Mark:
    spot.plain["bbox"][2] = float("inf")
    return spot.plain


@in_coco(BOXES, "not-finite")
def box_beyond_all_images(spot: CocoSpot) -> Mark:
    spot.plain["bbox"][2] = 1e308
    return spot.plain
