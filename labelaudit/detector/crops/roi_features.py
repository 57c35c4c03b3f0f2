"""Crops: what the maps of the backbone hold within a box, and boxes to learn crops from."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias
from zipfile import BadZipFile

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.ops import box_iou, roi_align

from labelaudit.boxes.ops import clip
from labelaudit.core.cache import write_atomically
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows
from labelaudit.core.table import Table, column, rows_column
from labelaudit.detector.crops.projection import LENGTH, SAMPLE, CropProjection, fit_projection
from labelaudit.detector.feature_maps import FeatureMaps, Progress
from labelaudit.detector.job import Job
from labelaudit.detector.preprocess import Size

Vectors: TypeAlias = NDArray[np.float32]

# Choices that were not measured one by one, but for what a paper says. What all of them come to
# together is recorded in benchmarks/results/label_errors.md, rows "crop head" and "kNN on crops".

CONTEXT = 1.2
"""Sides of a crop, in sides of its box: what is around it helps to tell what it is."""

CELLS = {4: 7, 8: 7, 16: 4, 32: 2}
"""Cells along a side of a crop, by the stride of the map.

Shapes are in the finest map, so that it has the most; 7 is what Mask R-CNN has for boxes.
"""

JITTERS = (0.06, 0.12, 0.2, 0.3)
"""Deviation of each corner from the label, in sides, of the copies that are learned from.

None is of the mirror image: what is mirrored may be of another class, as digits and letters are.
"""

BACKGROUNDS = 10
"""Boxes of an image that are drawn anywhere."""

IS_OBJECT, IS_BACKGROUND = 0.5, 0.35
"""Overlap with a label from which a crop is of its class, and below which it is background.

