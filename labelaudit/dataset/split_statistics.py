"""What the splits of a dataset hold, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.core.columns import MISSING, Ints
from labelaudit.core.rows import unique
from labelaudit.dataset.tables import Dataset


@dataclass(frozen=True)
class SplitStatistics:
    """One split."""

    name: str
    images: int
    boxes: int


def splits(dataset: Dataset) -> tuple[SplitStatistics, ...]:
    """Images and boxes of each split; an image that a split lists twice counts once."""
    per_image = boxes_per_image(dataset)
    members = dataset.split_members.rows(dataset.split_members.image != MISSING)
    found = []
    for split, name in enumerate(dataset.splits):
        images = unique(members.image[members.split == split])
        found.append(SplitStatistics(name, len(images), int(per_image[images].sum())))
    return tuple(found)


def boxes_per_image(dataset: Dataset) -> Ints:
    """How many boxes each image has, (images,)."""
    image = dataset.boxes.image
    return np.bincount(image[image != MISSING], minlength=len(dataset.images))
