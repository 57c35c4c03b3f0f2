"""Anchors: the boxes around each place of a feature map that the network's offsets start from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from labelaudit.detector.config import DetectorConfig, check_image_size

LOG_SIDE_LIMIT = 4.0
"""How far the log of a side can move from its anchor, so that exp cannot overflow: e^4 is 55."""


@dataclass(frozen=True)
class Anchors:
    """Anchors of one image size, in the order of the head's output.

    Level by level, each row by row, and at each place scale by scale, ratio by ratio.
    """

    xyxy: Tensor  # (a, 4) float32, pixels of the network's image
    level: Tensor  # (a,) int64, which of the config's strides
    per_place: int  # anchors that share a centre

    def __len__(self) -> int:
        return len(self.xyxy)

    @property
    def centre(self) -> Tensor:
        """Centre x, y of each anchor, (a, 2)."""
        return (self.xyxy[:, :2] + self.xyxy[:, 2:]) / 2

    def to(self, device: torch.device | str) -> Anchors:
        """The same anchors on a device."""
        return Anchors(self.xyxy.to(device), self.level.to(device), self.per_place)


def anchors(config: DetectorConfig, height: int, width: int) -> Anchors:
    """The anchors of one image size.

    Parameters
    ----------
    config: its strides, scales and ratios count.
    height, width: of the network's input, in pixels.

    Raises
    ------
    ConfigError
        if a side is no multiple of the coarsest stride.

    >>> anchors(DetectorConfig(strides=(16, 32)), 32, 64).xyxy[-1]
    tensor([-16., -48., 112.,  80.])
    """
    check_image_size(height, width, config.strides[-1])
    levels = [_of_level(config, stride, height, width) for stride in config.strides]
    level = torch.arange(len(levels)).repeat_interleave(
        torch.tensor([len(xyxy) for xyxy in levels])
    )
    return Anchors(torch.cat(levels), level, config.anchors_per_place)


def decode_boxes(xyxy: Tensor, offsets: Tensor) -> Tensor:
    """Boxes that offsets from anchors mean, (..., a, 4) in pixels, for `xyxy` (a, 4).

    The centre moves by parts of the anchor's sides, the sides grow by a factor's logarithm.

    Source: Girshick et al., "Rich feature hierarchies", 2014, appendix C, equations 1 to 4.
    """
    side, centre = xyxy[:, 2:] - xyxy[:, :2], (xyxy[:, :2] + xyxy[:, 2:]) / 2
    moved = centre + offsets[..., :2] * side
    half = side * offsets[..., 2:].clamp(-LOG_SIDE_LIMIT, LOG_SIDE_LIMIT).exp() / 2
    return torch.cat([moved - half, moved + half], dim=-1)


def mirror_permutation(anchors: Anchors, width: int) -> Tensor:
    """The anchor in the place of each one's mirror image, (a,) int64, in an image of this width.

    >>> mirror_permutation(anchors(DetectorConfig(strides=(16, 32)), 32, 64), 64)
    tensor([3, 2, 1, 0, 7, 6, 5, 4, 9, 8])
    """
    # Centres are whole pixels, but for the rounding of sides.
    x, y = anchors.centre.round().cpu().numpy().T
    shape = np.arange(len(anchors)) % anchors.per_place
    # Sorted by where they are, anchors stand in their own order: so do mirror images.
    order = np.lexsort((shape, width - x, y, anchors.level.cpu().numpy()))
    return torch.from_numpy(order).to(anchors.level.device)


def encode_boxes(xyxy: Tensor, boxes: Tensor) -> Tensor:
    """Offsets from anchors `xyxy` (a, 4) to `boxes` (a, 4) with an inside; undoes `decode_boxes`.

    Source: as `decode_boxes`, equations 6 to 9.
    """
    side, target = xyxy[:, 2:] - xyxy[:, :2], boxes[:, 2:] - boxes[:, :2]
    way = (boxes[:, :2] + boxes[:, 2:] - xyxy[:, :2] - xyxy[:, 2:]) / 2
    return torch.cat([way / side, (target / side).log()], dim=-1)


def _of_level(config: DetectorConfig, stride: int, height: int, width: int) -> Tensor:
    """The anchors of one level, (a, 4)."""
    y, x = torch.meshgrid(
        torch.arange(height // stride), torch.arange(width // stride), indexing="ij"
    )
    centre = (torch.stack([x, y], dim=-1).reshape(-1, 1, 2) + 0.5) * stride
    half = _sides(config) * stride / 2
    return torch.cat([centre - half, centre + half], dim=-1).reshape(-1, 4)


def _sides(config: DetectorConfig) -> Tensor:
    """Width and height of each anchor at a place, in strides, (s, 2)."""
    scale, ratio = torch.meshgrid(
        torch.tensor(config.anchor_scales, dtype=torch.float32),
        torch.tensor(config.anchor_ratios, dtype=torch.float32),
        indexing="ij",
    )
    return torch.stack([scale / ratio.sqrt(), scale * ratio.sqrt()], dim=-1).reshape(-1, 2)
