"""Classes whose names or numbers are wrong."""

from __future__ import annotations

from benchmarks.planted.coco import CocoSpot
from benchmarks.planted.places import CLASS, Mark, Place
from benchmarks.planted.planting import SceneSpot, everywhere, in_coco

CLASSES = "classes"


@everywhere(CLASSES, "class-name-variant")
def class_name_in_another_case(spot: SceneSpot) -> Mark:
    return spot.rename_some("person", "Person")


@everywhere(CLASSES, "class-name-variant")
def class_name_with_a_space_behind(spot: SceneSpot) -> Mark:
    return spot.rename_some("chair", "chair ")


@everywhere(CLASSES, "class-name-variant")
def class_name_with_an_underscore(spot: SceneSpot) -> Mark:
    return spot.rename_some("traffic light", "traffic_light")


@everywhere(CLASSES, "class-name-variant")
def class_name_in_the_plural(spot: SceneSpot) -> Mark:
    return spot.rename_some("bottle", "bottles")


@everywhere(CLASSES, "class-name-variant")
def class_name_misspelt(spot: SceneSpot) -> Mark:
    return spot.rename_some("umbrella", "umbrela")


@everywhere(CLASSES, "class-name-variant")
def class_name_in_letters_that_look_alike(spot: SceneSpot) -> Mark:
    return spot.rename_some("bicycle", "b\u0456cycle")  # the second letter is Cyrillic


@everywhere(CLASSES, "rare-class")
def class_used_once(spot: SceneSpot) -> Mark:
    return spot.relabel("giraffe")


@everywhere(CLASSES, "unused-class", formats=("coco", "yolo"))
def class_never_used(spot: SceneSpot) -> Mark:
    spot.scene.classes.append("zebra")
    return Place(CLASS, name="zebra")


@everywhere(CLASSES, "class-imbalance", alone=True)
def class_three_hundred_times_as_common_as_another(spot: SceneSpot) -> Mark:
    for image in spot.scene.images:
        for thing in image.things:
            thing.label = "person"
    spot.scene.classes[:] = ["person"]
    spot.relabel("giraffe")
    return Place(CLASS, name="person")


@in_coco(CLASSES, "duplicate-class-name")
def class_named_twice(spot: CocoSpot) -> Mark:
    again = spot.add("categories", {"id": 41, "name": "chair", "supercategory": "thing"})
    spot.plain["category_id"] = 41
    return again
