"""The backbone of a config: the network that turns images into feature maps."""

from __future__ import annotations

import copy
from itertools import pairwise
from typing import Self, TypeVar, cast

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils.fusion import fuse_conv_bn_eval

from labelaudit.detector.config import DetectorConfig, Trained
from labelaudit.detector.model.backbones import BACKBONES, BackboneSpec, Layers, Scaling
from labelaudit.detector.model.timm_networks import timm_spec
from labelaudit.detector.model.weights import load_weights
from labelaudit.errors import ConfigError

TRIAL = (64, 96)
"""Height and width of the image that shows whether maps stay the same."""

ROUNDING = 1e-3
"""Part of the largest number of a map by which folding may change it: float32 rounds by less, and
maps are kept in float16."""

Network = TypeVar("Network", bound=nn.Module)


class Backbone(nn.Module):
    """Images (n, 3, h, w), RGB from 0 to 255, to one map (n, c, h/stride, w/stride) a stride.

    What is frozen stays as it is in training, statistics of BatchNorm included.
    """

    channels: tuple[int, ...]  # one for each stride
    strides: tuple[int, ...]  # finest first
    _mean: Tensor
    _std: Tensor

    def __init__(
        self, maps: nn.Module, channels: tuple[int, ...], strides: tuple[int, ...], scaling: Scaling
    ) -> None:
        super().__init__()
        self.channels, self.strides = channels, strides
        self.maps = maps
        self.register_buffer("_mean", _of_colours(scaling.mean), persistent=False)
        self.register_buffer("_std", _of_colours(scaling.std), persistent=False)

    def forward(self, images: Tensor) -> list[Tensor]:
        """One map for each stride, finest first; h and w are multiples of the coarsest stride."""
        scaled = (images - self._mean) / self._std
        return cast("list[Tensor]", self.maps(scaled))

    def train(self, mode: bool = True) -> Self:
        """Training mode but for layers that are frozen."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, _BatchNorm) and not _learns(module):
                module.eval()
        return self


def build_backbone(config: DetectorConfig) -> Backbone:
    """The backbone that a config asks for, in evaluation mode.

    Random weights come from torch's generator, which the caller seeds.

    Raises `LabelauditError` for a backbone that does not exist, strides that it has not, and
    weights that cannot be had.
    """
    chosen = backbone_spec(config.backbone)
    absent = [stride for stride in config.strides if stride not in chosen.strides]
    if absent:
        raise ConfigError(
            f"{chosen.name} has no stride {absent[0]}; it offers {list(chosen.strides)}"
        )
    layers = chosen.build(config.strides)
    load_weights(layers.network, chosen, config.weights)
    _freeze(layers, config.trained)
    channels = dict(zip(chosen.strides, chosen.channels, strict=True))
    widths = tuple(channels[stride] for stride in config.strides)
    return Backbone(layers.maps, widths, config.strides, chosen.scaling).eval()


def folded(network: Network) -> Network:
    """A network with each BatchNorm in the convolution before it: the same outputs, sooner.

    A backbone that is frozen, or a whole detector that is exported, on the CPU. The order of a
    network's parts is not always that in which they are run; if the outputs for an image of noise
    are others then, the network stays as it is.
    """
    fused = copy.deepcopy(network)
    for parent in list(fused.modules()):
        parts = list(parent.named_children())
        for (before, convolution), (name, norm) in pairwise(parts):
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                if norm.running_mean is None or norm.num_features != convolution.out_channels:
                    continue
                setattr(parent, before, fuse_conv_bn_eval(convolution, norm))
                setattr(parent, name, _after_norm(norm))
    trial = 255 * torch.rand((1, 3, *TRIAL), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        pairs = zip(network(trial), fused(trial), strict=True)
        same = all(float((a - b).abs().max()) <= ROUNDING * float(a.abs().max()) for a, b in pairs)
    return fused if same else network


def _after_norm(norm: nn.Module) -> nn.Module:
    """What timm's BatchNorm does beside: its activation; nothing for one of torch."""
    return nn.Sequential(*(getattr(norm, name) for name in ("drop", "act") if hasattr(norm, name)))


def backbone_spec(name: str) -> BackboneSpec:
    """What a backbone declares: one of ours, or any network of timm."""
    return BACKBONES[name] if name in BACKBONES else timm_spec(name, list(BACKBONES))


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
