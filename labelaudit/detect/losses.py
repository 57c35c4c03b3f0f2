"""What training makes small: focal loss of the classes, generalised IoU of the boxes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.checkpoint import checkpoint
from torchvision.ops import generalized_box_iou_loss

from labelaudit.detect.anchors import Anchors, decoded
from labelaudit.detect.targets import Target

ALPHA = 0.25
"""Weight of what is there against what is not; Lin et al. 2017, table 1b, for gamma 2."""

GAMMA = 2.0
"""How much easy examples count less; Lin et al. 2017, table 1b."""

CELLS = 1 << 25
"""Logits of a batch from which its loss is worked out image by image: 200 classes, as a rule."""

BOX_WEIGHT = 2.0
"""Weight of the boxes against the classes, as in MMDetection's configuration of ATSS."""


def focal_loss(logits: Tensor, targets: Tensor, weight: Tensor) -> Tensor:
    """Focal loss of all anchors together, a scalar.

    Source: Lin et al., "Focal loss for dense object detection", 2017, equation 5.

    Parameters:
        logits: (..., a, c).
        targets: (..., a, c), 1 for the class of an anchor's box, else 0.
        weight: (..., a), 0 for an anchor of which nothing is asked.
    """
    probability = logits.sigmoid()
    entropy = binary_cross_entropy_with_logits(logits, targets, reduction="none")
    wrong = probability * (1 - targets) + (1 - probability) * targets
    balance = ALPHA * targets + (1 - ALPHA) * (1 - targets)
    return (balance * wrong**GAMMA * entropy * weight[..., None]).sum()


def detection_loss(
    logits: Tensor, offsets: Tensor, anchors: Anchors, targets: Sequence[Target]
) -> Tensor:
    """Loss of a batch for each anchor that owns a box, a scalar; of background alone, its sum.

    Worked out in 32 bits whatever the network ran in: a sum over all anchors overflows 16.

    Parameters:
        logits: (n, a, c).
        offsets: (n, a, 4).
        anchors: of these images.
        targets: n of them.
    """
    logits, offsets = logits.float(), offsets.float()
    owner = torch.stack([target.owner for target in targets])
    ignored = torch.stack([target.ignored for target in targets])
    image, anchor = torch.nonzero(owner >= 0, as_tuple=True)
    box = owner[image, anchor] + _starts(targets, owner.device)[image]
    labels = torch.cat([target.labels for target in targets])[box]
    weight = (~ignored | (owner >= 0)).to(logits.dtype)
    classes = _class_loss(logits, weight, (image, anchor, labels))
    boxes: Tensor = generalized_box_iou_loss(
        decoded(anchors.xyxy[anchor], offsets[image, anchor]),
        torch.cat([target.boxes for target in targets])[box],
        reduction="sum",
    )
    return (classes + BOX_WEIGHT * boxes) / max(len(box), 1)


def _class_loss(logits: Tensor, weight: Tensor, positives: tuple[Tensor, ...]) -> Tensor:
    """Focal loss of a batch; of many classes one image at a time, worked out again backwards.

    The loss holds a dozen tensors of the size of `logits`, which is half a gigabyte for sixteen
    images and 2,000 classes.

    Parameters:
        positives: image, anchor and class of each anchor that owns a box.
    """
    image, anchor, label = positives
    if logits.numel() <= CELLS:
        wanted = torch.zeros_like(logits)
        wanted[image, anchor, label] = 1
        return focal_loss(logits, wanted, weight)

    def of_image(row: int, own: Tensor, asked: Tensor) -> Tensor:
        mine = image == row
        wanted = torch.zeros_like(own)
        wanted[anchor[mine], label[mine]] = 1
        return focal_loss(own, wanted, asked)

    rows = zip(logits.unbind(), weight.unbind(), strict=True)
    parts: list[Tensor] = [
        checkpoint(of_image, row, own, asked, use_reentrant=False)
        for row, (own, asked) in enumerate(rows)
    ]
    return torch.stack(parts).sum()


def _starts(targets: Sequence[Target], device: torch.device) -> Tensor:
    """Where the boxes of each image start when all are in one table, (n,)."""
    counts = torch.tensor([len(target.boxes) for target in targets], device=device)
    return counts.cumsum(0) - counts
