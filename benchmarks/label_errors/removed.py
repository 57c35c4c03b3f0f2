"""Labels of which many are gone, in three ways that people leave objects out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from labelaudit.core.columns import Bools, Ints, texts
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset
from labelaudit.label_errors.evaluation.known_errors import KnownErrors
from labelaudit.label_errors.labels import Labels, labels_of

SHARE = 0.4
"""Of labels that are removed one by one, and of images that lose all of them."""

CLASS_SHARE = 0.5
"""Of the images with the commonest class, those that lose its labels."""


def one_by_one(labels: Labels, random: np.random.Generator) -> Bools:
    """Labels at random, (n,)."""
    return _part(len(labels), SHARE, random)


def class_by_image(labels: Labels, random: np.random.Generator) -> Bools:
    """The labels of the commonest class in half of the images that have it, (n,)."""
    commonest = labels.label == np.bincount(labels.label).argmax()
    images = np.unique(labels.image[commonest])
    gone: Bools = commonest & _in_some(labels, images, CLASS_SHARE, random)
    return gone


def image_by_image(labels: Labels, random: np.random.Generator) -> Bools:
    """All labels of some images, (n,)."""
    return _in_some(labels, np.unique(labels.image), SHARE, random)


REMOVED: dict[str, Callable[[Labels, np.random.Generator], Bools]] = {
    "two in five gone": one_by_one,
    "a class gone in half": class_by_image,
    "two in five images empty": image_by_image,
}
"""Which labels are gone, by what it is called."""


def without(dataset: Dataset, how: str, seed: int) -> KnownErrors:
    """The dataset without the labels that a key of `REMOVED` takes; crowds stay where they are."""
    labels = labels_of(DatasetColumns(dataset))
    gone = np.zeros(len(dataset.boxes), bool)
    gone[labels.box] = REMOVED[how](labels, np.random.default_rng(seed))
    kept = dataset.keep(boxes=~gone)
    return KnownErrors(
        kept,
        texts([""] * len(kept.boxes)),
        kept.boxes.xyxy,
        dataset.boxes.rows(gone),
    )


def _part(count: int, share: float, random: np.random.Generator) -> Bools:
    """A share of so many rows, to the nearest whole number, (count,)."""
    chosen = np.zeros(count, bool)
    chosen[random.permutation(count)[: round(share * count)]] = True
    return chosen


def _in_some(labels: Labels, images: Ints, share: float, random: np.random.Generator) -> Bools:
    """Which labels are in a share of these images, (n,)."""
    return np.isin(labels.image, images[_part(len(images), share, random)])
