"""The whole network: backbone and head."""

from __future__ import annotations

from torch import Tensor, nn

from labelaudit.detector.model.backbone import Backbone
from labelaudit.detector.model.head import DetectionHead


class Detector(nn.Module):
    """Images (n, 3, h, w), RGB from 0 to 255, to class logits (n, a, c) and offsets (n, a, 4)."""

    def __init__(self, backbone: Backbone, head: DetectionHead) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """As `DetectionHead`; h and w are multiples of the coarsest stride."""
        logits, offsets = self.head(self.backbone(images))
        return logits, offsets
