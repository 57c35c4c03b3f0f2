"""COCO records that are no records, lack a field, or hold what does not belong there."""

from __future__ import annotations

import math

from benchmarks.planted.coco import CocoSpot, Record, Repeating
from benchmarks.planted.places import Mark
from benchmarks.planted.planting import in_coco

RECORDS = "records"


@in_coco(RECORDS, "unreadable-record")
def annotation_is_a_number(spot: CocoSpot) -> Mark:
    return spot.replace(spot.plain, 7)


@in_coco(RECORDS, "unreadable-record")
def annotation_is_a_list(spot: CocoSpot) -> Mark:
    return spot.replace(spot.plain, list(spot.plain["bbox"]))


@in_coco(RECORDS, "unreadable-record")
def annotation_is_text(spot: CocoSpot) -> Mark:
    return spot.replace(spot.plain, "see the other file")


@in_coco(RECORDS, "unreadable-record")
def annotation_nested_too_deeply(spot: CocoSpot) -> Mark:
    return _with_bytes(spot, b"[" * 100_000 + b"]" * 100_000)


@in_coco(RECORDS, "unreadable-record")
def image_record_is_text(spot: CocoSpot) -> Mark:
    empty = spot.coco.document["images"][-2]
    return spot.replace(empty, empty["file_name"])


@in_coco(RECORDS, "missing-field")
def box_is_null(spot: CocoSpot) -> Mark:
    spot.plain["bbox"] = None
    return spot.plain


@in_coco(RECORDS, "wrong-type")
def box_is_text(spot: CocoSpot) -> Mark:
    spot.plain["bbox"] = " ".join(map(str, spot.plain["bbox"]))
    return spot.plain


@in_coco(RECORDS, "wrong-type")
def box_is_an_object(spot: CocoSpot) -> Mark:
    spot.plain["bbox"] = dict(zip("xywh", spot.plain["bbox"], strict=True))
    return spot.plain


@in_coco(RECORDS, "missing-field")
def box_of_three_numbers(spot: CocoSpot) -> Mark:
    spot.plain["bbox"] = spot.plain["bbox"][:3]
    return spot.plain


@in_coco(RECORDS, "wrong-type")
def box_of_five_numbers(spot: CocoSpot) -> Mark:
    spot.plain["bbox"] = [*spot.plain["bbox"], 0.9]
    return spot.plain


@in_coco(RECORDS, "missing-field")
def box_with_a_null(spot: CocoSpot) -> Mark:
    spot.plain["bbox"][1] = None
    return spot.plain


@in_coco(RECORDS, "wrong-type")
def box_of_numbers_as_text(spot: CocoSpot) -> Mark:
    spot.plain["bbox"] = [str(number) for number in spot.plain["bbox"]]
    return spot.plain


@in_coco(RECORDS, "missing-field")
def annotation_without_box(spot: CocoSpot) -> Mark:
    return _without(spot.plain, "bbox")


@in_coco(RECORDS, "missing-field")
def annotation_without_box_or_mask(spot: CocoSpot) -> Mark:
    del spot.plain["segmentation"]
    return _without(spot.plain, "bbox")


@in_coco(RECORDS, "missing-field")
def annotation_without_id(spot: CocoSpot) -> Mark:
    return _without(spot.plain, "id")


@in_coco(RECORDS, "missing-field")
def annotation_without_image(spot: CocoSpot) -> Mark:
    return _without(spot.plain, "image_id")


@in_coco(RECORDS, "missing-field")
def annotation_without_class(spot: CocoSpot) -> Mark:
    return _without(spot.plain, "category_id")


@in_coco(RECORDS, "missing-field")
def image_without_id(spot: CocoSpot) -> Mark:
    return _without(spot.coco.document["images"][-3], "id")


@in_coco(RECORDS, "missing-field")
def image_without_file_name(spot: CocoSpot) -> Mark:
    return _without(spot.image, "file_name")


@in_coco(RECORDS, "missing-field")
def image_with_an_empty_file_name(spot: CocoSpot) -> Mark:
    spot.image["file_name"] = ""
    return spot.image


@in_coco(RECORDS, "missing-field")
def image_without_width(spot: CocoSpot) -> Mark:
    return _without(spot.image, "width")


@in_coco(RECORDS, "missing-field")
def image_width_is_nan(spot: CocoSpot) -> Mark:
    spot.image["width"] = math.nan
    return spot.image


@in_coco(RECORDS, "wrong-type")
def image_width_is_text(spot: CocoSpot) -> Mark:
    spot.image["width"] = str(spot.image["width"])
    return spot.image


@in_coco(RECORDS, "missing-image")
def file_name_with_a_lone_surrogate(spot: CocoSpot) -> Mark:
    spot.image["file_name"] = "caf\ud800.jpg"
    return spot.image


@in_coco(RECORDS, "missing-field")
def text_that_is_not_utf_8(spot: CocoSpot) -> Mark:
    return _with_bytes(spot, b'"caf\xe9"')


@in_coco(RECORDS, "missing-field")
def class_without_name(spot: CocoSpot) -> Mark:
    return spot.add("categories", {"id": 51, "supercategory": "thing"})


@in_coco(RECORDS, "missing-field")
def class_with_an_empty_name(spot: CocoSpot) -> Mark:
    return spot.add("categories", {"id": 52, "name": "", "supercategory": "thing"})


@in_coco(RECORDS, "missing-field")
def class_without_id(spot: CocoSpot) -> Mark:
    category = spot.add("categories", {"name": "sled", "supercategory": "thing"})
    return _without(category, "id")


@in_coco(RECORDS, "missing-field")
def crowd_flag_is_two(spot: CocoSpot) -> Mark:
    spot.plain["iscrowd"] = 2
    return spot.plain


@in_coco(RECORDS, "duplicate-key")
def field_written_twice(spot: CocoSpot) -> Mark:
    return spot.replace(spot.plain, Repeating(spot.plain, ("bbox", [10.0, 10.0, 50.0, 60.0])))


def _with_bytes(spot: CocoSpot, value: bytes) -> Record:
    """A field with a value that `json.dumps` would not write."""
    stand_in = f"the note of annotation {spot.plain['id']}"
    spot.plain["note"] = stand_in
    spot.coco.edits.append(lambda text: text.replace(f'"{stand_in}"'.encode(), value))
    return spot.plain


def _without(record: Record, field: str) -> Record:
    del record[field]
    return record
