"""The network that was exported, run by torch itself: what all others are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from labelaudit.deployment.deployed import DeployedDetector, inner_layers
from labelaudit.deployment.description import ModelDescription
from labelaudit.deployment.target import Images, Outputs, Runtime
from labelaudit.detector.threads import torch_threads
from labelaudit.training.model_file import TrainedDetector


def torch_runtime(
    detector: TrainedDetector, description: ModelDescription, threads: int = 1
) -> Runtime:
    """A detector as a file of this description would answer, by torch on the CPU.

    Parameters
    ----------
    detector: the network.
    description: of the file.
    threads: of torch, while it works.
    """
    network = DeployedDetector(detector, replace(description, layers=()))
    height, width = detector.input_size
    layers = inner_layers(network, torch.zeros((1, 3, height, width)))

    @torch.inference_mode()
    def forward(images: Images) -> Outputs:
        with torch_threads(threads):
            outputs = network(torch.from_numpy(images.astype(np.float32)))
        return dict(zip(description.inside.outputs, map(as_float32, outputs), strict=True))

    @torch.inference_mode()
    def forward_layers(images: Images, names: Sequence[str]) -> Outputs:
        network.description = replace(description, layers=tuple(names))
        try:
            with torch_threads(threads):
                outputs = network(torch.from_numpy(images.astype(np.float32)))
        finally:
            network.description = replace(description, layers=())
        inner = outputs[len(description.inside.outputs) :]
        return dict(zip(names, map(as_float32, inner), strict=True))

    return Runtime(description, forward, layers, forward_layers)


def as_float32(values: torch.Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """A tensor as numpy has it."""
    return values.float().numpy()
