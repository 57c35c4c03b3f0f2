"""Options that say which network the labels are for."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from cyclopts import Group, Parameter

from labelaudit.auditing.run import Options
from labelaudit.cli.parameters import listed
from labelaudit.errors import ConfigError
from labelaudit.network.settings import NetworkSettings, network_settings

FOR_NETWORK = Group.create_ordered("The network that the labels are for")


@Parameter(name="*", group=FOR_NETWORK)
@dataclass(frozen=True)
class NetworkChoice:
    """The network that the labels are for; the configuration may say the same in `network`.

    Parameters
    ----------
    train_size:
        Size of its input in pixels: 320, or height x width, 256x320. Images are scaled as a whole.
    network:
        Its name, which stands for strides and anchors: mobilenet_v2, ssd_mobilenet_v2, yolov5.
    strides:
        Strides of its levels instead, finest first: 8,16,32.
    anchors:
        Widths and heights of the anchors of a level in pixels: 10,13,16,30. Once for each level.
    anchor_scales:
        Sides of square anchors in strides instead: 4,5.04,6.35.
    anchor_ratios:
        Heights of these over their widths: .5,1,2.
    """

    train_size: str | None = None
    network: Annotated[str | None, Parameter(name="--network")] = None
    strides: tuple[str, ...] = ()
    anchors: tuple[str, ...] = ()
    anchor_scales: tuple[str, ...] = ()
    anchor_ratios: tuple[str, ...] = ()

    def over(self, options: Options) -> Options:
        """`options` with the network of the command line, if it says anything of one.

        Raises `ConfigError` for what is no network; the message names the option.
        """
        if self == NetworkChoice():
            return options
        return dataclasses.replace(options, network=self.settings(options.network))

    def settings(self, configured: NetworkSettings | None) -> NetworkSettings:
        """The network that the options describe, in the size that the configuration has if any."""
        try:
            if configured and dataclasses.replace(self, train_size=None) == NetworkChoice():
                return configured.resized(self.train_size or "")
            return network_settings(
                train_size=self.train_size or (configured.train_size if configured else None),
                name=self.network,
                strides=[whole("strides", word) for word in listed(self.strides)],
                anchors=[numbers("anchors", [level]) for level in self.anchors],
                anchor_scales=numbers("anchor-scales", self.anchor_scales),
                anchor_ratios=numbers("anchor-ratios", self.anchor_ratios),
            )
        except ConfigError as error:
            raise ConfigError(f"--{error}") from error


def whole(key: str, word: str) -> int:
    """The whole number that a word is."""
    try:
        return int(word)
    except ValueError as error:
        raise ConfigError(f"{key}: expected whole numbers, found {word!r}") from error


def numbers(key: str, words: Sequence[str]) -> list[float]:
    """The numbers that words are, which may be separated by commas."""
    try:
        return [float(word) for word in listed(words)]
    except ValueError as error:
        raise ConfigError(f"{key}: expected numbers, found {', '.join(words)!r}") from error
