"""Several people who labelled the same images, one of whom says something else of an object."""

from __future__ import annotations

import copy

from benchmarks.planted.coco import FIRST_ANNOTATION, CocoSpot, Record
from benchmarks.planted.places import Mark
from benchmarks.planted.planting import in_coco

ANNOTATORS, DISAGREE = "annotators", "annotators-disagree"
PEOPLE = ("ann", "bob", "cem")


def _drawn_thrice(spot: CocoSpot) -> list[Record]:
    """Let three people draw every box, the first the records that are there; those of `plain`."""
    every = spot.coco.document["annotations"]
    first, mine = list(every), [spot.plain]
    for number, who in enumerate(PEOPLE):
        for record in first:
            own = copy.deepcopy(record) if number else record
            own["annotator"] = who
            if number:
                own["id"] = (number + 1) * 10 * FIRST_ANNOTATION + len(every)
                every.append(own)
                if record is spot.plain:
                    mine.append(own)
    return mine


@in_coco(ANNOTATORS, DISAGREE, alone=True)
def class_that_one_of_three_annotators_gives_otherwise(spot: CocoSpot) -> Mark:
    *_, last = _drawn_thrice(spot)
    classes = [one["id"] for one in spot.coco.document["categories"]]
    last["category_id"] = next(
        number for number in classes[1:] if number != last["category_id"]
    )  # not a person, who would have keypoints
    return last


@in_coco(ANNOTATORS, DISAGREE, alone=True)
def object_that_one_of_three_annotators_overlooked(spot: CocoSpot) -> Mark:
    first, *_, last = _drawn_thrice(spot)
    spot.coco.document["annotations"].remove(last)
    return first


@in_coco(ANNOTATORS, DISAGREE, alone=True)
def box_that_one_of_three_annotators_drew_alone(spot: CocoSpot) -> Mark:
    first, second, last = _drawn_thrice(spot)
    for record in (first, second):
        spot.coco.document["annotations"].remove(record)
    return last


@in_coco(ANNOTATORS, DISAGREE, alone=True)
def box_that_one_of_three_annotators_drew_elsewhere(spot: CocoSpot) -> Mark:
    *_, last = _drawn_thrice(spot)
    left, top, width, height = last["bbox"]
    step = 0.6 * width
    last["bbox"] = [left + step, top, width, height]
    last["segmentation"] = [
        [side + step * (place % 2 == 0) for place, side in enumerate(part)]
        for part in last["segmentation"]
    ]
    return last
