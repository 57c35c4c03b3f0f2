"""The part of the detector that learns from the user's labels: FPN, class and box branch.

Source: Lin et al., "Focal loss for dense object detection", 2017, section 4, with one anchor a
place as in Zhang et al. (ATSS), 2020, and a learned factor a level for the offsets as in Tian et
al. (FCOS), 2019, section 3.2.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.model.fpn import FeaturePyramidNetwork, convolution

PRIOR = -4.6
"""Bias of the classes: every anchor starts sure to one in a hundred; Lin et al. 2017, sec. 4.1."""


class DetectionHead(nn.Module):
    """Feature maps of a backbone to class logits (n, a, c) and offsets (n, a, 4).

    Anchors are in the order of `anchors.anchors`; all levels share the branches.
    """

    def __init__(self, config: DetectorConfig, channels: tuple[int, ...], classes: int) -> None:
        super().__init__()
        shapes = config.anchors_per_place
        self.fpn = FeaturePyramidNetwork(config, channels)
        self.class_branch = _branch(config, shapes * classes)
        self.box_branch = _branch(config, shapes * 4)
        self.factors = nn.Parameter(torch.ones(len(channels)))
        self.classes = classes
        nn.init.constant_(self.class_branch[-1].get_parameter("bias"), PRIOR)

    def forward(self, features: list[Tensor]) -> tuple[Tensor, Tensor]:
        """Logits (n, a, c) and offsets (n, a, 4); `features` as the backbone gives them."""
        maps = self.fpn(features)
        logits = [_by_anchor(self.class_branch(x), self.classes) for x in maps]
        offsets = [
            _by_anchor(self.box_branch(x) * factor, 4)
            for x, factor in zip(maps, self.factors.unbind(), strict=True)
        ]
        return torch.cat(logits, dim=1), torch.cat(offsets, dim=1)


def _branch(config: DetectorConfig, outputs: int) -> nn.Sequential:
    """Convolutions, and one with `outputs` numbers at each place, near 0 at first."""
    last = nn.Conv2d(config.channels, outputs, 3, padding=1)
    nn.init.normal_(last.weight, std=0.01)
    nn.init.zeros_(last.get_parameter("bias"))
    return nn.Sequential(*(convolution(config) for _ in range(config.head_depth)), last)


def _by_anchor(x: Tensor, values: int) -> Tensor:
    """From maps (n, s * values, h, w) to rows (n, h * w * s, values)."""
    count, _, height, width = x.shape
    by_shape = x.reshape(count, -1, values, height, width)
    return by_shape.permute(0, 3, 4, 1, 2).reshape(count, -1, values)
