"""What the framework of a device does otherwise than torch, as a file says it."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from labelaudit.core.registry import instead
from labelaudit.errors import ConfigError

Padding: TypeAlias = Literal["same", "symmetric"]
Activation: TypeAlias = Literal["relu", "relu6"]
Enlargement: TypeAlias = Literal["floor", "ceil", "align-corners", "linear", "linear-corners"]

CHOICES: Mapping[str, tuple[str, ...]] = {
    "padding": get_args(Padding),
    "activation": get_args(Activation),
    "enlargement": get_args(Enlargement),
}
"""The settings that are one of a few words."""

SCALINGS: Mapping[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "none": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    "0..1": ((0.0, 0.0, 0.0), (255.0, 255.0, 255.0)),
    "-1..1": ((127.5, 127.5, 127.5), (127.5, 127.5, 127.5)),
    "(x-127)/128": ((127.0, 127.0, 127.0), (128.0, 128.0, 128.0)),
    "(x-128)/128": ((128.0, 128.0, 128.0), (128.0, 128.0, 128.0)),
    "imagenet": ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
    "imagenet mean": ((123.675, 116.28, 103.53), (1.0, 1.0, 1.0)),
    "imagenet of 0..1 left out": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
}
"""Ways to scale values from 0 to 255: the mean of red, green and blue, and what is divided by.

The last one is the common mistake: mean and deviation of values from 0 to 1, on values to 255.
"""


@dataclass(frozen=True)
class DeviceSettings:
    """What a device does; None where it does as the network was built.

    Raises `ConfigError` for what no device can do.
    """

    padding: Padding | None = None  # of strided layers; "same" is TensorFlow's: less before
    activation: Activation | None = None  # in place of every ReLU and ReLU6
    batch_norm_epsilon: float | None = None
    group_norm_epsilon: float | None = None
    group_norm_groups: int | None = None  # 1: layer norm
    enlargement: Enlargement | None = None  # of the coarser map in the pyramid
    scaling: str | tuple[tuple[float, ...], tuple[float, ...]] | None = None

    def __post_init__(self) -> None:
        for name, known in CHOICES.items():
            value = getattr(self, name)
            if value is not None and value not in known:
                raise ConfigError(
                    f"{name} of the device is {value!r}; choose one of {', '.join(known)}"
                )
        for name in ("batch_norm_epsilon", "group_norm_epsilon"):
            value = getattr(self, name)
            if value is not None and not (_is_number(value) and value >= 0):
                raise ConfigError(f"{name} of the device is {value!r}; it must be 0 or more")
        groups = self.group_norm_groups
        if groups is not None and (type(groups) is not int or groups < 1):
            raise ConfigError(
                f"group_norm_groups of the device is {groups!r}; it must be 1 or more"
            )
        self.mean_and_divisor  # noqa: B018  # raises for a scaling that is none

    @property
    def mean_and_divisor(self) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
        """What is taken away from red, green and blue, and what they are divided by then."""
        if self.scaling is None:
            return None
        if isinstance(self.scaling, str):
            if self.scaling not in SCALINGS:
                raise ConfigError(
                    f"scaling of the device is {self.scaling!r}; choose one of "
                    f"{', '.join(map(repr, SCALINGS))}, or [[mean of red, green, blue], [divisor "
                    "of red, green, blue]], both for values from 0 to 255"
                )
            return SCALINGS[self.scaling]
        return _mean_and_divisor(self.scaling)


SETTINGS = tuple(field.name for field in fields(DeviceSettings))
"""The names of all settings."""


def read_device_settings(path: Path) -> DeviceSettings:
    """The settings in a TOML or JSON file, by the names of `DeviceSettings`, hyphens allowed.

    Raises
    ------
    ConfigError
        if the file cannot be read, or holds a key or a value that does not exist; the message names
        it.
    """
    try:
        text = path.read_text("utf-8")
        table: Any = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from error
    except ValueError as error:  # both parsers' errors, and text that is not UTF-8
        raise ConfigError(f"{path}: {str(error).splitlines()[0]}") from error
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: expected settings by name, found {type(table).__name__}")
    try:
        return device_settings(table)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def device_settings(table: Mapping[str, Any]) -> DeviceSettings:  # Any: what a file holds
    """The settings of a table, as `plain_settings` gives it or a person writes it.

    Raises `ConfigError` for a key or a value that does not exist.
    """
    chosen = {key.replace("-", "_"): value for key, value in table.items()}
    for key, name in zip(table, chosen, strict=False):
        if name not in SETTINGS:
            raise ConfigError(f"no setting of a device is called {key!r}{instead(name, SETTINGS)}")
    return DeviceSettings(**chosen)


def plain_settings(settings: DeviceSettings) -> dict[str, Any]:  # Any: what JSON holds
    """What the settings say, as JSON holds it; nothing for what stays as it is."""
    return {name: value for name, value in asdict(settings).items() if value is not None}


def _mean_and_divisor(given: object) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Two lists of three numbers, as a file gives them."""
    parts = given if isinstance(given, (list, tuple)) and len(given) == 2 else ()
    if parts and all(isinstance(part, (list, tuple)) and len(part) == 3 for part in parts):
        mean, divisor = parts
        if all(map(_is_number, (*mean, *divisor))) and 0 not in divisor:
            return tuple(mean), tuple(divisor)
    raise ConfigError(
        f"scaling of the device is {given!r}; name one of {', '.join(map(repr, SCALINGS))}, or "
        "[[mean of red, green, blue], [divisor of red, green, blue]], no divisor 0"
    )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
