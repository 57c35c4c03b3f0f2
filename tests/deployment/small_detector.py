"""A detector that is small enough to be exported in a second, with statistics that matter."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch.nn.modules.batchnorm import _BatchNorm

from labelaudit.deployment.deployed import DeployedDetector, described
from labelaudit.deployment.description import Inside, ModelDescription
from labelaudit.deployment.target import TARGETS, ExportOptions
from labelaudit.detector.config import DetectorConfig
from labelaudit.images.decoding import Pixels
from labelaudit.training.model_file import TrainedDetector, build_detector

SIZE = (64, 96)

CONFIG = DetectorConfig(
    backbone="test_resnet",
    weights="random",
    strides=(8, 16),
    channels=16,
    head_depth=1,
    device="cpu",
)


@cache
def small_detector() -> TrainedDetector:
    """Three classes; BatchNorm, GroupNorm, ReLU, strided convolutions and a pooling."""
    network = build_detector(CONFIG, 3)
    torch.manual_seed(1)
    with torch.no_grad():
        for branch in (network.head.class_branch, network.head.box_branch):
            branch[-1].weight.normal_(std=0.1)
        network.head.class_branch[-1].bias.fill_(-2)
        for module in network.modules():
            if isinstance(module, _BatchNorm):
                module.running_mean.normal_()
                module.running_var.uniform_(0.01, 2)
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(std=0.3)
    return TrainedDetector(CONFIG, ("a", "b", "c"), (1, 2, 3), SIZE, network.eval())


def images(count: int = 2) -> Pixels:
    """Smooth images, as photographs are: (n, 3, h, w)."""
    random = np.random.default_rng(0)
    coarse = torch.from_numpy(random.uniform(0, 255, (count, 3, 8, 12)))
    smooth = torch.nn.functional.interpolate(coarse, size=SIZE, mode="bilinear")
    noisy = smooth.numpy() + random.normal(0, 8, (count, 3, *SIZE))
    pixels: Pixels = noisy.clip(0, 255).astype(np.uint8)
    return pixels


def description(detector: TrainedDetector, inside: Inside | None = None) -> ModelDescription:
    """Of a file in ONNX."""
    return described(detector, "onnx", inside or Inside())


def exported(detector: TrainedDetector, path: Path, inside: Inside | None = None) -> Path:
    """The file, written in ONNX."""
    network = DeployedDetector(detector, description(detector, inside))
    TARGETS["onnx"].export(network, path, ExportOptions())
    return path
