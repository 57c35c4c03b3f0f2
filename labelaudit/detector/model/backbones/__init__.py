"""Backbones: one file each, which names a network and declares what its stages give.

timm and torchvision build the networks. Adding one is one new file here that ends in
`BACKBONES.add(...)`; FPN, anchors and head are built from the declaration alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from torch import Tensor, nn

from labelaudit.core.registry import Registry

State: TypeAlias = Mapping[str, Tensor]
"""The parameters and statistics of a network, by name."""


@dataclass(frozen=True)
class Scaling:
    """How a network wants the values 0 to 255 of red, green and blue."""

    mean: tuple[float, float, float]  # taken away first
    std: tuple[float, float, float]  # divided by then

    @classmethod
    def of_units(cls, mean: tuple[float, ...], std: tuple[float, ...]) -> Scaling:
        """The scaling of a network that was trained on values from 0 to 1."""
        red, green, blue = (255 * value for value in mean)
        r, g, b = (255 * value for value in std)
        return cls((red, green, blue), (r, g, b))


IMAGENET = Scaling.of_units((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and deviation of the images of ImageNet, which most networks are trained with."""


@dataclass(frozen=True)
class Layers:
    """A network and what is read from it."""

    maps: nn.Module  # scaled images to a list of maps, one for each stride that was asked for
    network: nn.Module  # the part of `maps` that is published, names of parameters included
    early: list[nn.Parameter]  # up to stride 4: what a partly trained backbone keeps


@dataclass(frozen=True)
class BackboneSpec:
    """A feature extractor: (n, 3, h, w) to one (n, c, h/stride, w/stride) for each stride."""

    name: str
    source: str  # the paper, and where its weights come from

    build: Callable[[tuple[int, ...]], Layers]
    """The network with random weights, without what the maps of these strides do not need."""

    published: Callable[[], State]
    """The weights of the whole network, trained on ImageNet, by the names of `network`.

    Raises an OSError or a RuntimeError if they cannot be had.
    """

    channels: tuple[int, ...]  # one for each stride
    strides: tuple[int, ...]  # that it offers, finest first
    scaling: Scaling


BACKBONES: Registry[BackboneSpec] = Registry("backbone", "labelaudit.detector.model.backbones")
