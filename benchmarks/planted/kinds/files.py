"""COCO files that are broken as a whole."""

from __future__ import annotations

from benchmarks.planted.coco import NAME, CocoSpot
from benchmarks.planted.places import BOX, FILE, Mark, Place
from benchmarks.planted.planting import in_coco

FILES = "files"
WHOLE = Place(FILE, NAME)


@in_coco(FILES, "unreadable-record", alone=True)
def file_cut_off(spot: CocoSpot) -> Mark:
    spot.coco.edits.append(lambda text: text[: text.rindex(b'"image_id"')])
    return Place(BOX, NAME, len(spot.coco.document["annotations"]) - 1)


@in_coco(FILES, "unreadable-record", alone=True)
def comma_missing_between_two_records(spot: CocoSpot) -> Mark:
    start = f'{{"id": {spot.plain["id"]},'.encode()
    spot.coco.edits.append(lambda text: text.replace(b", " + start, b" " + start))
    return WHOLE


@in_coco(FILES, "unreadable-record", alone=True)
def text_behind_the_end(spot: CocoSpot) -> Mark:
    spot.coco.edits.append(lambda text: text + b"\n<<<<<<< HEAD\n")
    return WHOLE


@in_coco(FILES, "duplicate-key", alone=True)
def section_written_twice(spot: CocoSpot) -> Mark:
    spot.coco.edits.append(lambda text: text[:-1] + b', "annotations": []}')
    return WHOLE


@in_coco(FILES, "missing-field", alone=True)
def no_images_section(spot: CocoSpot) -> Mark:
    del spot.coco.document["images"]
    return WHOLE


@in_coco(FILES, "missing-field", alone=True)
def no_annotations_section(spot: CocoSpot) -> Mark:
    del spot.coco.document["annotations"]
    return WHOLE


@in_coco(FILES, "missing-field", alone=True)
def no_categories_section(spot: CocoSpot) -> Mark:
    del spot.coco.document["categories"]
    return WHOLE


@in_coco(FILES, "wrong-type", alone=True)
def annotations_by_id_instead_of_a_list(spot: CocoSpot) -> Mark:
    records = spot.coco.document["annotations"]
    spot.coco.document["annotations"] = {str(record["id"]): record for record in records}
    return WHOLE
