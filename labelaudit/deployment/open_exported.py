"""An exported file as a function of images, whatever is inside of it and whoever runs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from labelaudit.core.extras import check_installed
from labelaudit.core.parallel import cores
from labelaudit.deployment.description import ModelDescription
from labelaudit.deployment.target import TARGETS, ExportTarget, Outputs, Runtime, file_images
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.model.anchors import anchors, decode_boxes
from labelaudit.detector.preprocess import Size
from labelaudit.errors import ConfigError
from labelaudit.images.decoding import Pixels
from labelaudit.training.inference import Float32s, Forward


@dataclass(frozen=True)
class ExportedModel:
    """An exported file that is open, and what its numbers mean."""

    forward: Forward
    classes: tuple[str, ...]  # of the scores, in order
    class_ids: tuple[int | str, ...]  # of the same classes, as the labels that it learned say
    input_size: Size  # height, width of the network's image
    description: ModelDescription


def exported_target(path: Path) -> ExportTarget | None:
    """The target that a file's name says it was exported to; None if it is none of any."""
    return next((one for one in TARGETS.values() if path.name.endswith(one.suffix)), None)


def open_exported(path: Path, *, threads: int | None = None) -> ExportedModel:
    """An exported file, run by its framework on the CPU.

    Where NMS is inside, `forward` gives its detections as if they were anchors, with scores of 0
    but for their class.

    Parameters
    ----------
    path: written by `labelaudit export`.
    threads: of the framework; None for one a core.

    Raises
    ------
    ConfigError
        if the file is missing, damaged, somebody else's or of another version, or what runs it is
        not installed; the message names it and the remedy.
    """
    runtime = open_runtime(path, threads=threads)
    description = runtime.description
    return ExportedModel(
        forward_of_runtime(runtime),
        description.classes,
        description.class_ids,
        description.input_size,
        description,
    )


def open_runtime(path: Path, *, threads: int | None = None) -> Runtime:
    """An exported file whose outputs are as they are in it; see `open_exported`."""
    target = exported_target(path)
    if target is None:
        known = ", ".join(one.suffix for one in TARGETS.values())
        raise ConfigError(f"{path}: no exported model ends so; expected one of {known}")
    if not path.is_file():
        raise ConfigError(f"{path}: there is no such file; labelaudit export writes one with -o")
    check_installed(target.to_open, f"{path}: running it", target.extra)
    return target.open(path, threads or cores())


def forward_of_runtime(runtime: Runtime) -> Forward:
    """Scores and boxes of an open file: what is not inside of it is done here."""
    description = runtime.description
    decode = _decoder(description)

    def forward(pixels: Pixels) -> tuple[Float32s, Float32s]:
        return decode(runtime.forward(file_images(pixels, description)))

    return forward


def _decoder(description: ModelDescription) -> Callable[[Outputs], tuple[Float32s, Float32s]]:
    """From the outputs of a file to scores (n, a, c) and boxes (n, a, 4)."""
    if description.inside.nms:
        return lambda outputs: _of_detections(outputs, len(description.classes))
    if description.inside.decoding:
        return lambda outputs: (outputs["scores"], outputs["boxes"])
    config = DetectorConfig(
        strides=description.strides,
        anchor_scales=description.anchor_scales,
        anchor_ratios=description.anchor_ratios,
    )
    places = anchors(config, *description.input_size).xyxy

    def decode(outputs: Outputs) -> tuple[Float32s, Float32s]:
        boxes = decode_boxes(places, torch.from_numpy(outputs["offsets"]))
        return torch.from_numpy(outputs["logits"]).sigmoid().numpy(), boxes.numpy()

    return decode


def _of_detections(outputs: Outputs, classes: int) -> tuple[Float32s, Float32s]:
    """Detections as anchors: scores (n, d, c), 0 but for their class, and boxes (n, d, 4)."""
    of_class = outputs["detection_labels"][..., None] == np.arange(classes)
    scores = np.where(of_class, outputs["detection_scores"][..., None], np.float32(0))
    return scores.astype(np.float32), outputs["detection_boxes"]
