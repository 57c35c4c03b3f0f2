"""The network that a dataset is for: how large it sees images, on which grids, by which anchors."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from labelaudit.core.columns import Floats
from labelaudit.core.registry import instead
from labelaudit.dataset.arguments import check_taken
from labelaudit.errors import ConfigError
from labelaudit.network.known import (
    KNOWN_NETWORKS,
    Fit,
    KnownNetwork,
    Levels,
    in_pairs,
    of_strides,
)

STRIDES = (8, 16, 32)
"""Of a network that nobody describes; those of most small detectors."""

LARGEST_SIZE = 16_384
"""Pixels of a side of a network's input; beyond is a slip of the hand."""


@dataclass(frozen=True)
class NetworkSettings:
    """What a network makes of images and boxes before it learns anything."""

    train_size: tuple[int, int]  # height, width in pixels of its input
    strides: tuple[int, ...] = STRIDES  # of its levels, finest first
    anchors: Levels = ()  # of each level, width and height in pixels of its input; () without any
    name: str = ""  # as people call it; empty if nobody named it
    fit: Fit = "letterbox"
    largest_enlargement: float = math.inf  # small images are enlarged by no more
    side_limit: float | None = None  # see `KnownNetwork`
    in_parts: bool = False  # whether anchors grow with the input

    def resized(self, train_size: Sequence[int] | int | str) -> NetworkSettings:
        """The same network for another size, which is as `network_settings` takes it."""
        size = _size(train_size) or self.train_size
        if not self.in_parts:
            return dataclasses.replace(self, train_size=size)
        tall, wide = (new / old for new, old in zip(size, self.train_size, strict=True))
        anchors = tuple(tuple((w * wide, h * tall) for w, h in level) for level in self.anchors)
        return dataclasses.replace(self, train_size=size, anchors=anchors)

    @property
    def anchor_levels(self) -> list[Floats]:
        """The anchors of each level, (k, 2); none without any."""
        return [np.array(level, np.float64) for level in self.anchors]

    @property
    def size_words(self) -> str:
        """The size of the input for people: 320 px, or 256 x 320 px."""
        height, width = self.train_size
        return f"{width} px" if height == width else f"{height} x {width} px"

    def scales(self, size: Floats) -> Floats:
        """Factors from pixels of images, (n, 2) width and height, to those of the input, (n, 2).

        NaN where a size is.

        >>> NetworkSettings((320, 320)).scales(np.array([[640.0, 480.0]]))
        array([[0.5, 0.5]])
        """
        height, width = self.train_size
        with np.errstate(divide="ignore", invalid="ignore"):
            factor: Floats = np.array([width, height], np.float64) / size
        if self.fit == "letterbox":
            factor[:] = np.minimum(factor.min(axis=1), self.largest_enlargement)[:, None]
        return factor

    def places(self) -> tuple[int, ...]:
        """Places of the map of each level.

        >>> NetworkSettings((320, 320)).places()
        (1600, 400, 100)
        """
        height, width = self.train_size
        return tuple(-(-height // stride) * -(-width // stride) for stride in self.strides)


def network_settings(
    *,
    train_size: Sequence[int] | int | str | None = None,
    name: str | None = None,
    strides: Sequence[int] = (),
    anchors: Sequence[Sequence[float]] = (),
    anchor_scales: Sequence[float] = (),
    anchor_ratios: Sequence[float] = (),
    fit: str | None = None,
) -> NetworkSettings:
    """The network that somebody describes; what is not said is as published for its name.

    Parameters
    ----------
    train_size:
        one number for a square input, or height and width: 320, (256, 320) or "256x320".
    name:
        of `KNOWN_NETWORKS`.
    strides:
        of the levels, finest first, instead of those of the name.
    anchors:
        widths and heights in turn, in pixels of the input, a list for each level.
    anchor_scales:
        roots of the areas of anchors in strides, instead.
    anchor_ratios:
        heights over widths of these; 1 if absent.
    fit:
        letterbox: images are scaled as a whole; stretch: to the whole input.

    Raises
    ------
    ConfigError
        if a value is none, or does not fit the others; the message names its key.
    """
    known = _known(name)
    size = _size(train_size) or (known.train_size if known else None)
    if size is None:
        what = f"network {name!r}" if name else "the network"
        raise ConfigError(f"train-size: {what} has no size of its own; say one, such as 320")
    levels = _strides(strides) or (known.strides if known else STRIDES)
    given = _anchors(levels, anchors, anchor_scales, anchor_ratios)
    in_parts = bool(known and known.in_parts and not given)
    if not given and known and known.anchors:
        if levels != known.strides:
            raise ConfigError(
                f"strides: {name!r} has anchors for {_listed(known.strides)}, not for "
                f"{_listed(levels)}; say anchors or anchor-scales, too"
            )
        given = _in_pixels(known, size)
    if fit is not None and fit not in get_args(Fit):
        raise ConfigError(f"fit: expected letterbox or stretch, found {fit!r}")
    return NetworkSettings(
        size,
        levels,
        given,
        name or "",
        fit or (known.fit if known else "letterbox"),  # type: ignore[arg-type]  # checked above
        known.largest_enlargement if known else math.inf,
        known.side_limit if known else None,
        in_parts,
    )


def _known(name: str | None) -> KnownNetwork | None:
    if name is None:
        return None
    takes = (
        "the name of a network, 'yolov8n' say; labelaudit.network_settings(strides=...) says more"
    )
    check_taken(isinstance(name, str), name, "name=", takes)
    if name not in KNOWN_NETWORKS:
        hint = instead(name, KNOWN_NETWORKS)
        raise ConfigError(
            f"network: no network is known as {name!r}{hint}; strides and anchors say the same"
        )
    return KNOWN_NETWORKS[name]


def _in_pixels(known: KnownNetwork, size: tuple[int, int]) -> Levels:
    """The anchors of a network on an input of height, width."""
    height, width = size if known.in_parts else (1, 1)
    return tuple(tuple((w * width, h * height) for w, h in level) for level in known.anchors)


def _several(value: object) -> list[Any]:  # Any: whatever it holds
    return list(value) if isinstance(value, Iterable) else []


def _size(value: Sequence[int] | int | str | None) -> tuple[int, int] | None:
    """Height and width that a number, two numbers or a text mean.

    >>> _size(320), _size("256x320")
    ((320, 320), (256, 320))
    """
    if value is None:
        return None
    if isinstance(value, str):
        found = re.fullmatch(r"(\d{1,9})(?:\s*[xX,]\s*(\d{1,9}))?", value.strip())
        numbers = [int(one) for one in found.groups() if one] if found else []
    else:
        numbers = [value] if isinstance(value, int) else _several(value)
    if len(numbers) not in (1, 2) or not all(
        isinstance(side, int) and 1 <= side <= LARGEST_SIZE for side in numbers
    ):
        raise ConfigError(
            f"train-size: expected a number such as 320, or height and width such as 256x320, "
            f"found {value!r}"
        )
    return numbers[0], numbers[-1]


def _strides(values: Sequence[int]) -> tuple[int, ...]:
    strides = tuple(values)
    if any(stride < 1 for stride in strides) or strides != tuple(sorted(set(strides))):
        raise ConfigError(
            f"strides: expected whole numbers above 0, each once, finest first, "
            f"found {_listed(strides)}"
        )
    return strides


def _anchors(
    strides: tuple[int, ...],
    anchors: Sequence[Sequence[float]],
    scales: Sequence[float],
    ratios: Sequence[float],
) -> Levels:
    """The anchors that are described; () where none are."""
    for key, numbers in (
        *(("anchors", level) for level in anchors),
        ("anchor-scales", scales),
        ("anchor-ratios", ratios),
    ):
        if not all(0 < number < math.inf for number in numbers):
            raise ConfigError(f"{key}: expected numbers above 0, found {_listed(numbers)}")
    if anchors and (scales or ratios):
        raise ConfigError("anchors: anchor-scales and anchor-ratios say the same; give one of both")
    if ratios and not scales:
        raise ConfigError("anchor-ratios: they need anchor-scales")
    if scales:
        return of_strides(strides, scales, ratios or (1.0,))
    if anchors and len(anchors) != len(strides):
        raise ConfigError(
            f"anchors: expected a list for each of the strides {_listed(strides)}, "
            f"found {len(anchors)}"
        )
    for level in anchors:
        if len(level) % 2 or not level:
            raise ConfigError(
                f"anchors: expected width, height, width, height, ..., found {_listed(level)}"
            )
    return in_pairs(*anchors)


def _listed(numbers: Sequence[float]) -> str:
    return ", ".join(f"{number:g}" for number in numbers) or "nothing"
