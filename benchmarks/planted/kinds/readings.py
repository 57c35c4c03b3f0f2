"""Boxes that are there, but not as their format writes them."""

from __future__ import annotations

from xml.etree.ElementTree import SubElement

from benchmarks.planted.coco import NAME, CocoSpot
from benchmarks.planted.places import FILE, Mark, Place
from benchmarks.planted.planting import in_coco, in_voc, in_yolo
from benchmarks.planted.voc import CORNERS, VocSpot
from benchmarks.planted.yolo import YoloSpot

READINGS = "other readings"


@in_coco(READINGS, "wrong-type")
def box_of_eight_corners(spot: CocoSpot) -> Mark:
    left, top, width, height = spot.plain["bbox"]
    right, bottom = left + width, top + height
    spot.plain["bbox"] = [left, top, right, top, right, bottom, left, bottom]
    return spot.plain


@in_coco(READINGS, "wrong-type")
def box_of_two_points(spot: CocoSpot) -> Mark:
    left, top, width, height = spot.plain["bbox"]
    spot.plain["bbox"] = [[left, top], [left + width, top + height]]
    return spot.plain


@in_coco(READINGS, "unreadable-record", alone=True)
def captions_for_boxes(spot: CocoSpot) -> Mark:
    document = spot.coco.document
    del document["categories"]
    document["annotations"] = [
        {"id": one["id"], "image_id": one["image_id"], "caption": "A person beside a chair."}
        for one in document["annotations"]
    ]
    return Place(FILE, NAME)


@in_voc(READINGS, "wrong-type")
def corners_as_attributes(spot: VocSpot) -> Mark:
    box = spot.plain.find("bndbox")
    assert box is not None, "the clean twin has boxes"
    for name in CORNERS:
        child = box.find(name)
        assert child is not None, f"the clean twin has a {name}"
        box.set(name, child.text or "")
        box.remove(child)
    return spot.plain


@in_voc(READINGS, "wrong-type")
def rotated_box_alone(spot: VocSpot) -> Mark:
    box = spot.plain.find("bndbox")
    assert box is not None, "the clean twin has boxes"
    left, top, right, bottom = (float(box.findtext(name, "")) for name in CORNERS)
    spot.plain.remove(box)
    turned = SubElement(spot.plain, "robndbox")
    numbers = ((left + right) / 2, (top + bottom) / 2, (right - left) * 0.8, (bottom - top) * 0.8)
    for name, number in zip(("cx", "cy", "w", "h", "angle"), (*numbers, 0.1), strict=True):
        SubElement(turned, name).text = f"{number:g}"
    return spot.plain


@in_voc(READINGS, "wrong-type")
def polygon_alone(spot: VocSpot) -> Mark:
    box = spot.plain.find("bndbox")
    assert box is not None, "the clean twin has boxes"
    left, top, right, bottom = (box.findtext(name, "") for name in CORNERS)
    spot.plain.remove(box)
    polygon = SubElement(spot.plain, "polygon")
    for x, y in ((left, top), (right, top), (right, bottom), (left, bottom)):
        point = SubElement(polygon, "pt")
        SubElement(point, "x").text, SubElement(point, "y").text = x, y
    return spot.plain


@in_yolo(READINGS, "wrong-type")
def line_with_decimal_commas(spot: YoloSpot) -> Mark:
    return spot.write_plain(spot.plain.replace(".", ","))
