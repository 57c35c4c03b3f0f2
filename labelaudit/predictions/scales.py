"""Whether predictions are of images of another size: scaled, stretched or padded for a network.

A network sees images that were brought to its own size, and its boxes must be brought back. Where
that was forgotten they differ from the labels by one scale, in all images alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from labelaudit.boxes.overlaps import matches
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.predictions.conventions import FOUND, MIN_FOUND, MIN_SHARE
from labelaudit.predictions.predictions import Predictions

BETTER = 1.25
"""How many times as many predictions must lie on a label once they are scaled; a choice."""

MOST_PAIRS = 200_000
"""Pairs of a prediction and a label that vote for a scale, at most."""

STEP = 0.02
"""Width of a bin of votes: the logarithm of a scale."""

LEAST, LARGEST = 0.05, 20_000.0
"""Scales that are looked for: a part of a pixel, or the side of an image in pixels."""

ALIKE = 0.02
"""By how much, as a fraction, two scales that are meant to be one may differ."""

NETWORK_STEP = 32
"""Sides of what networks see are multiples of so many pixels."""


@dataclass(frozen=True)
class _Scale:
    """A scale by which predictions fit the labels."""

    found: int  # predictions that lie on a label by it
    plain: int  # the place of its words among others that fit as well, the plainest first
    images: str  # what the boxes are of, in words
    remedy: str


def scaled(derived: DatasetColumns, predictions: Predictions) -> str:
    """What to say of predictions whose boxes are of images of another size; empty if they are not.

    Parameters
    ----------
    derived:
        the dataset.
    predictions:
        (n,) the surest, in images that have labels.
    """
    boxes = derived.dataset.boxes
    given = np.flatnonzero(np.isin(boxes.image, predictions.image))
    given = given[derived.is_valid[given] & derived.in_range[given]]
    if len(predictions) < MIN_FOUND or not len(given):
        return ""
    labels = _Labels(
        boxes.image[given].astype(np.int64),
        boxes.xyxy[given],
        derived.dataset.images.size[boxes.image[given]],
    )
    as_written = int(_fits(predictions, labels.image, labels.xyxy).sum())
    count = len(predictions)
    scales = [one for one in _scales(predictions, labels) if one.found >= BETTER * as_written]
    scales = [one for one in scales if one.found >= max(MIN_FOUND, MIN_SHARE * count)]
    if not scales:
        return ""
    best = min(scales, key=lambda one: (-round(one.found / count, 2), one.plain))
    return (
        f"{best.found / count:.0%} of the surest predictions lie on a label if their boxes are of "
        f"images {best.images}, and {as_written / count:.0%} as they are written, by which right "
        f"labels look wrong: {best.remedy}, so that they are in pixels of the images as they are "
        "stored, unless it is the labels that are of other images"
    )


@dataclass(frozen=True)
class _Labels:
    image: Ints  # (m,)
    xyxy: Floats  # (m, 4)
    size: Floats  # (m, 2) of their images; NaN if unknown


def _scales(predictions: Predictions, labels: _Labels) -> Iterator[_Scale]:
    """How well predictions fit, by each way in which images are brought to another size."""
    if fit := _fit(predictions, labels, labels.xyxy):
        yield _by_factor(fit)
    if not np.isfinite(labels.size).all():
        return
    if fit := _fit(predictions, labels, labels.xyxy / np.tile(labels.size, 2)):
        yield _stretched(fit)
    longer = labels.size.max(axis=1, keepdims=True)
    border = np.tile((1 - labels.size / longer) / 2, 2)
    for padded in (False, True):
        fit = _fit(predictions, labels, labels.xyxy / longer + padded * border)
        if fit and _is_one(fit.scale):
            yield _by_longer_side(fit, padded=padded)


def _by_factor(fit: _Fit) -> _Scale:
    """All images larger or smaller by the same factors."""
    x, y = (f"{round(one, 2):g}" for one in fit.scale.tolist())
    if _is_one(fit.scale):
        return _Scale(fit.found, 0, f"{x} times as large", f"divide them by {x}")
    images, remedy = f"{x} times as wide and {y} times as high", f"divide x by {x} and y by {y}"
    return _Scale(fit.found, 4, images, remedy)


def _stretched(fit: _Fit) -> _Scale:
    """Each image brought to one width and one height."""
    width, height = (_side(one) for one in fit.scale.tolist())
    if (width, height) == (1, 1):
        remedy = "multiply x by the width and y by the height of the image"
        return _Scale(fit.found, 1, "one pixel wide and high", remedy)
    remedy = f"multiply x by the width of the image / {width} and y by its height / {height}"
    return _Scale(fit.found, 1, f"that were stretched to {width} x {height}", remedy)


def _by_longer_side(fit: _Fit, *, padded: bool) -> _Scale:
    """Each image brought to one longer side, in its own proportions; padded to a square, or not."""
    side = _side(math.sqrt(float(fit.scale.prod())))
    images = f"whose longer side was brought to {side}"
    remedy = f"multiply them by the longer side of the image / {side}"
    if not padded:
        return _Scale(fit.found, 2, images, remedy)
    return _Scale(
        fit.found, 3, f"{images}, with borders around them", f"take the borders off and {remedy}"
    )


def _side(scale: float) -> int:
    """The side of an image as a network sees it, in whole pixels."""
    usual = NETWORK_STEP * round(scale / NETWORK_STEP)
    return usual if abs(usual - scale) <= scale / 100 else round(scale)


def _is_one(scale: Floats) -> bool:
    """Whether the scales of both axes, (2,), are the same."""
    return bool(abs(math.log(scale[0] / scale[1])) <= ALIKE)


@dataclass(frozen=True)
class _Fit:
    scale: Floats  # (2,) of x and y
    found: int


def _fit(predictions: Predictions, labels: _Labels, units: Floats) -> _Fit | None:
    """The scale that brings labels, (m, 4) in some unit, to most predictions; None without any."""
    scale = _voted(predictions, labels, units)
    if scale is None:
        return None
    fits = _fits(predictions, labels.image, units * np.tile(scale, 2))
    return _Fit(scale, int(fits.sum()))


def _fits(predictions: Predictions, image: Ints, xyxy: Floats) -> Bools:
    """Which predictions lie on one of some boxes, (n,)."""
    fits = np.zeros(len(predictions), bool)
    fits[matches(predictions.image, predictions.xyxy, image, xyxy, min_overlap=FOUND).one] = True
    return fits


def _voted(predictions: Predictions, labels: _Labels, units: Floats) -> Floats | None:
    """The scale of x and y, (2,), that centres of most pairs in an image differ by."""
    one, other = _pairs(predictions.image, labels.image)
    centres = (predictions.xyxy[:, :2] + predictions.xyxy[:, 2:])[one]
    of_labels = (units[:, :2] + units[:, 2:])[other]
    with np.errstate(divide="ignore", invalid="ignore"):
        vote = np.log(centres / of_labels)
    low = math.log(LEAST)
    bins = int((math.log(LARGEST) - low) / STEP) + 1
    vote = vote[(np.isfinite(vote) & (vote > low) & (vote < math.log(LARGEST))).all(axis=1)]
    if not len(vote):
        return None
    x, y = ((vote - low) / STEP).astype(np.int64).T
    votes = np.zeros((bins + 2, bins + 2), np.int64)  # with a border, so that all have neighbours
    votes[1:-1, 1:-1] = np.bincount(x * bins + y, minlength=bins * bins).reshape(bins, bins)
    near = sum(votes[dx : dx + bins, dy : dy + bins] for dx in range(3) for dy in range(3))
    at_x, at_y = divmod(int(np.argmax(near)), bins)
    here = vote[(abs(x - at_x) <= 1) & (abs(y - at_y) <= 1)]
    found: Floats = np.exp(np.median(here, axis=0))
    return found


def _pairs(image: Rows, other_image: Ints) -> tuple[Ints, Ints]:
    """Rows of the first and of the second that are in one image, (p,) each, `MOST_PAIRS` about."""
    order = np.argsort(other_image, kind="stable")
    start = np.searchsorted(other_image[order], image, side="left")
    count = np.searchsorted(other_image[order], image, side="right") - start
    count[(np.cumsum(count) > MOST_PAIRS) | (image == MISSING)] = 0
    one = np.repeat(np.arange(len(image)), count)
    step = np.arange(len(one)) - np.repeat(np.cumsum(count) - count, count)
    return one, order[np.repeat(start, count) + step]
