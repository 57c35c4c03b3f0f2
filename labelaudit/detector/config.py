"""Every choice of the detector in one value, with its default.

Defaults were not compared one by one. What all of them come to together is recorded in
benchmarks/results: label_errors.md, rows "labelaudit", and as time detector.md.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from labelaudit.dataset.arguments import is_number, kind_of
from labelaudit.detector.device_settings import DeviceSettings, device_settings
from labelaudit.errors import ConfigError

Pyramid: TypeAlias = Literal["separable", "dense"]
Norm: TypeAlias = Literal["group", "batch", "layer", "none"]
Trained: TypeAlias = Literal["frozen", "partly", "whole"]
Device: TypeAlias = Literal["auto", "cpu", "cuda", "mps"]

GROUPS = 8
"""Groups of a GroupNorm in the pyramid and the head, so that `channels` is a multiple of it."""


class DetectorSettingError(ConfigError):
    """A choice that no detector can be built with."""

    def __init__(self, setting: str, words: str) -> None:
        super().__init__(f"{setting} of the detector {words}")
        self.setting = setting
        self.words = words

    def called(self, name: str) -> ConfigError:
        """The same of the setting as whoever chose it calls it: `--image-size`."""
        return ConfigError(f"{name} of the detector {self.words}")


@dataclass(frozen=True)
class DetectorConfig:
    """How the detector is built and trained; the same config and data give the same detector.

    Choices that are None are made from the data. Raises `ConfigError` for a choice that no
    detector can be built with.
    """

    backbone: str = "efficientnet_lite0"  # one of BACKBONES, or any network of timm
    weights: str = "pretrained"  # or "random", or the path of a file with a state dict
    trained: Trained = "frozen"  # how much of the backbone learns with the head
    strides: tuple[int, ...] = (
        8,
        16,
        32,
    )  # levels, finest first; one that is left out is not built
    pyramid: Pyramid = "separable"  # kind of 3 x 3 convolution in the pyramid and the head
    channels: int = 64  # of the pyramid and the head
    norm: Norm = "group"  # in the pyramid and the head; batches are small
    head_depth: int = 2  # convolutions before the last one, in each branch of the head
    anchor_scales: tuple[float, ...] = (4.0,)  # root of the area of an anchor, in strides
    anchor_ratios: tuple[float, ...] = (1.0,)  # height over width
    image_size: tuple[int, int] | None = None  # height, width in pixels, as the network sees them
    folds: int | None = None
    epochs: int | None = None
    crop_epochs: int | None = None  # of the head that judges crops
    batch: int = 16  # images
    learning_rate: float = 4e-3  # the highest of one cycle
    weight_decay: float = 1e-2
    seed: int = 0
    device: Device = "auto"
    like_device: DeviceSettings | None = None  # what the framework of a device does otherwise

    def __post_init__(self) -> None:
        if isinstance(self.like_device, dict):  # as files hold it
            object.__setattr__(self, "like_device", device_settings(self.like_device))
        for name, kind in CHOICES.items():
            known = get_args(kind)
            if getattr(self, name) not in known:
                words = f"is {getattr(self, name)!r}; choose {_either(known)}"
                raise DetectorSettingError(name, words)
        for name in ("channels", "batch", "head_depth", "seed"):
            _check_number(name, getattr(self, name))
        for name in ("channels", "batch"):
            _check_at_least(name, getattr(self, name), 1)
        for name in ("head_depth", "seed"):
            _check_at_least(name, getattr(self, name), 0)
        _check_at_least("epochs", self.epochs, 1)
        _check_at_least("crop_epochs", self.crop_epochs, 1)
        _check_at_least("folds", self.folds, 2)
        self._check_network()
        self._check_training()

    @property
    def anchors_per_place(self) -> int:
        """Anchors around each place of a feature map."""
        return len(self.anchor_scales) * len(self.anchor_ratios)

    def _check_network(self) -> None:
        """The levels, the anchors and the channels fit together."""
        for name in ("backbone", "weights"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name):
                raise DetectorSettingError(name, "is a name or a file, and cannot be empty")
        _check_numbers("strides", self.strides)
        if not _ascending_powers_of_two(self.strides):
            words = (
                f"are {list(self.strides)}; name some of 4, 8, 16 and 32, each once, finest first"
            )
            raise DetectorSettingError("strides", words)
        if self.norm == "group" and self.channels % GROUPS:
            words = f"is {self.channels}; norm 'group' needs a multiple of {GROUPS}"
            raise DetectorSettingError("channels", words)
        for name in ("anchor_scales", "anchor_ratios"):
            values = getattr(self, name)
            _check_numbers(name, values)
            if not values or not all(value > 0 and math.isfinite(value) for value in values):
                words = f"is {list(values)}; name one or more numbers above 0"
                raise DetectorSettingError(name, words)

    def _check_training(self) -> None:
        """The image size fits the strides, and the rates are rates."""
        if self.image_size is not None:
            _check_numbers("image_size", self.image_size)
            if len(self.image_size) != 2:
                words = f"is {list(self.image_size)}; it is height and width in pixels"
                raise DetectorSettingError("image_size", words)
            check_image_size(*self.image_size, self.strides[-1])
        for name in ("learning_rate", "weight_decay"):
            _check_number(name, getattr(self, name))
        if not (self.learning_rate > 0 and math.isfinite(self.learning_rate)):
            words = f"is {self.learning_rate}; it must be above 0"
            raise DetectorSettingError("learning_rate", words)
        if not (self.weight_decay >= 0 and math.isfinite(self.weight_decay)):
            words = f"is {self.weight_decay}; it must be 0 or more"
            raise DetectorSettingError("weight_decay", words)


CHOICES = {"trained": Trained, "pyramid": Pyramid, "norm": Norm, "device": Device}
"""The settings that are one of a few words."""

SETTINGS = tuple(field.name for field in dataclasses.fields(DetectorConfig))
"""The names of all choices."""


def check_image_size(height: int, width: int, stride: int) -> None:
    """Raises `ConfigError` unless both sides are multiples of the coarsest stride, and not 0.

    On other sizes backbones differ in how they round, and anchors would not be where maps are.

    Parameters
    ----------
    height, width: of the network's input, in pixels.
    stride: the coarsest.
    """
    if min(height, width) < stride or height % stride or width % stride:
        words = (
            f"is {height} x {width} (height x width); both must be multiples of {stride}, "
            "its coarsest stride"
        )
        raise DetectorSettingError("image_size", words)


def _check_at_least(name: str, value: int | None, least: int) -> None:
    """Raises `ConfigError` if a number is given and below the least that makes sense."""
    if value is None:
        return
    _check_number(name, value)
    if value < least:
        raise DetectorSettingError(name, f"is {value}; it must be {least} or more")


def _check_number(name: str, value: object) -> None:
    """Raises `ConfigError` for what is no number."""
    if not is_number(value):
        raise DetectorSettingError(name, f"is {kind_of(value)}, where a number belongs")


def _check_numbers(name: str, values: object) -> None:
    """Raises `ConfigError` for what is no tuple or list of numbers."""
    if not isinstance(values, tuple | list) or not all(map(is_number, values)):
        raise DetectorSettingError(name, f"is {kind_of(values)}, where numbers belong")


def _ascending_powers_of_two(strides: tuple[int, ...]) -> bool:
    """Whether strides can be levels of one pyramid, finest first.

    >>> _ascending_powers_of_two((8, 32)), _ascending_powers_of_two((16, 8))
    (True, False)
    """
    return (
        bool(strides) and set(strides) <= {4, 8, 16, 32} and strides == tuple(sorted(set(strides)))
    )


def _either(words: tuple[str, ...]) -> str:
    """Words to choose from, as a person says them.

    >>> _either(("frozen", "partly", "whole"))
    'frozen, partly or whole'
    """
    return f"{', '.join(words[:-1])} or {words[-1]}"
