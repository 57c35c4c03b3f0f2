"""Non-maximum suppression as frameworks for devices do it: the ways in which they differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.core.columns import Bools, Floats, Ints
from labelaudit.deployment.description import Inside
from labelaudit.detector.nms import STRONGEST
from labelaudit.training.inference import Float32s


@dataclass(frozen=True)
class NmsWay:
    """How boxes of all anchors become a few; the defaults are those of `detector.nms`."""

    by_class: bool = True  # boxes of two classes are two objects
    last_of_ties: bool = False  # of equal scores, the last anchor is the surest
    equal_overlaps: bool = False  # an overlap of exactly the threshold is one object, too
    whole_pixels: bool = False  # a box has its right and bottom pixel, as in old detectors
    one_class: bool = False  # an anchor is of its likeliest class alone
    clipped: bool = True  # boxes are cut off at the edges of the image before they are compared
    strongest: int = STRONGEST  # boxes of an image that are compared


def device_detections(
    scores: Float32s, boxes: Float32s, inside: Inside, size: tuple[int, int], way: NmsWay
) -> tuple[Float32s, Float32s, Float32s]:
    """Boxes (n, d, 4), scores (n, d) and labels (n, d), surest first; 0, 0 and -1 where fewer.

    Parameters
    ----------
    scores: (n, a, c) in [0, 1].
    boxes: (n, a, 4) pixels of the network.
    inside: threshold, overlap and limit.
    size: height and width of the image.
    way: how they are compared.
    """
    found = [
        _of_image(score, box, inside, size, way) for score, box in zip(scores, boxes, strict=True)
    ]
    limit = inside.limit
    made = (
        np.zeros((len(found), limit, 4), np.float32),
        np.zeros((len(found), limit), np.float32),
        np.full((len(found), limit), -1, np.float32),
    )
    for row, parts in enumerate(found):
        for array, part in zip(made, parts, strict=True):
            array[row, : len(part)] = part
    return made


def _of_image(
    scores: Float32s, boxes: Float32s, inside: Inside, size: tuple[int, int], way: NmsWay
) -> tuple[Floats, Floats, Ints]:
    """Boxes, scores and labels of one image."""
    counted = (scores > inside.threshold) & np.isfinite(boxes).all(axis=1, keepdims=True)
    if way.one_class:
        counted &= np.arange(scores.shape[1]) == scores.argmax(axis=1)[:, None]
    anchor, label = np.nonzero(counted)
    score = scores[anchor, label].astype(np.float64)
    if way.last_of_ties:
        anchor, label, score = anchor[::-1], label[::-1], score[::-1]
    order = np.argsort(-score, kind="stable")[: way.strongest]
    anchor, label, score = anchor[order], label[order], score[order]
    box = boxes[anchor].astype(np.float64)
    cut = np.clip(box, 0, [size[1], size[0], size[1], size[0]])
    kept = suppressed(cut if way.clipped else box, label, inside.overlap, way)[: inside.limit]
    return cut[kept], score[kept], label[kept]


def suppressed(boxes: Floats, label: Ints, overlap: float, way: NmsWay) -> Ints:
    """The rows that stay, (k,), of boxes that stand surest first.

    Parameters
    ----------
    boxes: (b, 4).
    label: (b,) classes.
    overlap: boxes whose IoU is above it are one object.
    way: how they are compared.
    """
    kept: list[int] = []
    left: Bools = np.ones(len(boxes), bool)
    for row in range(len(boxes)):
        if not left[row]:
            continue
        kept.append(row)
        iou = _iou(boxes[row], boxes, 1.0 if way.whole_pixels else 0.0)
        same = iou >= overlap if way.equal_overlaps else iou > overlap
        left &= ~(same & ((label == label[row]) | (not way.by_class)))
        left[row] = False
    return np.array(kept, np.int64)


def _iou(box: Floats, boxes: Floats, more: float) -> Floats:
    """Overlap of one box with others; `more` is what a side has beyond the difference."""
    width = np.minimum(box[2], boxes[:, 2]) - np.maximum(box[0], boxes[:, 0]) + more
    height = np.minimum(box[3], boxes[:, 3]) - np.maximum(box[1], boxes[:, 1]) + more
    both = np.maximum(width, 0) * np.maximum(height, 0)
    sides, own = boxes[:, 2:] - boxes[:, :2] + more, box[2:] - box[:2] + more
    either = sides.prod(axis=1) + own.prod() - both
    overlaps: Floats = np.divide(both, either, out=np.zeros(len(boxes)), where=either > 0)
    return overlaps
