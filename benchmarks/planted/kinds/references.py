"""COCO ids that repeat, point at nothing, or are no plain numbers."""

from __future__ import annotations

import copy

from benchmarks.planted.coco import CocoSpot
from benchmarks.planted.places import Mark
from benchmarks.planted.planting import in_coco

REFERENCES = "references"


@in_coco(REFERENCES, "duplicate-image-id")
def image_id_used_twice(spot: CocoSpot) -> Mark:
    empty = spot.coco.document["images"][-1]
    empty["id"] = spot.image["id"]
    return empty


@in_coco(REFERENCES, "duplicate-annotation-id")
def annotation_id_used_twice(spot: CocoSpot) -> Mark:
    spot.plain["id"] = spot.person["id"]
    return spot.plain


@in_coco(REFERENCES, "duplicate-category-id")
def category_id_used_twice(spot: CocoSpot) -> Mark:
    taken = spot.coco.document["categories"][3]["id"]
    return spot.add("categories", {"id": taken, "name": "kite", "supercategory": "thing"})


@in_coco(REFERENCES, "dangling-image")
def annotation_of_an_image_that_is_not_there(spot: CocoSpot) -> Mark:
    spot.plain["image_id"] = 987_654
    return spot.plain


@in_coco(REFERENCES, "dangling-image")
def annotation_of_image_null(spot: CocoSpot) -> Mark:
    spot.plain["image_id"] = None
    return spot.plain


@in_coco(REFERENCES, "dangling-category")
def annotation_of_a_class_that_is_not_there(spot: CocoSpot) -> Mark:
    spot.plain["category_id"] = 98
    return spot.plain


@in_coco(REFERENCES, "wrong-type")
def category_id_is_text(spot: CocoSpot) -> Mark:
    spot.plain["category_id"] = str(spot.plain["category_id"])
    return spot.plain


@in_coco(REFERENCES, "wrong-type")
def image_id_of_an_annotation_is_text(spot: CocoSpot) -> Mark:
    spot.plain["image_id"] = str(spot.plain["image_id"])
    return spot.plain


@in_coco(REFERENCES, "image-listed-twice")
def image_listed_twice(spot: CocoSpot) -> Mark:
    again = copy.deepcopy(spot.image)
    del again["id"]
    return spot.add("images", again)


@in_coco(REFERENCES, "odd-id")
def annotation_id_is_a_float(spot: CocoSpot) -> Mark:
    spot.plain["id"] += 0.5
    return spot.plain


@in_coco(REFERENCES, "odd-id")
def annotation_id_is_text(spot: CocoSpot) -> Mark:
    spot.plain["id"] = f"a{spot.plain['id']}"
    return spot.plain


@in_coco(REFERENCES, "odd-id")
def annotation_id_is_zero(spot: CocoSpot) -> Mark:
    spot.plain["id"] = 0
    return spot.plain


@in_coco(REFERENCES, "odd-id")
def annotation_id_is_negative(spot: CocoSpot) -> Mark:
    spot.plain["id"] = -spot.plain["id"]
    return spot.plain


@in_coco(REFERENCES, "odd-id")
def annotation_id_is_beyond_64_bits(spot: CocoSpot) -> Mark:
    spot.plain["id"] = 10**20
    return spot.plain


@in_coco(REFERENCES, "odd-id")
def image_id_is_text(spot: CocoSpot) -> Mark:
    spot.image["id"] = spot.image["file_name"]
    for annotation in spot.annotations:
        annotation["image_id"] = spot.image["id"]
    return spot.image


@in_coco(REFERENCES, "odd-id")
def image_id_is_a_float(spot: CocoSpot) -> Mark:
    spot.image["id"] = float(spot.image["id"])
    return spot.image
