"""COCO masks, areas and keypoints that contradict themselves, their box or their image."""

from __future__ import annotations

import math

from benchmarks.planted.coco import CocoSpot, Record
from benchmarks.planted.places import Mark
from benchmarks.planted.planting import in_coco

POLYGONS, MASKS, AREAS, KEYPOINTS = "polygons", "encoded masks", "areas", "keypoints"


def _edges(annotation: Record) -> tuple[float, float, float, float]:
    left, top, width, height = annotation["bbox"]
    return left, top, left + width, top + height


@in_coco(POLYGONS, "box-polygon-mismatch")
def box_beside_its_polygon(spot: CocoSpot) -> Mark:
    left, _, right, _ = _edges(spot.plain)
    spot.plain["bbox"][0] += (right - left) / 3 if left < 200 else -(right - left) / 3
    return spot.plain


@in_coco(POLYGONS, "invalid-polygon")
def polygon_of_two_points(spot: CocoSpot) -> Mark:
    spot.plain["segmentation"] = [list(_edges(spot.plain))]
    return spot.plain


@in_coco(POLYGONS, "invalid-polygon")
def polygon_with_an_x_without_y(spot: CocoSpot) -> Mark:
    del spot.plain["segmentation"][0][-1]
    return spot.plain


@in_coco(POLYGONS, "invalid-polygon")
def polygon_that_crosses_itself(spot: CocoSpot) -> Mark:
    left, top, right, bottom = _edges(spot.plain)
    spot.plain["segmentation"] = [[left, top, right, bottom, right, top, left, bottom]]
    spot.plain["area"] = (right - left) * (bottom - top) / 2
    return spot.plain


@in_coco(POLYGONS, "invalid-polygon")
def polygon_without_area(spot: CocoSpot) -> Mark:
    left, top, right, bottom = _edges(spot.plain)
    middle = [(left + right) / 2, (top + bottom) / 2]
    spot.plain["segmentation"] = [[left, top, *middle, right, bottom]]
    return spot.plain


@in_coco(POLYGONS, "invalid-polygon")
def polygon_over_the_edge(spot: CocoSpot) -> Mark:
    left, top, _, bottom = _edges(spot.plain)
    beyond = spot.image["width"] + 25.0
    spot.plain["segmentation"] = [[left, top, beyond, top, beyond, bottom, left, bottom]]
    return spot.plain


@in_coco(POLYGONS, "invalid-polygon")
def polygon_with_nan(spot: CocoSpot) -> Mark:
    spot.plain["segmentation"][0][2] = math.nan
    return spot.plain


@in_coco(POLYGONS, "invalid-polygon")
def polygon_of_no_points(spot: CocoSpot) -> Mark:
    spot.plain["segmentation"] = [[]]
    return spot.plain


@in_coco(POLYGONS, "wrong-type")
def polygon_not_in_a_list_of_its_own(spot: CocoSpot) -> Mark:
    spot.plain["segmentation"] = spot.plain["segmentation"][0]
    return spot.plain


@in_coco(POLYGONS, "invalid-polygon")
def mask_is_text(spot: CocoSpot) -> Mark:
    spot.plain["segmentation"] = "none"
    return spot.plain


def _encoded(spot: CocoSpot, *runs: int) -> Record:
    """A mask of these runs, and background up to the end of the image."""
    width, height = spot.image["width"], spot.image["height"]
    counts = [*runs, width * height - sum(runs)]
    spot.plain["segmentation"] = {"counts": counts, "size": [height, width]}
    return spot.plain


def _encoded_box(spot: CocoSpot) -> Record:
    """A mask that fills the whole box."""
    left, top, right, bottom = map(int, _edges(spot.plain))
    height, tall = spot.image["height"], bottom - top
    spot.plain["area"] = float((right - left) * tall)
    gaps = [left * height + top, *([height - tall] * (right - left - 1))]
    return _encoded(spot, *(run for gap in gaps for run in (gap, tall)))


@in_coco(MASKS, "invalid-rle")
def encoded_mask_of_another_size(spot: CocoSpot) -> Mark:
    mask = _encoded_box(spot)["segmentation"]
    mask["size"][0] += 1
    mask["counts"][-1] += mask["size"][1]
    return spot.plain


@in_coco(MASKS, "invalid-rle")
def encoded_mask_whose_runs_do_not_add_up(spot: CocoSpot) -> Mark:
    _encoded_box(spot)["segmentation"]["counts"][-1] += 1000
    return spot.plain


@in_coco(MASKS, "invalid-rle")
def encoded_mask_with_a_negative_run(spot: CocoSpot) -> Mark:
    counts = _encoded_box(spot)["segmentation"]["counts"]
    counts[-1] += counts[0] + 5
    counts[0] = -5
    return spot.plain


@in_coco(MASKS, "invalid-rle")
def encoded_mask_of_garbage(spot: CocoSpot) -> Mark:
    _encoded_box(spot)["segmentation"]["counts"] = "not a mask \u00e9"
    return spot.plain


@in_coco(MASKS, "invalid-polygon")
def encoded_mask_without_size(spot: CocoSpot) -> Mark:
    del _encoded_box(spot)["segmentation"]["size"]
    return spot.plain


@in_coco(MASKS, "invalid-rle")
def encoded_mask_of_background_alone(spot: CocoSpot) -> Mark:
    return _encoded(spot)


@in_coco(AREAS, "area-mismatch")
def area_of_something_else(spot: CocoSpot) -> Mark:
    spot.plain["area"] *= 4
    return spot.plain


@in_coco(AREAS, "area-mismatch")
def area_is_zero(spot: CocoSpot) -> Mark:
    spot.plain["area"] = 0
    return spot.plain


@in_coco(AREAS, "area-mismatch")
def area_is_negative(spot: CocoSpot) -> Mark:
    spot.plain["area"] *= -1
    return spot.plain


@in_coco(AREAS, "missing-field")
def area_is_nan(spot: CocoSpot) -> Mark:
    spot.plain["area"] = math.nan
    return spot.plain


@in_coco(AREAS, "wrong-type")
def area_is_text(spot: CocoSpot) -> Mark:
    spot.plain["area"] = str(spot.plain["area"])
    return spot.plain


@in_coco(KEYPOINTS, "keypoint-mismatch")
def keypoints_of_too_few(spot: CocoSpot) -> Mark:
    spot.person["keypoints"] = spot.person["keypoints"][:-3]
    return spot.person


@in_coco(KEYPOINTS, "keypoint-mismatch")
def keypoints_miscounted(spot: CocoSpot) -> Mark:
    spot.person["num_keypoints"] += 1
    return spot.person


@in_coco(KEYPOINTS, "missing-field")
def keypoints_of_a_negative_number(spot: CocoSpot) -> Mark:
    spot.person["num_keypoints"] = -1
    return spot.person


@in_coco(KEYPOINTS, "keypoint-mismatch")
def keypoint_with_visibility_seven(spot: CocoSpot) -> Mark:
    spot.person["keypoints"][2] = 7
    return spot.person


@in_coco(KEYPOINTS, "keypoint-mismatch")
def keypoint_outside_the_image(spot: CocoSpot) -> Mark:
    spot.person["keypoints"][:3] = [spot.image["width"] + 40, 30, 2]
    spot.person["num_keypoints"] = sum(flag > 0 for flag in spot.person["keypoints"][2::3])
    return spot.person
