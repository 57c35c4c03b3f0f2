"""Torchvision's detectors on a backbone of one layer, and a batch for them."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torchvision.models.detection import FCOS, FasterRCNN, RetinaNet
from torchvision.models.detection.rpn import AnchorGenerator
from torchvision.ops import MultiScaleRoIAlign


class Backbone(nn.Module):
    """A map of 1/8 of the image."""

    out_channels = 32

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 32, 8, stride=8)

    def forward(self, images: Tensor) -> Tensor:
        return self.layer(images)


def faster_rcnn() -> FasterRCNN:
    return FasterRCNN(
        Backbone(),
        num_classes=4,
        min_size=64,
        max_size=96,
        rpn_anchor_generator=AnchorGenerator(((12, 24),), ((0.5, 1.0, 2.0),)),
        box_roi_pool=MultiScaleRoIAlign(["0"], 3, 2),
        rpn_pre_nms_top_n_train=50,
        rpn_post_nms_top_n_train=30,
    )


def retinanet() -> RetinaNet:
    anchors = AnchorGenerator(((12, 24),), ((0.5, 1.0, 2.0),))
    return RetinaNet(Backbone(), num_classes=4, min_size=64, max_size=96, anchor_generator=anchors)


def fcos() -> FCOS:
    anchors = AnchorGenerator(((8,),), ((1.0,),))
    return FCOS(Backbone(), num_classes=4, min_size=64, max_size=96, anchor_generator=anchors)


BUILD = {"faster_rcnn": faster_rcnn, "retinanet": retinanet, "fcos": fcos}


def built(name: str, seed: int = 0) -> nn.Module:
    """A detector whose head tells classes apart: an untrained one of torchvision's hardly does."""
    torch.manual_seed(seed)
    model = BUILD[name]().train()
    for parameters in model.head.parameters() if hasattr(model, "head") else ():
        if parameters.ndim > 1:
            nn.init.normal_(parameters, std=0.1)
    return model


def batch(weights: list[list[float]] | None = None) -> tuple[list[Tensor], list[dict[str, Tensor]]]:
    """Two images of 64 x 96 px, of two boxes and of one, and one without."""
    torch.manual_seed(7)
    images = [torch.rand(3, 64, 96) for _ in range(3)]
    corners = [[[4.0, 6, 28, 30], [40, 20, 64, 44]], [[50.0, 30, 74, 54]], []]
    labels = [[1, 2], [3], []]
    targets = [
        {
            "boxes": torch.tensor(some).reshape(-1, 4),
            "labels": torch.tensor(classes, dtype=torch.int64),
        }
        for some, classes in zip(corners, labels, strict=True)
    ]
    for target, some in zip(targets, weights or [], strict=False):
        target["weights"] = torch.tensor(some, dtype=torch.float32)
    return images, targets


def losses(model: nn.Module, images: list[Tensor], targets: list[dict[str, Tensor]]):
    """The losses of a batch, whatever samplers draw being drawn alike."""
    torch.manual_seed(3)
    return {name: float(loss.detach()) for name, loss in model(images, targets).items()}
