"""The feature pyramid network (FPN): each level adds the coarser one to its own map.

Source: Lin et al., "Feature pyramid networks for object detection", 2017, section 3.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn.functional import interpolate

from labelaudit.detector.config import GROUPS, DetectorConfig

NORMS: dict[str, Callable[[int], nn.Module]] = {
    "group": lambda channels: nn.GroupNorm(GROUPS, channels),
    "batch": nn.BatchNorm2d,
    "layer": lambda channels: nn.GroupNorm(1, channels),
    "none": nn.Identity,
}
"""What stands after a convolution, by its name in a config."""


class FeaturePyramidNetwork(nn.Module):
    """Feature maps of one width from those of a backbone: (n, c, h, w) a level, finest first."""

    def __init__(self, config: DetectorConfig, channels: tuple[int, ...]) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(_lateral(config, width) for width in channels)
        self.output = nn.ModuleList(convolution(config) for _ in channels)
        self.enlarge: nn.Module = NearestEnlargement()

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        """One map for each level, of the same heights and widths."""
        maps = [lateral(x) for lateral, x in zip(self.lateral, features, strict=True)]
        for level in range(len(maps) - 2, -1, -1):
            maps[level] = maps[level] + self.enlarge(maps[level + 1], maps[level])
        return [output(x) for output, x in zip(self.output, maps, strict=True)]


class NearestEnlargement(nn.Module):
    """A map in the height and width of another: place i is that of the coarse map at i * ratio.

    Rounded down, as torch does. A module, so that frameworks that do it otherwise can be imitated.
    """

    def forward(self, x: Tensor, like: Tensor) -> Tensor:
        """`x` (n, c, h, w) in the height and width of `like`."""
        return interpolate(x, size=like.shape[2:], mode="nearest")


def convolution(config: DetectorConfig) -> nn.Sequential:
    """A 3 x 3 convolution that keeps the width and the size, with norm and ReLU.

    Separable: one for each channel, then 1 x 1 between channels, with no norm between the two.
    """
    width = config.channels
    if config.pyramid == "dense":
        layers = [nn.Conv2d(width, width, 3, padding=1, bias=False)]
    else:
        layers = [
            nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False),
            nn.Conv2d(width, width, 1, bias=False),
        ]
    return nn.Sequential(*layers, NORMS[config.norm](width), nn.ReLU(inplace=True))


def _lateral(config: DetectorConfig, width: int) -> nn.Sequential:
    """From a backbone's width to the pyramid's."""
    return nn.Sequential(
        nn.Conv2d(width, config.channels, 1, bias=False), NORMS[config.norm](config.channels)
    )
