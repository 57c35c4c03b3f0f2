"""All boxes of a COCO file written by another convention than its format's."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.planted.coco import NAME, Coco, CocoSpot
from benchmarks.planted.places import FILE, Mark, Place
from benchmarks.planted.planting import in_coco

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
    return Place(FILE, NAME)


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
