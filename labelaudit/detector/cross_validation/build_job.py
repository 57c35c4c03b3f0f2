"""The job of all folds: boxes in pixels of the network, and a fold for each image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.boxes.ops import clip, is_valid
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows
from labelaudit.dataset.derived import FARTHEST, DatasetColumns
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.cross_validation.folds import fold_count, folds
from labelaudit.detector.extraction import Extraction
from labelaudit.detector.job import Job, NetworkBoxes, network_boxes
from labelaudit.detector.preprocess import Size, fitting_scales
from labelaudit.images.near_duplicates import groups
from labelaudit.predictions.model_output import QueryBoxes

LEAST_SIDE = 1.0
"""Pixels of the network: what is smaller after scaling teaches nothing."""


@dataclass(frozen=True, eq=False)
class NetworkLabels:
    """The boxes of a dataset in pixels of the network."""

    scale: Floats  # (images,) pixels of the network per pixel of the image; NaN if unreadable
    labels: NetworkBoxes  # what is learned
    regions: NetworkBoxes  # what is neither learned nor background: crowds and the like


def build_job(
    derived: DatasetColumns,
    query: QueryBoxes,
    config: DetectorConfig,
    extraction: Extraction,
    *,
    workers: int,
) -> Job:
    """The dataset as the folds see it, in pixels of the network.

    What is learned, `network_labels` says.

    Parameters
    ----------
    derived: the dataset.
    query: boxes that the models are asked about.
    config: the detector.
    extraction: what was made of the images.
    workers: threads that look for near duplicates, which share a fold.
    """
    size = extraction.extracted.image_sizes
    scaled = network_labels(derived, size, extraction.input_size)
    group = groups(derived.dataset.images.path, workers=workers)
    return Job(
        config,
        len(derived.classes),
        extraction.input_size,
        extraction.shapes,
        _folds(config, group, np.isfinite(scaled.scale), scaled.labels),
        group,
        scaled.scale,
        size,
        labels=scaled.labels,
        regions=scaled.regions,
        query=_query_boxes(query, scaled.scale),
        features_folder=extraction.folder,
    )


def network_labels(derived: DatasetColumns, size: Floats, input_size: Size) -> NetworkLabels:
    """What networks learn from a dataset.

    Learned are valid boxes that are evaluated, have a class and are a pixel wide and high or more;
    the others are regions.

    Parameters
    ----------
    derived: the dataset.
    size: (images, 2) width, height of each file; NaN if unreadable.
    input_size: height and width of the network's image.
    """
    boxes, label = derived.dataset.boxes, derived.box_class
    scale = fitting_scales(size, input_size)
    xyxy = _scaled(boxes.xyxy, boxes.image, scale)
    inside = clip(xyxy, _of_images(size * scale[:, None], boxes.image))
    usable = derived.in_range & (boxes.image != MISSING)
    usable &= np.append(np.isfinite(scale), False)[boxes.image]
    learned = usable & derived.is_valid & derived.is_evaluated & (label != MISSING)
    learned &= (inside[:, 2:] - inside[:, :2] >= LEAST_SIDE).all(axis=1)
    return NetworkLabels(
        scale,
        labels=_rows(boxes.image, label, inside, learned),
        regions=_rows(boxes.image, label, _upright(xyxy), usable & ~learned),
    )


def _folds(config: DetectorConfig, group: Ints, readable: Bools, labels: NetworkBoxes) -> Rows:
    """The fold of each image, (images,); MISSING where it cannot be read."""
    fold = np.full(len(group), MISSING, np.int32)
    apart = len(np.unique(group[readable]))
    k = min(config.folds, apart) if config.folds else fold_count(len(fold[readable]), apart)
    place = (np.cumsum(readable) - 1).astype(np.int32)
    fold[readable] = folds(
        group[readable], place[labels.image], labels.label, max(k, 1), config.seed
    )
    return fold


def _query_boxes(query: QueryBoxes, scale: Floats) -> NetworkBoxes:
    """The boxes that can be scored, in pixels of the network: in a readable image, with an inside.

    They are not cut off at the edges: how well a box fits includes what lies outside.
    """
    xyxy = _scaled(query.xyxy, query.image, scale)
    scored = is_valid(xyxy) & (np.abs(xyxy) <= FARTHEST).all(axis=1) & (query.image != MISSING)
    nothing = np.full(len(query), MISSING, np.int32)
    return _rows(query.image, nothing, xyxy, scored)


def _rows(image: Rows, label: Rows, xyxy: Floats, which: Bools) -> NetworkBoxes:
    """The rows of a table of boxes in `which`, a mask, and where they are in that table."""
    rows = np.flatnonzero(which)
    return network_boxes(image[rows], label[rows], rows.astype(np.int32), xyxy[rows])


def _scaled(xyxy: Floats, image: Rows, scale: Floats) -> Floats:
    """Boxes in pixels of the network; NaN where the image cannot be read."""
    with np.errstate(over="ignore", invalid="ignore"):
        scaled: Floats = xyxy * _of_images(scale[:, None], image)
    return scaled


def _of_images(values: Floats, image: Rows) -> Floats:
    """The row of `values` of each image in `image`, (n, k); NaN where there is none."""
    return np.append(values, np.full((1, values.shape[1]), np.nan), axis=0)[image]


def _upright(xyxy: Floats) -> Floats:
    """Boxes with their corners in order."""
    corners = np.sort(xyxy.reshape(-1, 2, 2), axis=1)
    return corners.reshape(-1, 4)
