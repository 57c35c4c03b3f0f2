"""What a dataset holds, in numbers: its images, boxes, classes and splits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.boxes.ops import area
from labelaudit.core.columns import MISSING, Bools, Floats
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.split_statistics import SplitStatistics, boxes_per_image, splits
from labelaudit.dataset.tables import Dataset

SMALL = 32.0**2
LARGE = 96.0**2
"""Square pixels between small and medium and between medium and large boxes (COCO's evaluation)."""

QUANTILES = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Spread:
    """How a quantity is distributed; all zero where there is nothing."""

    least: float
    lower_quarter: float
    median: float
    upper_quarter: float
    most: float
    mean: float


@dataclass(frozen=True)
class ClassStatistics:
    """One class."""

    name: str
    boxes: int
    images: int  # with a box of the class
    small: int  # boxes below 32 x 32 px
    medium: int
    large: int  # boxes of at least 96 x 96 px
    width: float  # median, in pixels; 0 without boxes
    height: float


@dataclass(frozen=True)
class Statistics:
    """A dataset in numbers."""

    format: str
    files: int
    images: int
    images_without_boxes: int
    boxes: int
    crowds: int
    difficult: int
    masks: int  # boxes with a mask
    keypoints: int  # boxes with keypoints
    small: int
    medium: int
    large: int
    boxes_per_image: Spread
    image_width: Spread
    image_height: Spread
    classes: tuple[ClassStatistics, ...]  # most boxes first
    splits: tuple[SplitStatistics, ...]


def statistics(dataset: Dataset) -> Statistics:
    """The numbers of a dataset.

    Sizes are of boxes that are finite and have an inside; counts are of all boxes. Two class
    records of one name, in two files or in one, are one class.

    >>> from labelaudit.testing import one_image
    >>> statistics(one_image("car 0 0 10 10", "car 0 0 100 100", "bus 0 0 50 50")).classes[0].large
    1
    """
    derived = DatasetColumns(dataset)
    boxes = dataset.boxes
    per_image = boxes_per_image(dataset)
    small, medium, large = (int(np.count_nonzero(mask)) for mask in sizes(derived))
    width, height = dataset.images.size[~dataset.images.assumed].T
    return Statistics(
        format=dataset.format,
        files=len(dataset.files),
        images=len(dataset.images),
        images_without_boxes=int(np.count_nonzero(per_image == 0)),
        boxes=len(boxes),
        crowds=int(np.count_nonzero(boxes.crowd)),
        difficult=int(np.count_nonzero(boxes.difficult)),
        masks=len(dataset.masks),
        keypoints=len(dataset.keypoints),
        small=small,
        medium=medium,
        large=large,
        boxes_per_image=spread(per_image.astype(np.float64)),
        image_width=spread(width[np.isfinite(width)]),
        image_height=spread(height[np.isfinite(height)]),
        classes=_classes(derived),
        splits=splits(dataset),
    )


def sizes(derived: DatasetColumns) -> tuple[Bools, Bools, Bools]:
    """Which boxes are small, medium and large, (n,) each.

    One without an inside is none of them, nor is one in an image whose size is assumed.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        areas = np.where(_is_sized(derived), area(derived.dataset.boxes.xyxy), np.nan)
        return areas < SMALL, (areas >= SMALL) & (areas < LARGE), areas >= LARGE


def _is_sized(derived: DatasetColumns) -> Bools:
    """Which boxes have an inside, and an image whose size is not assumed, (n,)."""
    images = derived.dataset.images
    if not images.assumed.any():
        return derived.is_valid
    sized: Bools = ~np.append(images.assumed, False)[derived.dataset.boxes.image]
    return derived.is_valid & sized


def spread(values: Floats) -> Spread:
    """How `values`, (n,), are distributed.

    >>> spread(np.array([1.0, 2, 3, 4, 10])).median
    3.0
    """
    if not len(values):
        return Spread(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    least, lower, median, upper, most = np.quantile(values, QUANTILES).tolist()
    return Spread(least, lower, median, upper, most, float(values.mean()))


def _classes(derived: DatasetColumns) -> tuple[ClassStatistics, ...]:
    boxes, count = derived.dataset.boxes, len(derived.classes)
    known = derived.box_class != MISSING

    def per_class(mask: Bools) -> list[int]:
        counts: list[int] = np.bincount(derived.box_class[mask & known], minlength=count).tolist()
        return counts

    pairs = np.unique(
        np.stack([derived.box_class, boxes.image])[:, known & (boxes.image != MISSING)], axis=1
    )
    images = np.bincount(pairs[0], minlength=count).tolist()
    total = per_class(known)
    small, medium, large = (per_class(mask) for mask in sizes(derived))
    width, height = (_medians(boxes.size[:, side], derived, count) for side in (0, 1))
    order = sorted(range(count), key=lambda row: (-total[row], derived.classes[row]))
    return tuple(
        ClassStatistics(
            derived.classes[row],
            total[row],
            images[row],
            small[row],
            medium[row],
            large[row],
            width[row],
            height[row],
        )
        for row in order
    )


def _medians(values: Floats, derived: DatasetColumns, count: int) -> list[float]:
    """The median of the values of boxes with a size of each class, 0 where there is none."""
    rows = np.flatnonzero(_is_sized(derived) & (derived.box_class != MISSING))
    rows = rows[np.argsort(derived.box_class[rows], kind="stable")]
    ends = np.cumsum(np.bincount(derived.box_class[rows], minlength=count))
    groups = np.split(values[rows], ends[:-1]) if count else []
    return [float(np.median(group)) if len(group) else 0.0 for group in groups]
