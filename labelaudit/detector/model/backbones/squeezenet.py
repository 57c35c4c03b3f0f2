"""SqueezeNet 1.1."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn
from torchvision.models import SqueezeNet1_1_Weights, squeezenet1_1

from labelaudit.detector.model.backbones import BACKBONES, IMAGENET, BackboneSpec, Layers, State

ENDS = {4: 5, 8: 8, 16: 13}
"""How many layers make the map of each stride, without the pooling that follows it."""


class SqueezeMaps(nn.Module):
    """Some feature maps of SqueezeNet."""

    def __init__(self, features: nn.Sequential, strides: tuple[int, ...]) -> None:
        super().__init__()
        self.features = features
        # The network ends at stride 16. Coarser maps are pooled as FPN, section 4.1, makes its P6.
        self.coarser = nn.MaxPool2d(1, stride=2)
        self._strides = strides

    def forward(self, images: Tensor) -> list[Tensor]:
        """One map (n, c, h, w) for each stride."""
        maps, x, start = {}, images, 0
        for stride, end in ENDS.items():
            x = self.features[start:end](x)
            maps[stride], start = x, end
        maps[32] = self.coarser(x)
        return [maps[stride] for stride in self._strides]


def squeeze_layers(strides: tuple[int, ...]) -> Layers:
    """SqueezeNet, cut off after the last map that is asked for."""
    network = squeezenet1_1()
    del network.classifier
    network.features = network.features[: ENDS[min(strides[-1], 16)]]
    # Unpadded, as published, maps are a place smaller than the image over the stride.
    network.features[0].padding = (1, 1)
    early = list(network.features[: ENDS[4]].parameters())
    return Layers(SqueezeMaps(network.features, strides), network, early)


def downloaded() -> State:
    """The weights that torchvision downloads, or has downloaded before."""
    return cast("State", SqueezeNet1_1_Weights.DEFAULT.get_state_dict(progress=False))


BACKBONES.add(
    "squeezenet",
    BackboneSpec(
        "squeezenet",
        "Iandola et al., SqueezeNet, 2016, version 1.1; weights by torchvision",
        build=squeeze_layers,
        published=downloaded,
        channels=(128, 256, 512, 512),
        strides=(4, 8, 16, 32),
        scaling=IMAGENET,
    ),
)
