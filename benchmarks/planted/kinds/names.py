"""Names of images that lead to a file only if somebody guesses."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from benchmarks.planted.coco import CocoSpot, Record
from benchmarks.planted.places import Mark
from benchmarks.planted.planting import in_coco, in_voc, in_yolo
from benchmarks.planted.voc import VocSpot
from benchmarks.planted.yolo import YoloSpot

NAMES = "names of images"


def _renamed(image: Record, name: str) -> Mark:
    image["file_name"] = name
    return image


@in_coco(NAMES, "misspelt-image-name")
def image_named_in_another_case(spot: CocoSpot) -> Mark:
    return _renamed(spot.image, spot.image["file_name"].upper())


@in_coco(NAMES, "misspelt-image-name")
def image_named_with_another_ending(spot: CocoSpot) -> Mark:
    return _renamed(spot.image, spot.image["file_name"].replace(".jpg", ".png"))


@in_coco(NAMES, "misspelt-image-name")
def image_named_with_backslashes(spot: CocoSpot) -> Mark:
    return _renamed(spot.image, f"images\\{spot.image['file_name']}")


@in_coco(NAMES, "misspelt-image-name")
def image_named_with_percent_escapes(spot: CocoSpot) -> Mark:
    return _renamed(spot.image, spot.image["file_name"].replace("_", "%5F"))


@in_coco(NAMES, "misspelt-image-name")
def image_named_with_a_space_behind(spot: CocoSpot) -> Mark:
    return _renamed(spot.image, f"{spot.image['file_name']} ")


def _file_name(spot: VocSpot) -> Element:
    element = spot.root.find("filename")
    assert element is not None, "the clean twin has a filename"
    return element


@in_voc(NAMES, "misspelt-image-name")
def file_name_with_another_ending(spot: VocSpot) -> Mark:
    _file_name(spot).text = f"{spot.image.stem}.png"
    return spot.root


@in_voc(NAMES, "misspelt-image-name")
def file_name_in_another_case(spot: VocSpot) -> Mark:
    _file_name(spot).text = spot.image.name.upper()
    return spot.root


@in_yolo(NAMES, "misspelt-image-name")
def label_file_named_in_another_case(spot: YoloSpot) -> Mark:
    spot.stem = spot.image.stem.upper()
    return spot.image
