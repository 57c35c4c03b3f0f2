"""The whole network: backbone and head."""

from __future__ import annotations

from torch import Tensor, nn

from labelaudit.detector.model.backbone import Stages
from labelaudit.detector.model.head import Head


class Detector(nn.Module):
    """Images (n, 3, h, w), RGB from 0 to 255, to class logits (n, a, c) and offsets (n, a, 4)."""

    def __init__(self, stages: Stages, head: Head) -> None:
        super().__init__()
        self.stages = stages
        self.head = head

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """As `Head`; h and w are multiples of the coarsest stride."""
        logits, offsets = self.head(self.stages(images))
        return logits, offsets
