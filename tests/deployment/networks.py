"""Small detectors with random weights, whose outputs are far from all the same."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from labelaudit.detector.config import DetectorConfig
from labelaudit.training.model_file import TrainedDetector, build_detector

INPUT = (64, 96)  # height, width
CLASSES = ("car", "dog", "tree")


def detector_of(backbone="squeezenet", **choices) -> TrainedDetector:
    """A detector that has seen nothing; statistics of its norms are those of no two channels."""
    config = DetectorConfig(backbone=backbone, weights="random", device="cpu", **choices)
    network = build_detector(config, len(CLASSES)).eval()
    draw = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.1, generator=draw)
                module.running_var.uniform_(0.5, 1.5, generator=draw)
        for branch in (network.head.class_branch, network.head.box_branch):
            branch[-1].weight.normal_(0, 0.05, generator=draw)
            branch[-1].bias.normal_(0, 0.5, generator=draw)
    return TrainedDetector(config, CLASSES, (3, "dog", 7), INPUT, network)


def noise(count: int, seed: int = 0) -> np.ndarray:
    """Images (n, 3, h, w) uint8 of noise."""
    return np.random.default_rng(seed).integers(0, 256, (count, 3, *INPUT)).astype(np.uint8)


def assert_same(found, expected):
    """Outputs by name that differ by rounding alone: 1e-4, of boxes as parts of the image."""
    assert list(found) == list(expected)
    for name, values in expected.items():
        tolerance = 1e-4 * (max(INPUT) if "boxes" in name else 1)
        np.testing.assert_allclose(found[name], values, rtol=0, atol=tolerance, err_msg=name)
