"""One mistake in some images, which a split, a folder or nothing at all has in common."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.planted.coco import NAME, CocoSpot, Record
from benchmarks.planted.places import FILE, IMAGE, Mark, Place
from benchmarks.planted.planting import SceneSpot, everywhere, in_coco, in_voc, in_yolo
from benchmarks.planted.scene import EMPTY, Scene, SceneImage
from benchmarks.planted.voc import CORNERS, VocSpot
from benchmarks.planted.yolo import YoloSpot

CAUSES = "causes"
Numbers = list[float]
Rewrite = Callable[[Numbers, tuple[int, int]], Numbers]


def _scattered(scene: Scene) -> list[SceneImage]:
    """A third of the labelled images, of every size and split."""
    return [image for image in scene.images[:-EMPTY] if image.number % 3 == 1]


def _val(scene: Scene) -> list[SceneImage]:
    return [image for image in scene.images[:-EMPTY] if image.split == "val"]


@everywhere(CAUSES, "swapped-image-size", formats=("coco", "voc"), alone=True)
def width_and_height_exchanged_here_and_there(spot: SceneSpot) -> Mark:
    some = [image for image in _scattered(spot.scene) if image.size[0] != image.size[1]]
    for image in some:
        image.size = image.size[::-1]
    return some[0]


@everywhere(CAUSES, "turned-boxes", formats=("coco", "voc"), alone=True)
def boxes_on_turned_pictures_here_and_there(spot: SceneSpot) -> Mark:
    some = [image for image in _scattered(spot.scene) if image.size[0] != image.size[1]]
    for image in some:
        height = image.size[1]
        for thing in image.things:
            thing.runs, thing.keypoints = [], []
            left, top, right, bottom = thing.box
            thing.redraw([height - bottom, left, height - top, right])
    return some[0]


@everywhere(CAUSES, "scaled-boxes", formats=("voc",), alone=True)
def boxes_on_pictures_half_as_large_in_train(spot: SceneSpot) -> Mark:
    some = [image for image in spot.scene.images[:-EMPTY] if image.split == "train"]
    for image in some:
        image.things = [thing for thing in image.things if not thing.runs]
        for thing in image.things:
            thing.keypoints = []
            thing.redraw([side // 2 for side in thing.box])
    return some[0]


@everywhere(CAUSES, "scaled-boxes", formats=("coco", "voc"), alone=True)
def boxes_on_pictures_of_one_size(spot: SceneSpot) -> Mark:
    for image in spot.scene.images:
        across, down = (416 / side for side in image.size)
        image.things = [thing for thing in image.things if not thing.runs]
        for thing in image.things:
            thing.keypoints = []
            left, top, right, bottom = thing.box
            box = [left * across, top * down, right * across, bottom * down]
            thing.redraw([float(round(side)) for side in box])
    return spot.scene.images[0]


@everywhere(CAUSES, "size-mismatch", formats=("coco", "voc"), alone=True)
def sizes_and_boxes_of_pictures_twice_as_large(spot: SceneSpot) -> Mark:
    for image in spot.scene.images:
        image.things = [thing for thing in image.things if not thing.runs]
        image.size = (2 * image.size[0], 2 * image.size[1])
        for thing in image.things:
            thing.keypoints = []
            thing.redraw([2 * side for side in thing.box])
    return spot.scene.images[0]


def _coco(spot: CocoSpot, some: list[SceneImage], rewrite: Rewrite) -> Mark:
    """Write the boxes of some images anew: from left, top, width, height and the image's size."""
    for image in some:
        for annotation in spot.coco.spot(image).annotations:
            annotation["bbox"] = rewrite(annotation["bbox"], image.size)
            for field in ("segmentation", "keypoints", "num_keypoints"):
                annotation.pop(field, None)
    others: list[Record] = spot.coco.document["annotations"]
    for annotation in others:
        annotation.pop("segmentation", None)
    return spot.coco.of[some[0]]


def _voc(spot: VocSpot, some: list[SceneImage], rewrite: Rewrite) -> Mark:
    """Write the boxes of some images anew: from their four corners and the image's size."""
    for image in some:
        for box in spot.voc.spots[image].root.iter("bndbox"):
            corners = [float(box.findtext(name, "")) for name in CORNERS]
            for name, number in zip(CORNERS, rewrite(corners, image.size), strict=True):
                child = box.find(name)
                assert child is not None, f"the clean twin has a {name}"
                child.text = f"{number:.6g}"
    return some[0]


def _yolo(spot: YoloSpot, some: list[SceneImage], rewrite: Rewrite) -> Mark:
    """Write the boxes of some images anew: from centre, width, height and the image's size."""
    for image in some:
        lines = spot.yolo.spots[image].lines
        for number, line in enumerate(lines):
            label, *words = line.split()
            numbers = rewrite([float(word) for word in words], image.size)
            lines[number] = " ".join([label, *(f"{side:.6g}" for side in numbers)])
    return Place(IMAGE, spot.yolo.spots[some[0]].source, 0)


@in_coco(CAUSES, "wrong-convention", alone=True)
def corners_in_val(spot: CocoSpot) -> Mark:
    return _coco(
        spot,
        _val(spot.coco.scene),
        lambda box, _: [box[0], box[1], box[0] + box[2], box[1] + box[3]],
    )


