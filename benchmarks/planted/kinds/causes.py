"""One mistake in many images: of a split, of one kind, or here and there."""

from __future__ import annotations

from benchmarks.planted.coco import NAME, CocoSpot
from benchmarks.planted.places import IMAGE, Mark, Place
from benchmarks.planted.planting import SceneSpot, everywhere, in_coco, in_voc, in_yolo
from benchmarks.planted.scene import Scene, SceneImage
from benchmarks.planted.voc import VocSpot
from benchmarks.planted.yolo import YoloSpot

CAUSES = "causes"
FEW_EDGES = 6
"""Fewer than tell that all boxes count from 0."""


def _for_validation(scene: Scene) -> list[SceneImage]:
    """The images of val, which are 640 x 480."""
    return [image for image in scene.images if image.split == "val"]


@everywhere(CAUSES, "swapped-image-size", formats=("coco", "voc"), alone=True)
def width_and_height_exchanged(spot: SceneSpot) -> Mark:
    some = _for_validation(spot.scene)
    for image in some:
        image.size = image.size[::-1]
    return some[0]


@everywhere(CAUSES, "turned-boxes", formats=("coco", "voc"), alone=True)
def boxes_on_turned_pictures(spot: SceneSpot) -> Mark:
    some = _for_validation(spot.scene)
    for image in some:
        height = image.size[1]
        for thing in image.things:
            thing.runs, thing.keypoints = [], []
            left, top, right, bottom = thing.box
            thing.redraw([height - bottom, left, height - top, right])
    return some[0]


@everywhere(CAUSES, "scaled-boxes", formats=("coco", "voc"), alone=True)
def boxes_on_pictures_half_as_large(spot: SceneSpot) -> Mark:
    for image in spot.scene.images:
        image.things = [thing for thing in image.things if not thing.runs]
        for thing in image.things:
            thing.keypoints = []
            thing.redraw([side // 2 for side in thing.box])
    return spot.scene.images[0]


@in_coco(CAUSES, "uniform-area-error", alone=True)
def areas_with_a_pixel_more(spot: CocoSpot) -> Mark:
    for annotation in spot.coco.document["annotations"]:
        del annotation["segmentation"]
        annotation["area"] = (annotation["bbox"][2] + 1) * (annotation["bbox"][3] + 1)
    return Place(IMAGE, NAME, 0)


@in_voc(CAUSES, "pixel-0", alone=True)
def borders_at_pixel_0(spot: VocSpot) -> Mark:
    sources: list[str] = []
    for one in spot.voc.spots.values():
        for corner in one.root.iter("xmin"):
            if corner.text == "1" and len(sources) < FEW_EDGES:
                corner.text = "0"
                sources.append(one.source)
    return Place(IMAGE, sources[0], 0)


@everywhere(CAUSES, "mispaired-images", formats=("coco", "voc"), alone=True)
def labels_of_the_image_before(spot: SceneSpot) -> Mark:
    images = spot.scene.images
    files = [image.jpeg for image in images]
    for image, file in zip(images, [*files[1:], files[0]], strict=True):
        image.jpeg = file
    return images[0]


@everywhere(CAUSES, "copied-boxes", alone=True)
def boxes_of_one_picture_in_others(spot: SceneSpot) -> Mark:
    first, *others = [image for image in _for_validation(spot.scene) if image.things]
    plain = [thing for thing in first.things if not thing.runs]
    for image in others[:5]:
        image.things = [thing.stretched(thing.box) for thing in plain]
    first.things = plain
    return first


@in_yolo(CAUSES, "wrong-convention", alone=True)
def one_file_in_pixels(spot: YoloSpot) -> Mark:
    width, height = spot.image.size
    for number, line in enumerate(spot.lines):
        label, *words = line.split()
        x, y, across, down = (float(word) for word in words)
        corners = [x - across / 2, y - down / 2, x + across / 2, y + down / 2]
        pixels = [side * whole for side, whole in zip(corners, (width, height) * 2, strict=True)]
        spot.lines[number] = " ".join([label, *(f"{side:.0f}" for side in pixels)])
    return Place(IMAGE, spot.source, 0)


@in_yolo(CAUSES, "shifted-class-numbers", alone=True)
def class_numbers_from_1(spot: YoloSpot) -> Mark:
    spots = spot.yolo.spots.values()
    for one in spots:
        for number, line in enumerate(one.lines):
            label, *words = line.split()
            one.lines[number] = " ".join([str(int(label) + 1), *words])
    return Place(IMAGE, next(one.source for one in spots if one.image.split == "train"), 0)


@in_yolo(CAUSES, "wrong-convention", alone=True)
def one_split_in_corners(spot: YoloSpot) -> Mark:
    some = _for_validation(spot.yolo.scene)
    for image in some:
        lines = spot.yolo.spots[image].lines
        for number, line in enumerate(lines):
            label, *words = line.split()
            x, y, across, down = (float(word) for word in words)
            corners = [x - across / 2, y - down / 2, x + across / 2, y + down / 2]
            lines[number] = " ".join([label, *(f"{side:.6f}" for side in corners)])
    return Place(IMAGE, spot.yolo.spots[some[0]].source, 0)
