"""The backbone of a recipe: the network that turns images into feature maps."""

from __future__ import annotations

from typing import Self, cast

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from labelaudit.detector.config import DetectorConfig, Trained
from labelaudit.detector.model.backbones import BACKBONES, Backbone, Layers, Scaling
from labelaudit.detector.model.timm_networks import other_backbone
from labelaudit.detector.model.weights import load_weights
from labelaudit.errors import ConfigError


class Stages(nn.Module):
    """Images (n, 3, h, w), RGB from 0 to 255, to one map (n, c, h/stride, w/stride) a stride.

    What is frozen stays as it is in training, statistics of BatchNorm included.
    """

    channels: tuple[int, ...]  # one for each stride
    strides: tuple[int, ...]  # finest first
    _mean: Tensor
    _deviation: Tensor

    def __init__(
        self, maps: nn.Module, channels: tuple[int, ...], strides: tuple[int, ...], scaling: Scaling
    ) -> None:
        super().__init__()
        self.channels, self.strides = channels, strides
        self.maps = maps
        self.register_buffer("_mean", _of_colours(scaling.mean), persistent=False)
        self.register_buffer("_deviation", _of_colours(scaling.deviation), persistent=False)

    def forward(self, images: Tensor) -> list[Tensor]:
        """One map for each stride, finest first; h and w are multiples of the coarsest stride."""
        scaled = (images - self._mean) / self._deviation
        return cast("list[Tensor]", self.maps(scaled))

    def train(self, mode: bool = True) -> Self:
        """Training mode but for layers that are frozen."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, _BatchNorm) and not _learns(module):
                module.eval()
        return self


def backbone(recipe: DetectorConfig) -> Stages:
    """The backbone that a recipe asks for, in evaluation mode.

    Random weights come from torch's generator, which the caller seeds.

    Raises `LabelauditError` for a backbone that does not exist, strides that it has not, and
    weights that cannot be had.
    """
    chosen = described(recipe.backbone)
    absent = [stride for stride in recipe.strides if stride not in chosen.strides]
    if absent:
        raise ConfigError(
            f"{chosen.name} has no stride {absent[0]}; it offers {list(chosen.strides)}"
        )
    layers = chosen.build(recipe.strides)
    load_weights(layers.network, chosen, recipe.weights)
    _freeze(layers, recipe.trained)
    channels = dict(zip(chosen.strides, chosen.channels, strict=True))
    widths = tuple(channels[stride] for stride in recipe.strides)
    return Stages(layers.maps, widths, recipe.strides, chosen.scaling).eval()


def described(name: str) -> Backbone:
    """What a backbone declares: one of ours, or any network of timm."""
    return BACKBONES[name] if name in BACKBONES else other_backbone(name, list(BACKBONES))


def _freeze(layers: Layers, trained: Trained) -> None:
    """Keep the parameters that are not to be trained as they are."""
    kept = {"frozen": list(layers.maps.parameters()), "partly": layers.early, "whole": []}
    for parameter in kept[trained]:
        parameter.requires_grad = False


def _learns(module: nn.Module) -> bool:
    """Whether any parameter of a layer is trained."""
    return any(parameter.requires_grad for parameter in module.parameters())


def _of_colours(values: tuple[float, float, float]) -> Tensor:
    """Three numbers in the shape that images are scaled with, (1, 3, 1, 1)."""
    return torch.tensor(values).reshape(1, 3, 1, 1)
