"""What training makes small: focal loss of the classes, generalised IoU of the boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.checkpoint import checkpoint
from torchvision.ops import generalized_box_iou_loss

from labelaudit.detector.model.anchors import Anchors, decode_boxes
from labelaudit.detector.training.atss import DetectionTarget

ALPHA = 0.25
"""Weight of what is there against what is not; Lin et al. 2017, table 1b, for gamma 2."""

GAMMA = 2.0
"""How much easy examples count less; Lin et al. 2017, table 1b."""

CELLS = 1 << 25
"""Logits of a batch above which its loss is worked out image by image.

With 16 images, strides 8, 16 and 32 and one anchor a place, these are 312 classes at an input of
512 x 640 pixels (6,720 anchors) and 924 at one of 288 x 384 (2,268).
"""

BOX_WEIGHT = 2.0
"""Weight of the boxes against the classes, as in MMDetection's configuration of ATSS."""


def focal_loss(logits: Tensor, targets: Tensor, weight: Tensor) -> Tensor:
    """Focal loss of all anchors together, a scalar.

    Parameters
    ----------
    logits: (..., a, c).
    targets: (..., a, c), 1 for the class of an anchor's box, else 0.
    weight: (..., a), 0 for an anchor that is ignored.

    Source: Lin et al., "Focal loss for dense object detection", 2017, equation 5.
    """
    probability = logits.sigmoid()
    entropy = binary_cross_entropy_with_logits(logits, targets, reduction="none")
    wrong = probability * (1 - targets) + (1 - probability) * targets
    balance = ALPHA * targets + (1 - ALPHA) * (1 - targets)
    return (balance * wrong**GAMMA * entropy * weight[..., None]).sum()


def detection_loss(
    logits: Tensor, offsets: Tensor, anchors: Anchors, targets: Sequence[DetectionTarget]
) -> Tensor:
    """Loss of a batch for each anchor that owns a box, a scalar; of background alone, its sum.

    An anchor counts as much as the weight of its box says, in the sum and in how many there are.
    Worked out in 32 bits whatever the network ran in: a sum over all anchors overflows 16.

    Parameters
    ----------
    logits: (n, a, c).
    offsets: (n, a, 4).
    anchors: of these images, on the device of the logits.
    targets: n of them, on any device.
    """
    logits, offsets = logits.float(), offsets.float()
    wanted = _batch_targets(targets, logits.device)
    weight = logits.new_ones(logits.shape[:2])
    weight[wanted.ignored] = 0
    image, anchor = wanted.positive
    weight[image, anchor] = wanted.weights
    classes = _class_loss(logits, weight, (image, anchor, wanted.labels))
    boxes: Tensor = generalized_box_iou_loss(
        decode_boxes(anchors.xyxy[anchor], offsets[image, anchor]), wanted.boxes, reduction="none"
    )
    return (classes + BOX_WEIGHT * (boxes * wanted.weights).sum()) / max(wanted.total, 1)


def owned_anchors(targets: Sequence[DetectionTarget]) -> float:
    """How many anchors own a box in a batch, by the weights of the boxes."""
    return sum(float(one.weights[one.matched_box].sum()) for one in targets)


@dataclass(frozen=True)
class _BatchTargets:
    """The targets of a batch, on the device of the network."""

    positive: tuple[Tensor, Tensor]  # image and anchor of each anchor that a box owns, (p,) each
    labels: Tensor  # (p,) of that box
    boxes: Tensor  # (p, 4)
    weights: Tensor  # (p,)
    total: float  # their sum
    ignored: tuple[Tensor, Tensor]  # image and anchor of each that is ignored, (i,) each


def _batch_targets(targets: Sequence[DetectionTarget], device: torch.device) -> _BatchTargets:
    """The targets of all images of a batch; put together where they are, and moved once."""
    positive, ignored = (
        (_repeated(parts), torch.cat(parts))
        for parts in ([one.anchor for one in targets], [one.ignored for one in targets])
    )
    labels = torch.cat([one.labels[one.matched_box] for one in targets])
    boxes = torch.cat([one.boxes[one.matched_box] for one in targets])
    weights = torch.cat([one.weights[one.matched_box] for one in targets])
    return _BatchTargets(
        (positive[0].to(device), positive[1].to(device)),
        labels.to(device),
        boxes.to(device),
        weights.to(device),
        float(weights.sum()),
        (ignored[0].to(device), ignored[1].to(device)),
    )


def _repeated(parts: Sequence[Tensor]) -> Tensor:
    """For each row of the parts, put together, which part it is in, (n,)."""
    lengths = torch.tensor([len(part) for part in parts])
    return torch.arange(len(parts)).repeat_interleave(lengths)


def _class_loss(logits: Tensor, weight: Tensor, positives: tuple[Tensor, ...]) -> Tensor:
    """Focal loss of a batch; of many classes one image at a time, worked out again backwards.

    The loss holds a dozen tensors of the size of `logits`, each 860 MB for sixteen images of 6,720
    anchors and 2,000 classes.

    Parameters
    ----------
    positives: image, anchor and class of each anchor that owns a box.
    """
    image, anchor, label = positives
    if logits.numel() <= CELLS:
        wanted = torch.zeros_like(logits)
        wanted[image, anchor, label] = 1
        return focal_loss(logits, wanted, weight)

    def of_image(row: int, own: Tensor, own_weight: Tensor) -> Tensor:
        mine = image == row
        wanted = torch.zeros_like(own)
        wanted[anchor[mine], label[mine]] = 1
        return focal_loss(own, wanted, own_weight)

    rows = zip(logits.unbind(), weight.unbind(), strict=True)
    parts: list[Tensor] = [
        checkpoint(of_image, row, own, own_weight, use_reentrant=False)
        for row, (own, own_weight) in enumerate(rows)
    ]
    return torch.stack(parts).sum()
