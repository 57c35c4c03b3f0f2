"""NMS as part of an exported file: `detector.nms.detections` with outputs of one shape.

Everything but the choice of which boxes stay is plain arithmetic; that choice is an operator of its
own, which each target that can hold NMS translates into its own.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision.ops import batched_nms

from labelaudit.deployment.description import Inside
from labelaudit.detector.nms import STRONGEST


def strongest_detections(
    scores: Tensor, boxes: Tensor, inside: Inside, size: tuple[int, int]
) -> tuple[Tensor, Tensor, Tensor]:
    """Boxes (n, d, 4), scores (n, d) and labels (n, d) int64 of each image, surest first.

    Where an image has fewer than d, scores and boxes are 0 and labels -1.

    Parameters
    ----------
    scores: (n, a, c) in [0, 1].
    boxes: (n, a, 4) pixels of the network.
    inside: threshold, overlap and limit.
    size: height and width of the image, at whose edges boxes are cut off.
    """
    anchors, classes = scores.shape[1:]
    strongest = min(STRONGEST, anchors * classes)
    score, place = scores.flatten(1).topk(strongest, dim=1)
    label = place % classes
    box = _rows(_clipped(boxes, size), place // classes)
    by_class = score.unsqueeze(1) * (label.unsqueeze(1) == torch.arange(classes).unsqueeze(1))
    kept = kept_boxes(box, by_class, inside.threshold, inside.overlap, inside.limit)
    found, order = (score * kept).topk(min(inside.limit, strongest), dim=1)
    real = found > 0
    return (
        _rows(box, order) * real.unsqueeze(2),
        found,
        torch.where(real, label.gather(1, order), -1),
    )


@torch.library.custom_op("labelaudit::kept_boxes", mutates_args=())
def kept_boxes(
    boxes: Tensor, by_class: Tensor, threshold: float, overlap: float, limit: int
) -> Tensor:
    """1 for boxes that no surer one of their class overlaps, else 0: (n, k) float32.

    Parameters
    ----------
    boxes: (n, k, 4), surest first.
    by_class: (n, c, k) scores; each box has one above 0, at its class.
    threshold: boxes whose score is not above it are not kept.
    overlap: boxes of one class whose IoU is above it are one object.
    limit: boxes of a class that are kept at least, if there are so many.
    """
    del limit  # of use to frameworks that keep room for so many; here, all that are kept may stay
    scores, labels = by_class.max(dim=1)
    kept = torch.zeros_like(scores)
    for row, (box, score, label) in enumerate(zip(boxes, scores, labels, strict=True)):
        sure = torch.nonzero(score > threshold).flatten()
        # In 64 bits, as `detector.nms` does it: classes are moved apart, which 32 bits would round.
        chosen = batched_nms(box[sure].double(), score[sure].double(), label[sure], overlap)
        kept[row, sure[chosen]] = 1
    return kept


@kept_boxes.register_fake
def _kept_boxes_shape(
    boxes: Tensor, by_class: Tensor, threshold: float, overlap: float, limit: int
) -> Tensor:
    del threshold, overlap, limit
    return torch.empty_like(boxes[..., 0], dtype=by_class.dtype)


def _rows(values: Tensor, rows: Tensor) -> Tensor:
    """`values[i, rows[i, j]]`: (n, j, 4) of (n, k, 4)."""
    return values.gather(1, rows.unsqueeze(2).expand(-1, -1, values.shape[2]))


def _clipped(boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """Boxes cut off at the edges of the image."""
    height, width = size
    x, y = boxes[..., 0::2].clamp(0, width), boxes[..., 1::2].clamp(0, height)
    return torch.stack([x[..., 0], y[..., 0], x[..., 1], y[..., 1]], dim=-1)
