"""What a backbone makes of the images of a dataset, kept in the cache for whoever asks next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from labelaudit.core.cache import digest, stamps
from labelaudit.core.columns import Texts, texts
from labelaudit.core.progress import StageProgress, ignore_progress
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.device_settings import DeviceSettings
from labelaudit.detector.feature_maps import (
    ExtractedFeatures,
    Shape,
    both_views,
    extract_features,
    feature_template,
    map_shapes,
    unchanged_pixels,
)
from labelaudit.detector.job import device_of, to_device
from labelaudit.detector.model.backbone import build_backbone, folded
from labelaudit.detector.model.like_device import like_device
from labelaudit.detector.preprocess import Size
from labelaudit.storage.at_hand import at_hand

FEATURES_VERSION = 2
"""Changes when features of the same images by the same backbone would be others."""


@dataclass(frozen=True)
class Extraction:
    """The folder that `extract_features` has filled, and what came of it."""

    folder: Path
    extracted: ExtractedFeatures
    input_size: Size
    shapes: tuple[Shape, ...]  # of the maps for one image


def extract(
    paths: Texts,
    config: DetectorConfig,
    input_size: Size,
    cache: Path,
    claim: Callable[[Path], Path],
    *,
    as_features: bool,
    workers: int = 1,
    progress: StageProgress = ignore_progress,
) -> Extraction:
    """Every image through the backbone, or decoded only.

    Parameters
    ----------
    paths: (n,) image files; empty where there is none.
    config: the detector.
    input_size: height and width of the network's image.
    cache: the folder of the cache.
    claim: an entry of it, for as long as the run takes.
    as_features: what a frozen backbone makes of the images; else the images themselves.
    workers: threads.
    progress: told how many images are done.
    """
    torch.manual_seed(config.seed)
    device = device_of(config)
    backbone = like_device(build_backbone(config), config.like_device or DeviceSettings())
    if as_features:
        backbone = folded(backbone)
    backbone = to_device(device, backbone)
    shapes = map_shapes(backbone, input_size)
    files = files_digest(paths)
    if as_features:
        key = digest(
            *(FEATURES_VERSION, files, input_size),
            *(config.backbone, config.strides, weights_key(config)),
            *([] if config.like_device is None else [config.like_device]),
        )
        folder = cache / "features" / key
        template, transform = feature_template(shapes), both_views(backbone, device)
    else:
        folder = cache / "images" / digest(files, input_size)
        template, transform = np.zeros((3, *input_size), np.uint8), unchanged_pixels
    extracted = extract_features(
        claim(folder),
        paths,
        input_size,
        template,
        transform,
        workers=workers,
        in_threads=device.type == "cpu",
        progress=lambda done, total: progress("looking at images", done, total),
    )
    return Extraction(folder, extracted, input_size, shapes)


def files_digest(paths: Texts) -> str:
    """A name for image files as they are: one that has changed is another image."""
    at_hand(filter(None, paths.tolist()))
    return digest(paths, stamps(paths))


def weights_key(config: DetectorConfig) -> tuple[object, ...]:
    """What tells the weights of one backbone from others of the same."""
    if config.weights == "random":
        return (config.weights, config.seed)
    return (config.weights, *stamps(texts([config.weights])).ravel().tolist())
