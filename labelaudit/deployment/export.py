"""From a trained detector to a file for a device: what `labelaudit export` does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from labelaudit.core.extras import check_installed
from labelaudit.core.parallel import mapped
from labelaudit.core.text import counted
from labelaudit.deployment.deployed import DeployedDetector, described
from labelaudit.deployment.description import Inside, ModelDescription
from labelaudit.deployment.target import ExportOptions, ExportTarget, Runtime, file_images
from labelaudit.deployment.torch_runtime import torch_runtime
from labelaudit.detector.preprocess import preprocess
from labelaudit.errors import ConfigError
from labelaudit.training.inference import Float32s
from labelaudit.training.model_file import TrainedDetector

CALIBRATION = 100
"""Images that 8 bits are calibrated on at most, from all over those that are given; a choice."""


@dataclass(frozen=True)
class ExportPlan:
    """What is to be exported, and how."""

    target: ExportTarget
    inside: Inside = field(default_factory=Inside)
    batch: int | None = None  # images that go in together; None: any number
    fold: bool = False  # BatchNorm into convolutions
    int8: tuple[Path, ...] = ()  # image files to calibrate 8 bits on; none: float32
    float_layers: tuple[str, ...] = ()  # that stay in float32

    def __post_init__(self) -> None:
        target = self.target
        if self.inside.nms and not target.nms:
            raise ConfigError(
                f"{target.title} has no operator for NMS; leave it outside: labelaudit's own runs "
                "on what the file gives"
            )
        if self.int8 and not target.int8:
            raise ConfigError(f"labelaudit cannot write {target.title} in 8 bits; ONNX it can")
        if self.batch != 1 and not target.any_batch:
            raise ConfigError(f"{target.title} takes one image at a time; leave --batch out")
        if self.batch is not None and self.batch < 1:
            raise ConfigError(f"--batch is {self.batch}; it must be 1 or more, or any")
        if self.float_layers and not self.int8:
            raise ConfigError("layers that stay in float32 are for 8 bits; give images with --int8")


@dataclass(frozen=True)
class ExportedFile:
    """What was written."""

    description: ModelDescription
    bytes: int  # of all its files
    difference: dict[str, float]  # the largest from torch's, by output, on an image of noise
    notes: tuple[str, ...] = ()


def export_detector(detector: TrainedDetector, path: Path, plan: ExportPlan) -> ExportedFile:
    """Write a detector for a device, and run what was written once.

    Parameters
    ----------
    detector: what is exported.
    path: the file to write.
    plan: how.

    Raises
    ------
    ConfigError
        if the target is not installed, or cannot hold this network or what is to be inside.
    """
    target = plan.target
    needed = (*target.to_export, *target.to_open)
    check_installed(needed, f"export to {target.title}", target.extra)
    if not path.name.endswith(target.suffix):
        raise ConfigError(f"{path}: {target.title} files end in {target.suffix}; name it so")
    description = described(
        detector,
        target.name,
        plan.inside,
        batch=plan.batch,
        fold=plan.fold,
        int8=bool(plan.int8),
    )
    network = DeployedDetector(detector, description)
    calibration = _calibration(plan.int8, description) if plan.int8 else None
    target.export(network, path, ExportOptions(calibration, plan.float_layers))
    size = sum(one.stat().st_size for one in target.files(path))
    opened = target.open(path, 1)
    difference = largest_differences(opened, torch_runtime(detector, description))
    return ExportedFile(description, size, difference, _notes(detector, network, plan))


def largest_differences(first: Runtime, second: Runtime) -> dict[str, float]:
    """The largest difference of each output of two files on an image of noise.

    After NMS only of scores: noise has no objects, and boxes that are equally sure change places.
    """
    description = first.description
    noise = np.random.default_rng(0).uniform(0, 255, (1, 3, *description.input_size))
    image = file_images(noise.astype(np.float32), description)
    one, other = first.forward(image), second.forward(image)
    names = ("detection_scores",) if description.inside.nms else description.inside.outputs
    return {name: float(np.abs(one[name] - other[name]).max()) for name in names}


def _calibration(paths: Sequence[Path], description: ModelDescription) -> Float32s:
    """Images (n, 3, h, w) as the file wants them, from all over those that are given."""
    places = np.unique(np.linspace(0, len(paths) - 1, min(CALIBRATION, len(paths))).astype(int))
    chosen = [str(paths[place]) for place in places]
    images = list(mapped(partial(preprocess, input_size=description.input_size), chosen, 1))
    read = [image.pixels for image in images if not image.error]
    if not read:
        raise ConfigError(
            f"{chosen[0]}: none of {counted(len(chosen), 'image')} to calibrate 8 bits on can be "
            f"read ({images[0].error})"
        )
    return file_images(np.stack(read), description).astype(np.float32)


def _notes(
    detector: TrainedDetector, network: DeployedDetector, plan: ExportPlan
) -> tuple[str, ...]:
    """What to know of a file, a line each."""
    if not plan.fold:
        return ()
    before, after = norms(detector.network), norms(network.network)
    if not before:
        return ("--fold-norm: the network has no BatchNorm",)
    if before == after:
        return (
            f"--fold-norm: {counted(before, 'BatchNorm')} could not be folded: the outputs would "
            "have changed; the network stays as it is",
        )
    return (f"folded {before - after} of {counted(before, 'BatchNorm')} into convolutions",)


def norms(network: nn.Module) -> int:
    """How many BatchNorms a network has."""
    return sum(isinstance(module, _BatchNorm) for module in network.modules())
