"""From the boxes of all anchors to a few: non-maximum suppression."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.ops import batched_nms, clip_boxes_to_image, nms

from labelaudit.core.columns import Floats, Ints

STRONGEST = 1000
"""Boxes of an image that are compared at most; RetinaNet, section 4.1, keeps as many a level."""


@dataclass(frozen=True)
class Detections:
    """Boxes that the network finds in one image, surest first."""

    boxes: Floats  # (d, 4) pixels of the network's image, within it
    labels: Ints  # (d,) the likeliest class, or the one that the box was kept for
    scores: Floats  # (d,) of that class
    classes: Floats  # (d, c) the scores of all classes

    def __len__(self) -> int:
        return len(self.scores)


def detections(
    scores: Tensor,
    boxes: Tensor,
    size: tuple[int, int],
    *,
    threshold: float = 0.03,
    overlap: float = 0.6,
    limit: int = 100,
) -> Detections:
    """Objects by class: boxes of one class that overlap are one object, those of two are two.

    Parameters
    ----------
    scores: (a, c) in [0, 1].
    boxes: (a, 4) pixels of the network.
    size: height and width of the image, at whose edges boxes are cut off.
    threshold: only scores above it count.
    overlap: boxes of a class whose IoU is above it are one object.
    limit: no more than so many boxes.
    """
    scores, boxes = _on_cpu(scores), _clipped(boxes, size)
    anchor, label = torch.nonzero(scores > threshold, as_tuple=True)
    strongest = _strongest(scores[anchor, label])
    anchor, label = anchor[strongest], label[strongest]
    score = scores[anchor, label]
    kept = batched_nms(boxes[anchor], score, label, overlap)[:limit]
    return _detections(boxes, scores, anchor[kept], label[kept])


def candidates(
    scores: Tensor,
    boxes: Tensor,
    size: tuple[int, int],
    *,
    threshold: float = 0.05,
    overlap: float = 0.5,
    limit: int = 60,
) -> Detections:
    """Objects whatever their class: boxes that overlap are one, of its likeliest class.

    Parameters
    ----------
    scores, boxes, size, threshold, limit: as for `detections`.
    overlap: boxes of any class whose IoU is above it are one object.
    """
    scores, boxes = _on_cpu(scores), _clipped(boxes, size)
    best, label = scores.max(dim=1)
    anchor = torch.nonzero(best > threshold).flatten()
    anchor = anchor[_strongest(best[anchor])]
    kept = anchor[nms(boxes[anchor], best[anchor], overlap)[:limit]]
    return _detections(boxes, scores, kept, label[kept])


def _on_cpu(values: Tensor) -> Tensor:
    """Values in 64 bits, as numpy will have them.

    Boxes of 2,000 classes are told apart by moving each class far away, which 32 bits would round
    by parts of a pixel.
    """
    return values.detach().cpu().double()


def _clipped(boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """Boxes cut off at the edges of the image, (a, 4)."""
    clipped: Tensor = clip_boxes_to_image(_on_cpu(boxes), size)
    return clipped


def _strongest(score: Tensor) -> Tensor:
    """Where the highest scores are, at most STRONGEST, highest first; the first of equals."""
    return torch.sort(score, descending=True, stable=True).indices[:STRONGEST]


def _detections(boxes: Tensor, scores: Tensor, anchor: Tensor, label: Tensor) -> Detections:
    """The table of the anchors that are kept."""
    return Detections(
        boxes[anchor].numpy(), label.numpy(), scores[anchor, label].numpy(), scores[anchor].numpy()
    )
