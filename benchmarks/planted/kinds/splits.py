"""Splits that share what they must not share, or lack what the other one has."""

from __future__ import annotations

import copy
from io import BytesIO

from PIL import Image

from benchmarks.planted.coco import CocoSpot
from benchmarks.planted.places import CLASS, Mark, Place
from benchmarks.planted.planting import SceneSpot, everywhere, in_coco
from benchmarks.planted.scene import EMPTY

SPLITS = "splits"

IN_SPLITS = ("voc", "yolo")
"""Formats in which the scene is written with its splits."""

FRAME, FRAMES, STEP = (400, 300), 4, 40
"""Size of a frame, how many there are, and by how many pixels a camera pans between them."""


@everywhere(SPLITS, "near-leaked-image", formats=IN_SPLITS, alone=True)
def image_saved_smaller_in_train_and_val(spot: SceneSpot) -> Mark:
    empty = spot.scene.images[-EMPTY:]
    spare = next(one for one in empty if one.split != spot.image.split)
    whole = Image.open(BytesIO(spot.image.jpeg or b""))
    size = (spot.image.size[0] * 3 // 4, spot.image.size[1] * 3 // 4)
    spare.jpeg, spare.size = _jpeg(whole.resize(size, Image.Resampling.LANCZOS)), size
    spare.things = [
        thing.stretched([side * 3 // 4 for side in thing.box]) for thing in spot.image.things
    ]
    return spot.image if spot.image.split == "val" else spare


@everywhere(SPLITS, "recording-in-two-splits", formats=IN_SPLITS, alone=True)
def frames_of_a_recording_in_train_and_val(spot: SceneSpot) -> Mark:
    number = spot.scene.images.index(spot.image) // 5 * 5
    some = spot.scene.images[number : number + FRAMES]
    wide = Image.new("RGB", (2 * FRAME[0], FRAME[1]))
    for place, image in enumerate(some[:2]):
        shown = Image.open(BytesIO(image.jpeg or b"")).resize(FRAME)
        wide.paste(shown, (place * FRAME[0], 0))
    for place, image in enumerate(some):
        left = STEP * place
        frame = wide.crop((left, 0, left + FRAME[0], FRAME[1]))
        image.jpeg = _jpeg(frame.resize(image.size))
    return next(image for image in some if image.split == "val")


@everywhere(SPLITS, "class-missing-from-split", formats=IN_SPLITS, alone=True)
def class_that_is_in_no_image_of_val(spot: SceneSpot) -> Mark:
    for image in spot.scene.images:
        if image.split == "val":
            image.things = [thing for thing in image.things if thing.label != "person"]
    return Place(CLASS, name="person")


@in_coco(SPLITS, "one-folder-two-splits", alone=True)
def file_of_val_that_is_the_one_of_train(spot: CocoSpot) -> Mark:
    train, val = spot.coco.part().values()
    val["images"] = copy.deepcopy(train["images"])
    val["annotations"] = copy.deepcopy(train["annotations"])
    return val["images"][0]


def _jpeg(picture: Image.Image) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
