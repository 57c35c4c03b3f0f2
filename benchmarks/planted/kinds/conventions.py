"""All boxes of a dataset written by another convention than its format's."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.planted.coco import FILE, Coco, CocoSpot
from benchmarks.planted.places import Mark, Place
from benchmarks.planted.planting import in_coco, in_voc, in_yolo
from benchmarks.planted.voc import CORNERS, VocSpot
from benchmarks.planted.yolo import YoloSpot

CONVENTIONS = "conventions"
Numbers = list[float]


def _rewritten(
    coco: Coco, rewrite: Callable[[Numbers, float, float], Numbers], *, masks: bool
) -> Mark:
    """Write every box of a COCO file anew: from left, top, width, height and the image's size."""
    size = {image["id"]: (image["width"], image["height"]) for image in coco.document["images"]}
    for annotation in coco.document["annotations"]:
        annotation["bbox"] = rewrite(annotation["bbox"], *size[annotation["image_id"]])
        if not masks:
            del annotation["segmentation"]
            annotation.pop("keypoints", None)
            annotation.pop("num_keypoints", None)
    return Place("file", FILE)


@in_coco(CONVENTIONS, "wrong-convention", alone=True)
def corners_as_sizes(spot: CocoSpot) -> Mark:
    return _rewritten(
        spot.coco, lambda box, *_: [box[0], box[1], box[0] + box[2], box[1] + box[3]], masks=False
    )


@in_coco(CONVENTIONS, "wrong-convention", alone=True)
def centres_as_corners(spot: CocoSpot) -> Mark:
    return _rewritten(
        spot.coco,
        lambda box, *_: [box[0] + box[2] / 2, box[1] + box[3] / 2, box[2], box[3]],
        masks=False,
    )


@in_coco(CONVENTIONS, "wrong-convention", alone=True)
def fractions_as_pixels(spot: CocoSpot) -> Mark:
    return _rewritten(
        spot.coco,
        lambda box, w, h: [box[0] / w, box[1] / h, box[2] / w, box[3] / h],
        masks=False,
    )


@in_coco(CONVENTIONS, "wrong-convention", alone=True)
def axes_swapped(spot: CocoSpot) -> Mark:
    return _rewritten(spot.coco, lambda box, *_: [box[1], box[0], box[3], box[2]], masks=False)


@in_coco(CONVENTIONS, "wrong-convention", alone=True)
def y_from_the_bottom(spot: CocoSpot) -> Mark:
    return _rewritten(
        spot.coco, lambda box, _, h: [box[0], h - box[1] - box[3], box[2], box[3]], masks=True
    )


@in_coco(CONVENTIONS, "wrong-convention", alone=True)
def pixels_counted_from_the_wrong_number(spot: CocoSpot) -> Mark:
    return _rewritten(
        spot.coco, lambda box, *_: [box[0] + 1, box[1] + 1, box[2], box[3]], masks=True
    )


def _all_corners(spot: VocSpot, rewrite: Callable[[Numbers], Numbers]) -> Mark:
    """Write every box of a VOC folder anew, from its four corners."""
    for other in spot.voc.spots.values():
        for box in other.root.iter("bndbox"):
            corners = [float(box.findtext(name) or "") for name in CORNERS]
            for name, number in zip(CORNERS, rewrite(corners), strict=True):
                box.find(name).text = f"{number:g}"  # type: ignore[union-attr]  # it was just read
    return Place("file")


@in_voc(CONVENTIONS, "wrong-convention", alone=True)
def pixels_counted_from_the_wrong_number(spot: VocSpot) -> Mark:  # noqa: F811
    return _all_corners(spot, lambda box: [number - 1 for number in box])


@in_voc(CONVENTIONS, "wrong-convention", alone=True)
def sizes_as_corners(spot: VocSpot) -> Mark:
    return _all_corners(
        spot, lambda box: [box[0], box[1], box[2] - box[0] + 1, box[3] - box[1] + 1]
    )


@in_voc(CONVENTIONS, "wrong-convention", alone=True)
def axes_swapped(spot: VocSpot) -> Mark:  # noqa: F811
    return _all_corners(spot, lambda box: [box[1], box[0], box[3], box[2]])


def _all_lines(spot: YoloSpot, rewrite: Callable[[Numbers, float, float], Numbers]) -> Mark:
    """Write every box of a YOLO folder anew: from its centre, size and the image's size."""
    for picture, other in spot.yolo.spots.items():
        for number, line in enumerate(other.lines):
            label, *words = line.split()
            numbers = rewrite([float(word) for word in words], *picture.size)
            other.lines[number] = " ".join([label, *(f"{number:.6f}" for number in numbers)])
    return Place("file")


@in_yolo(CONVENTIONS, "wrong-convention", alone=True)
def pixels_as_fractions(spot: YoloSpot) -> Mark:
    return _all_lines(spot, lambda box, w, h: [box[0] * w, box[1] * h, box[2] * w, box[3] * h])


@in_yolo(CONVENTIONS, "wrong-convention", alone=True)
def corners_as_sizes(spot: YoloSpot) -> Mark:  # noqa: F811
    return _all_lines(
        spot,
        lambda box, *_: [
            box[0] - box[2] / 2,
            box[1] - box[3] / 2,
            box[0] + box[2] / 2,
            box[1] + box[3] / 2,
        ],
    )


@in_yolo(CONVENTIONS, "wrong-convention", alone=True)
def corners_as_centres(spot: YoloSpot) -> Mark:
    return _all_lines(
        spot, lambda box, *_: [box[0] - box[2] / 2, box[1] - box[3] / 2, box[2], box[3]]
    )
