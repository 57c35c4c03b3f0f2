"""Pictures that are in a dataset twice, and files of splits that contradict each other."""

from __future__ import annotations

import copy
import dataclasses
from io import BytesIO

from PIL import Image

from benchmarks.planted.coco import CocoSpot
from benchmarks.planted.places import Mark
from benchmarks.planted.planting import SceneSpot, everywhere, in_coco
from benchmarks.planted.scene import EMPTY, SceneImage

IMAGES, SPLITS = "images", "splits"


def _spare(spot: SceneSpot, *, same_split: bool) -> SceneImage:
    """An image without labels, in the split of the spot's image or in the other one."""
    empty, split = spot.scene.images[-EMPTY:], spot.image.split
    return next(one for one in empty if (one.split == split) is same_split)


def _copied(spot: SceneSpot, spare: SceneImage) -> None:
    """Give the spare image the file and the things of the spot's image."""
    spare.jpeg, spare.size = spot.image.jpeg, spot.image.size
    spare.things = [dataclasses.replace(thing) for thing in spot.image.things]


@everywhere(IMAGES, "duplicate-image", alone=True)
def image_under_two_names(spot: SceneSpot) -> Mark:
    _copied(spot, _spare(spot, same_split=True))
    return spot.image


@everywhere(IMAGES, "duplicate-images-disagree", alone=True)
def image_that_is_labelled_under_one_of_two_names(spot: SceneSpot) -> Mark:
    spare = _spare(spot, same_split=True)
    spare.jpeg, spare.size = spot.image.jpeg, spot.image.size
    return spare


def _saved_anew(jpeg: bytes | None) -> bytes:
    """The same picture in other bytes and pixels."""
    buffer = BytesIO()
    Image.open(BytesIO(jpeg or b"")).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


@everywhere(IMAGES, "near-duplicate-image", alone=True)
def image_saved_anew_under_two_names(spot: SceneSpot) -> Mark:
    spare = _spare(spot, same_split=True)
    _copied(spot, spare)
    spare.jpeg = _saved_anew(spare.jpeg)
    return spot.image


@everywhere(IMAGES, "duplicate-images-disagree", alone=True)
def image_saved_anew_that_is_labelled_under_one_of_two_names(spot: SceneSpot) -> Mark:
    spare = _spare(spot, same_split=True)
    spare.jpeg, spare.size = _saved_anew(spot.image.jpeg), spot.image.size
    return spare


@everywhere(SPLITS, "leaked-image", formats=("voc", "yolo"), alone=True)
def image_in_train_and_val(spot: SceneSpot) -> Mark:
    spare = _spare(spot, same_split=False)
    _copied(spot, spare)
    return spot.image if spot.image.split == "val" else spare


@in_coco(SPLITS, "leaked-image", alone=True)
def image_in_the_files_of_train_and_val(spot: CocoSpot) -> Mark:
    train, val = spot.coco.part().values()
    image = copy.deepcopy(train["images"][0])
    boxes = [one for one in train["annotations"] if one["image_id"] == image["id"]]
    val["images"].append(image)
    val["annotations"].extend(copy.deepcopy(boxes))
    return image


@in_coco(SPLITS, "class-map-differs", alone=True)
def classes_in_another_order_in_val(spot: CocoSpot) -> Mark:
    _, val = spot.coco.part().values()
    first, second = val["categories"][1:3]
    first["id"], second["id"] = second["id"], first["id"]
    for annotation in val["annotations"]:
        others = {first["id"]: second["id"], second["id"]: first["id"]}
        annotation["category_id"] = others.get(annotation["category_id"], annotation["category_id"])
    return first
