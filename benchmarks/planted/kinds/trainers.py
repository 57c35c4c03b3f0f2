"""What labels can be read with, and trainers or evaluators stop at."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO

from PIL import Image

from benchmarks.planted.coco import CocoSpot, Record
from benchmarks.planted.places import FILE, Mark, Place
from benchmarks.planted.planting import SceneSpot, everywhere, in_coco, in_voc, in_yolo
from benchmarks.planted.voc import VocSpot
from benchmarks.planted.yolo import YoloSpot

TRAINERS = "trainers"


@everywhere(TRAINERS, "tiny-image")
def image_of_a_few_pixels(spot: SceneSpot) -> Mark:
    buffer = BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG")
    spot.image.jpeg, spot.image.size = buffer.getvalue(), (8, 8)
    return spot.image


@everywhere(TRAINERS, "impossible-image-size", formats=("coco", "voc"))
def image_of_negative_width_that_is_not_there(spot: SceneSpot) -> Mark:
    spot.image.jpeg = None
    spot.image.size = (-spot.image.size[0], spot.image.size[1])
    return spot.image


@everywhere(TRAINERS, "impossible-image-size", formats=("coco", "voc"))
def image_of_no_size_that_is_not_there(spot: SceneSpot) -> Mark:
    spot.image.jpeg, spot.image.size = None, (0, 0)
    return spot.image


@everywhere(TRAINERS, "impossible-image-size", formats=("coco", "voc"))
def image_beyond_any_camera_that_is_not_there(spot: SceneSpot) -> Mark:
    spot.image.jpeg, spot.image.size = None, (2_000_000_000, spot.image.size[1])
    return spot.image


@everywhere(TRAINERS, "whole-image-box")
def box_of_the_whole_image_beside_the_objects_own(spot: SceneSpot) -> Mark:
    width, height = map(float, spot.image.size)
    more = spot.add([0.0, 0.0, width, height])
    more.redraw(more.box)
    return more


def _without(records: Iterable[Record], field: str) -> None:
    for record in records:
        del record[field]


@in_coco(TRAINERS, "missing-trainer-field")
def annotation_without_iscrowd(spot: CocoSpot) -> Mark:
    _without([spot.plain], "iscrowd")
    return spot.plain


@in_coco(TRAINERS, "missing-trainer-field", alone=True)
def annotation_without_area(spot: CocoSpot) -> Mark:
    _without([spot.plain], "area")
    return spot.plain


@in_coco(TRAINERS, "missing-trainer-field", alone=True)
def no_iscrowd_at_all(spot: CocoSpot) -> Mark:
    _without(spot.coco.document["annotations"], "iscrowd")
    return spot.coco.document["annotations"][0]


@in_coco(TRAINERS, "missing-trainer-field", alone=True)
def no_area_at_all(spot: CocoSpot) -> Mark:
    _without(spot.coco.document["annotations"], "area")
    return spot.coco.document["annotations"][0]


@in_coco(TRAINERS, "mixed-masks", alone=True)
def segmentation_of_nothing(spot: CocoSpot) -> Mark:
    spot.plain["segmentation"] = []
    return spot.plain


@in_coco(TRAINERS, "wrong-type")
def class_number_with_a_decimal_point(spot: CocoSpot) -> Mark:
    spot.plain["category_id"] = float(spot.plain["category_id"])
    return spot.plain


@in_coco(TRAINERS, "wrong-type")
def image_number_with_a_decimal_point(spot: CocoSpot) -> Mark:
    spot.plain["image_id"] = float(spot.plain["image_id"])
    return spot.plain


@in_voc(TRAINERS, "fractional-pixels", alone=True)
def corner_with_decimals(spot: VocSpot) -> Mark:
    corner = spot.plain.find("bndbox/xmin")
    assert corner is not None, "the clean twin has corners"
    corner.text = f"{corner.text}.25"
    return spot.root


@in_voc(TRAINERS, "tiny-box")
def box_of_equal_corners(spot: VocSpot) -> Mark:
    right = spot.plain.find("bndbox/xmax")
    assert right is not None, "the clean twin has corners"
    right.text = spot.plain.findtext("bndbox/xmin")
    return spot.plain


@in_yolo(TRAINERS, "wrong-type")
def class_of_a_line_with_a_decimal_point(spot: YoloSpot) -> Mark:
    label, *words = spot.plain.split()
    return spot.write_plain(" ".join([f"{label}.0", *words]))


@in_yolo(TRAINERS, "mixed-masks", alone=True)
def polygons_in_some_files(spot: YoloSpot) -> Mark:
    for number, line in enumerate(spot.lines):
        label, x, y, width, height = map(float, line.split())
        low, high = (x - width / 2, y - height / 2), (x + width / 2, y + height / 2)
        middle = [(low[0] + high[0]) / 2, high[1]]
        corners = [*low, high[0], low[1], *middle]
        spot.lines[number] = " ".join([f"{label:.0f}", *(f"{side:.6f}" for side in corners)])
    return Place(FILE)


@in_yolo(TRAINERS, "missing-trainer-field", alone=True)
def description_without_val(spot: YoloSpot) -> Mark:
    spot.yolo.edits.append(lambda text: text.replace("val: images/val\n", ""))
    return Place(FILE, "data.yaml")


@in_yolo(TRAINERS, "missing-trainer-field", alone=True)
def description_without_train(spot: YoloSpot) -> Mark:
    spot.yolo.edits.append(lambda text: text.replace("train: images/train\n", ""))
    return Place(FILE, "data.yaml")