Fast R-CNN (Girshick 2015, section 2.3) has 0.5 for both; between them a crop teaches no class.
"""

LEAST_SIDE = 3.0
"""Pixels of the network: no jittered box is smaller."""

LARGEST_OFFSET = 1.5
"""How far a centre may move, in sides, and the log of a side may change: exp cannot overflow."""

DAMAGED = (OSError, ValueError, KeyError, EOFError, zlib.error, BadZipFile)
"""What numpy raises where a file is not what it wrote."""

MOST_CROPS = 60_000
"""Crops to learn from; beyond, a sample of the images gives them."""


@dataclass(frozen=True, eq=False, repr=False)
class CropExamples(Table):
    """Boxes to learn crops from, one row each."""

    image: Rows = rows_column()  # (m,) row in Images
    xyxy: Floats = column(np.float64, 4, fill=np.nan)  # (m, 4) pixels of the network
    # (m,) class; the number of classes for background; MISSING: teaches no class
    label: Rows = rows_column()
    offset: Floats = column(np.float64, 4, fill=0.0)  # (m, 4) to the label it overlaps most
    overlap: Floats = column(np.float64, fill=0.0)  # (m,) with that label
    is_label: Bools = column(bool, fill=False)  # (m,) it is a label, not a copy


@dataclass(frozen=True)
class CropDataset:
    """Examples with what the maps hold there, in few numbers."""

    examples: CropExamples  # (m,)
    vectors: Vectors  # (m, p)
    projection: CropProjection  # which made them of what `roi_features` gives


def roi_feature_length(features: FeatureMaps, strides: tuple[int, ...]) -> int:
    """How many numbers say what a crop holds, d."""
    return 3 + sum(
        shape[0] * CELLS[stride] ** 2
        for shape, stride in zip(features.shapes, strides, strict=True)
    )


def roi_features(
    maps: list[Tensor], strides: tuple[int, ...], boxes: Tensor, image: Tensor, input_size: Size
) -> Tensor:
    """What maps hold within boxes with some context, (b, d): RoIAlign, and the box's shape.

    Parameters
    ----------
    maps: (n, c, h, w) for each level.
    strides: of the levels.
    boxes: (b, 4) float32, pixels of the network.
    image: (b,) which of the n images.
    input_size: height and width of the network's image.

    Source: He et al., "Mask R-CNN", 2017, section 3.
    """
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    sides = (boxes[:, 2:] - boxes[:, :2]).clamp(min=1)
    half = sides * CONTEXT / 2
    regions = torch.cat([image[:, None].to(boxes), centre - half, centre + half], dim=1)
    crops = [
        roi_align(x, regions, CELLS[stride], 1 / stride, 2, aligned=True).flatten(1)
        for x, stride in zip(maps, strides, strict=True)
    ]
    part = sides / sides.new_tensor([input_size[1], input_size[0]])
    shape = torch.cat([part, sides[:, :1] / sides[:, 1:]], dim=1).log()
    return torch.cat([*crops, shape], dim=1)


def offsets(source: Tensor, wanted: Tensor) -> Tensor:
    """How boxes (b, 4) must move and grow to be the wanted ones, (b, 4), in their own sides."""
    sides, goal = ((boxes[:, 2:] - boxes[:, :2]).clamp(min=1e-3) for boxes in (source, wanted))
    way = (wanted[:, :2] + wanted[:, 2:] - source[:, :2] - source[:, 2:]) / 2
    moved = torch.cat([way / sides, (goal / sides).log()], dim=1)
    return moved.clamp(-LARGEST_OFFSET, LARGEST_OFFSET)


def examples(job: Job, images: Ints) -> CropExamples:
    """Boxes to learn from in these images: labels, copies of them, and background."""
    parts = [_of_image(job, int(image)) for image in images]
    return CropExamples.concat([CropExamples.empty(), *parts])


def crop_dataset(job: Job, features: FeatureMaps, folder: Path, progress: Progress) -> CropDataset:
    """Examples of all images that any fold learns from, their vectors in a file in `folder`.

    Of a large dataset, those of as many images as the limits allow.

    Parameters
    ----------
    job: labels, regions and folds.
    features: of all images.
    folder: for this job and these features alone.
    progress: called with how many images are done.
    """
    chosen, path = examples(job, _sample(job, MOST_CROPS)), folder / "crops.npz"
    try:
        with np.load(path) as file:
            kept = dict(file)
    except DAMAGED:  # or not there
        kept = _projected(job, features, chosen, progress)
        columns: dict[str, Any] = dict(kept)  # Any: as numpy has it
        write_atomically(path, lambda file: np.savez(file, **columns))
    return CropDataset(chosen, kept.pop("vectors"), CropProjection(**kept))


def _projected(
    job: Job, features: FeatureMaps, chosen: CropExamples, progress: Progress
) -> dict[str, NDArray[np.float32]]:
    """The vectors of examples, and the projection that made them few, by name."""
    seed = job.config.seed
    some = np.sort(np.random.default_rng(seed).permutation(len(chosen))[:SAMPLE])
    sample = [torch.zeros((0, roi_feature_length(features, job.config.strides)))]
    for _, _, vectors in _vectors(job, features, chosen.rows(some), lambda *_: None):
        sample.append(vectors.cpu())
    projection = fit_projection(torch.cat(sample), LENGTH, seed)
    values = np.zeros((len(chosen), projection.directions.shape[1]), np.float32)
    for first, last, vectors in _vectors(job, features, chosen, progress):
        values[first:last] = projection(vectors).cpu().numpy()
    return {"vectors": values, **vars(projection)}


def _vectors(
    job: Job, features: FeatureMaps, chosen: CropExamples, progress: Progress
) -> Iterator[tuple[int, int, Tensor]]:
    """The vectors of examples, those of some images at a time: first and last row, and (b, d)."""
    images = np.unique(chosen.image)
    for start in range(0, len(images), job.config.batch):
        progress(start, len(images))
        some = images[start : start + job.config.batch]
        first, last = np.searchsorted(chosen.image, [some[0], some[-1] + 1])
        maps = features.maps(some.astype(np.int64), 0, job.device)
        boxes = torch.from_numpy(chosen.xyxy[first:last]).float().to(job.device)
        which = torch.from_numpy(np.searchsorted(some, chosen.image[first:last])).to(job.device)
        found = roi_features(maps, job.config.strides, boxes, which, job.input_size)
        yield int(first), int(last), found


def _sample(job: Job, most: int) -> Ints:
    """Images with labels that together give at most so many examples, ascending."""
    images, boxes = np.unique(job.labels.image, return_counts=True)
    learned = job.fold[images] != MISSING
    images, boxes = images[learned], boxes[learned]
    order = np.random.default_rng(job.config.seed).permutation(len(images))
    total = np.cumsum(boxes[order] * (1 + len(JITTERS)) + BACKGROUNDS)
    # One image at least: without any there is nothing to learn from.
    return np.sort(images[order[(total <= most) | (np.arange(len(order)) == 0)]])


def _of_image(job: Job, image: int) -> CropExamples:
    """The examples of one image, the same whoever asks."""
    mine = job.labels.of_image(image)
    random = np.random.default_rng([job.config.seed, image])
    given = job.labels.xyxy[mine]
    copies = [_jittered(given, deviation, job.input_size, random) for deviation in JITTERS]
    anywhere = _anywhere(given, job.input_size, random)
    boxes = np.concatenate([given, *copies, anywhere])
    tensor, labelled = torch.from_numpy(boxes), torch.from_numpy(given)
    overlap, nearest = box_iou(tensor, labelled).max(dim=1)
    label = job.labels.label[mine][nearest.numpy()]
    label = np.where(overlap.numpy() >= IS_OBJECT, label, np.int32(MISSING))
    label = np.where(overlap.numpy() < IS_BACKGROUND, np.int32(job.classes), label)
    around = _within(boxes, job.regions.xyxy[job.regions.of_image(image)])
    label = np.where(around, np.int32(MISSING), label)
    is_label = np.arange(len(boxes)) < len(given)
    return CropExamples.of(
        len(boxes),
        image=np.full(len(boxes), image),
        xyxy=boxes,
        # A label stays what it is even where another covers it exactly.
        label=np.where(is_label, np.resize(job.labels.label[mine], len(boxes)), label),
        offset=offsets(tensor, labelled[nearest]).numpy(),
        overlap=overlap.numpy(),
        is_label=is_label,
    )


def _jittered(
    boxes: Floats, deviation: float, input_size: Size, random: np.random.Generator
) -> Floats:
    """Copies of boxes whose corners are moved at random; those that would be too small are not."""
    sides = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    moved = _clipped_to_input(boxes + random.normal(0, deviation, boxes.shape) * sides, input_size)
    large = np.all(moved[:, 2:] - moved[:, :2] > LEAST_SIDE, axis=1, keepdims=True)
    return np.where(large, moved, boxes)


def _anywhere(boxes: Floats, input_size: Size, random: np.random.Generator) -> Floats:
    """Boxes of about the sizes of others, anywhere on the input, (BACKGROUNDS, 4)."""
    like = boxes[random.integers(len(boxes), size=BACKGROUNDS)]
    sides = (like[:, 2:] - like[:, :2]) * np.exp(random.normal(0, 0.3, (BACKGROUNDS, 2)))
    room = np.maximum([input_size[1], input_size[0]] - sides, 1)
    corner = random.uniform(0, 1, (BACKGROUNDS, 2)) * room
    return _clipped_to_input(np.concatenate([corner, corner + sides], axis=1), input_size)


def _clipped_to_input(boxes: Floats, input_size: Size) -> Floats:
    """Boxes cut off at the edges of the input."""
    return clip(boxes, np.array([input_size[1], input_size[0]], np.float64))


def _within(boxes: Floats, regions: Floats) -> Bools:
    """Which boxes lie by more than IS_BACKGROUND of their area in one of the regions, (b,)."""
    low = np.maximum(boxes[:, None, :2], regions[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], regions[None, :, 2:])
    shared = (high - low).clip(min=0).prod(axis=2).max(axis=1, initial=0)
    inside: Bools = shared > IS_BACKGROUND * (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return inside