@in_coco(CAUSES, "wrong-convention", alone=True)
def corners_here_and_there(spot: CocoSpot) -> Mark:
    return _coco(
        spot,
        _scattered(spot.coco.scene),
        lambda box, _: [box[0], box[1], box[0] + box[2], box[1] + box[3]],
    )


@in_coco(CAUSES, "wrong-convention", alone=True)
def fractions_in_val(spot: CocoSpot) -> Mark:
    return _coco(spot, _val(spot.coco.scene), _fractions)


@in_coco(CAUSES, "wrong-convention", alone=True)
def fractions_in_one_image(spot: CocoSpot) -> Mark:
    return _coco(spot, spot.coco.scene.images[7:8], _fractions)


def _fractions(box: Numbers, size: tuple[int, int]) -> Numbers:
    return [side / whole for side, whole in zip(box, 2 * size, strict=True)]


@in_voc(CAUSES, "wrong-convention", alone=True)
def sizes_in_val(spot: VocSpot) -> Mark:
    return _voc(spot, _val(spot.voc.scene), _sizes)


@in_voc(CAUSES, "wrong-convention", alone=True)
def sizes_here_and_there(spot: VocSpot) -> Mark:
    return _voc(spot, _scattered(spot.voc.scene), _sizes)


def _sizes(box: Numbers, _: tuple[int, int]) -> Numbers:
    return [box[0], box[1], box[2] - box[0] + 1, box[3] - box[1] + 1]


@in_voc(CAUSES, "wrong-convention", alone=True)
def fractions_in_one_file(spot: VocSpot) -> Mark:
    return _voc(spot, spot.voc.scene.images[7:8], _fractions)


@in_voc(CAUSES, "wrong-convention", alone=True)
def fractions_in_the_files_of_val(spot: VocSpot) -> Mark:
    return _voc(spot, _val(spot.voc.scene), _fractions)


@in_yolo(CAUSES, "wrong-convention", alone=True)
def pixels_in_val(spot: YoloSpot) -> Mark:
    return _yolo(spot, _val(spot.yolo.scene), _pixels)


@in_yolo(CAUSES, "wrong-convention", alone=True)
def pixels_here_and_there(spot: YoloSpot) -> Mark:
    return _yolo(spot, _scattered(spot.yolo.scene), _pixels)


def _pixels(box: Numbers, size: tuple[int, int]) -> Numbers:
    return [float(round(side * whole)) for side, whole in zip(box, 2 * size, strict=True)]


@in_yolo(CAUSES, "wrong-convention", alone=True)
def percent_in_one_file(spot: YoloSpot) -> Mark:
    return _yolo(spot, spot.yolo.scene.images[7:8], lambda box, _: [100 * side for side in box])


@in_yolo(CAUSES, "wrong-convention", alone=True)
def corners_in_files_here_and_there(spot: YoloSpot) -> Mark:
    return _yolo(
        spot,
        _scattered(spot.yolo.scene),
        lambda box, _: [
            box[0] - box[2] / 2, box[1] - box[3] / 2, box[0] + box[2] / 2, box[1] + box[3] / 2
        ],
    )  # fmt: skip


@in_yolo(CAUSES, "shifted-class-numbers", alone=True)
def class_numbers_from_1_in_val(spot: YoloSpot) -> Mark:
    some = _val(spot.yolo.scene)
    for image in some:
        lines = spot.yolo.spots[image].lines
        lines[:] = [_renumbered(line) for line in lines]
    return Place(IMAGE, spot.yolo.spots[some[0]].source, 0)


def _renumbered(line: str) -> str:
    label, *words = line.split()
    return " ".join([str(int(label) + 1), *words])


@in_coco(CAUSES, "shifted-class-numbers", alone=True)
def class_numbers_from_1(spot: CocoSpot) -> Mark:
    document = spot.coco.document
    number = {one["id"]: place for place, one in enumerate(document["categories"])}
    for category in document["categories"]:
        category["id"] = number[category["id"]]
    for annotation in document["annotations"]:
        annotation["category_id"] = number[annotation["category_id"]] + 1
    return Place(IMAGE, NAME, 0)


@in_coco(CAUSES, "duplicate-image-id", alone=True)
def image_ids_that_begin_again(spot: CocoSpot) -> Mark:
    """Two files put together without numbering anew."""
    images = spot.coco.document["images"]
    half = len(images) // 2
    again = {
        image["id"]: images[place]["id"] for place, image in enumerate(images[half : 2 * half])
    }
    for image in images[half : 2 * half]:
        image["id"] = again[image["id"]]
    for annotation in spot.coco.document["annotations"]:
        annotation["image_id"] = again.get(annotation["image_id"], annotation["image_id"])
    return images[half]


@in_coco(CAUSES, "duplicate-annotation-id", alone=True)
def annotation_ids_that_begin_again_in_each_image(spot: CocoSpot) -> Mark:
    count: dict[int, int] = {}
    for annotation in spot.coco.document["annotations"]:
        image = annotation["image_id"]
        annotation["id"] = count[image] = count.get(image, 0) + 1
    return Place(FILE, NAME)


@in_coco(CAUSES, "uniform-area-error", alone=True)
def areas_half_as_large(spot: CocoSpot) -> Mark:
    for annotation in spot.coco.document["annotations"]:
        annotation["area"] /= 2
    return Place(IMAGE, NAME, 0)
