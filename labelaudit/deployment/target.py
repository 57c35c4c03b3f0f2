"""What a model can be exported to: one file a target in `targets/`, found by scanning them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from labelaudit.core.registry import Registry
from labelaudit.deployment.deployed import DeployedDetector
from labelaudit.deployment.description import ModelDescription
from labelaudit.images.decoding import Pixels
from labelaudit.training.inference import Float32s

Images: TypeAlias = Pixels | Float32s
"""(n, 3, h, w), as the file wants them: RGB from 0 to 255, or scaled where scaling is outside."""
Outputs: TypeAlias = dict[str, Float32s]
"""By name, see `ModelDescription`."""


@dataclass(frozen=True)
class Runtime:
    """An exported file that is open, on the CPU."""

    description: ModelDescription

    forward: Callable[[Images], Outputs]
    """The outputs for some images, exactly as the file gives them."""

    layers: tuple[str, ...] = ()
    """Inner layers whose outputs can be had, by the name of the torch module in `Detector`, in the
    order in which they run. What runs several times has `NAME`, `NAME@1`, `NAME@2`: the head runs
    once a level, finest first."""

    forward_layers: Callable[[Images, Sequence[str]], Outputs] | None = None
    """The outputs of some of `layers`, by their names, for as many images as `description.batch`
    says; None if there are none."""


@dataclass(frozen=True)
class ExportOptions:
    """How a file is made, beside what the network says."""

    calibration: Float32s | None = None  # (n, 3, h, w) images as its input wants them; gives int8
    float_layers: tuple[str, ...] = ()  # that stay in float32, with all their parts


def file_images(pixels: Images, description: ModelDescription) -> Images:
    """Images as they go into a file: scaled, where that is not inside of it."""
    if description.inside.scaling:
        return pixels
    mean, std = (
        np.array(values, np.float32).reshape(1, 3, 1, 1)
        for values in (description.mean, description.std)
    )
    scaled: Images = (pixels.astype(np.float32) - mean) / std
    return scaled


@dataclass(frozen=True)
class ExportTarget:
    """A format that some framework for devices runs."""

    name: str
    title: str  # as its makers write it
    suffix: str  # of the file that is named to open it

    extra: str  # of labelaudit, that installs what it needs
    to_export: tuple[str, ...]  # modules that exporting imports
    to_open: tuple[str, ...]  # modules that opening imports

    export: Callable[[DeployedDetector, Path, ExportOptions], None]
    """Write the file, and others beside it whose names begin with its stem."""

    open: Callable[[Path, int], Runtime]
    """The file with so many threads. Raises `ConfigError` if it is damaged or something else."""

    beside: tuple[str, ...] = ()
    """Suffixes of the files that belong to it, in place of its own."""

    nms: bool = False  # can hold NMS
    any_batch: bool = True  # else one image at a time
    costly_batch: bool = False  # which costs memory or time where it goes in one by one
    int8: bool = False  # can be quantised with images to calibrate on

    def files(self, path: Path) -> tuple[Path, ...]:
        """The files that an export to `path` consists of."""
        stem = path.name.removesuffix(self.suffix)
        return (path, *(path.with_name(stem + suffix) for suffix in self.beside))


def any_number(
    forward: Callable[[Images], Outputs], batch: int | None
) -> Callable[[Images], Outputs]:
    """A function of any number of images from one of `batch` images, or of any number if None.

    The last ones are filled up with black images, whose outputs are left away.
    """
    if batch is None:
        return forward

    def in_batches(images: Images) -> Outputs:
        missing = -len(images) % batch or (batch if len(images) == 0 else 0)
        black = np.zeros((missing, *images.shape[1:]), images.dtype)
        whole = np.concatenate([images, black])
        parts = [forward(whole[start : start + batch]) for start in range(0, len(whole), batch)]
        return {
            name: np.concatenate([part[name] for part in parts])[: len(images)] for name in parts[0]
        }

    return in_batches


TARGETS: Registry[ExportTarget] = Registry("export target", "labelaudit.deployment.targets")
