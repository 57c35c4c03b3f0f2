"""What a device answered, in a file: of an application, a phone, a framework of any kind."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from labelaudit.core.text import first_line
from labelaudit.deployment.deployed import described
from labelaudit.deployment.description import Inside
from labelaudit.deployment.parity.diagnosis import Deployed
from labelaudit.deployment.parity.report import TOLERANCE
from labelaudit.deployment.target import Outputs
from labelaudit.errors import ConfigError
from labelaudit.training.model_file import TrainedDetector

SUFFIX = ".npz"
"""What names of recordings end in."""

IMAGES = "images"
"""The array of what went in."""

_DAMAGED = (OSError, ValueError, TypeError, KeyError, EOFError, zlib.error, zipfile.BadZipFile)
"""What reading a file raises that is none, or not whole."""

KINDS = (
    Inside(decoding=False),
    Inside(),
    Inside(nms=True),
)
"""What outputs may be: logits and offsets, scores and boxes, detections."""


def recorded(
    path: Path, detector: TrainedDetector, *, tolerance: float | None = None, threads: int = 1
) -> Deployed:
    """The answers in a file of arrays by name, as `numpy.savez` writes it.

    `images` (n, 3, h, w) RGB from 0 to 255 went in, as `labelaudit.detector.preprocess` makes
    them. The other arrays are outputs by the names of `ModelDescription`, and inner layers by those
    of `Runtime.layers`, of which there may be none.

    Parameters
    ----------
    path: the file.
    detector: the network that the device's model was made from.
    tolerance: part of the scale that counts as the same; that of float32 if absent.
    threads: for imitations.

    Raises
    ------
    ConfigError
        if the file cannot be read, or holds other images or outputs than those of this network.
    """
    arrays = _arrays(path)
    images = arrays.pop(IMAGES, None)
    height, width = detector.input_size
    if images is None or images.shape[1:] != (3, height, width) or not len(images):
        found = "no images" if images is None else f"images of shape {images.shape}"
        raise ConfigError(
            f"{path}: {found}, where `images` (n, 3, {height}, {width}) is needed: what went into "
            "the model, RGB from 0 to 255"
        )
    inside = next((kind for kind in KINDS if all(name in arrays for name in kind.outputs)), None)
    if inside is None:
        known = "; or ".join(" and ".join(kind.outputs) for kind in KINDS)
        raise ConfigError(f"{path}: arrays {', '.join(arrays) or 'none'}; expected {known}")
    outputs = {name: arrays.pop(name) for name in inside.outputs}
    for name, values in (*arrays.items(), *outputs.items()):
        if len(values) != len(images):
            raise ConfigError(
                f"{path}: {name} is of {len(values):,} images, where {len(images):,} went in"
            )
    if inside.nms:
        inside = replace(inside, limit=_detections(path, outputs))
    description = described(detector, "recording", inside)
    modules = {name for name, _ in detector.network.named_modules()}
    layers = {name: values for name, values in arrays.items() if _module(name) in modules}
    least = TOLERANCE if tolerance is None else tolerance
    return Deployed(description, images, layers | outputs, tuple(layers), least, threads)


def _detections(path: Path, outputs: Outputs) -> int:
    """For how many detections of an image there is room in a file of detections."""
    scores = outputs["detection_scores"]
    if scores.ndim != 2 or scores.shape[1] == 0:
        raise ConfigError(
            f"{path}: detection_scores of shape {scores.shape}, where (n, d) is needed: of each "
            "image as many, 0 where there are fewer"
        )
    return int(scores.shape[1])


def _read(path: Path) -> Outputs:
    """The arrays in a file; raises one of `_DAMAGED`."""
    found = np.load(path)
    if isinstance(found, np.ndarray):
        raise TypeError("it is one array without a name")
    with found as file:
        return {name: file[name] for name in file.files}


def _module(layer: str) -> str:
    return layer.partition("@")[0]


def _arrays(path: Path) -> Outputs:
    """The arrays of numbers in a file; images keep their type."""
    try:
        arrays = _read(path)
    except _DAMAGED as error:
        reason = first_line(error)
        raise ConfigError(
            f"{path}: not a file of arrays by name, or damaged ({reason}); numpy.savez writes one"
        ) from error
    for name, values in arrays.items():
        if values.dtype.kind not in "fiu" or values.ndim == 0:
            raise ConfigError(f"{path}: {name} is no array of numbers, one row an image")
    return {name: values.astype(np.float32) for name, values in arrays.items()}
