"""The number style of files: one of whole numbers stays one of whole numbers when boxes are fixed.

A reader that turns text into an `int` stops at 175.55, and a file that nobody else touched should
not look as if another tool had written one of its boxes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from labelaudit.boxes.conventions import CONVENTIONS
from labelaudit.core.columns import MISSING, Bools, Floats, Ints
from labelaudit.dataset.tables import Dataset, ProblemKind, RecordType

COMPUTED = 0.001
"""Pixels by which a number that was computed, as from an angle, may differ from a whole one."""


def in_style(dataset: Dataset, before: Dataset, rewritten: Ints) -> Dataset:
    """The dataset whose new and moved boxes are of whole pixels where their files are.

    Parameters
    ----------
    dataset:
        after fixes; rows of its boxes are those of `before`, then new ones.
    before:
        as it was loaded.
    rewritten:
        (n,) rows of boxes that are written anew without being moved.
    """
    xyxy, old = dataset.boxes.xyxy, before.boxes.xyxy
    changed = np.ones(len(xyxy), bool)
    with np.errstate(invalid="ignore"):
        changed[: len(old)] = (xyxy[: len(old)] != old).any(axis=1)
    changed[rewritten] = True
    changed &= np.isfinite(xyxy).all(axis=1)
    rows = np.flatnonzero(changed)
    rows = rows[whole_numbers(before, dataset.boxes.file[rows].astype(np.int64))]
    if not len(rows):
        return dataset
    size = np.vstack([dataset.images.size, [[np.nan] * 2]])[dataset.boxes.image[rows]]
    snapped = xyxy.copy()
    snapped[rows] = to_whole_pixels(xyxy[rows], size)
    boxes = dataclasses.replace(dataset.boxes, xyxy=snapped)
    return dataclasses.replace(dataset, boxes=boxes)


def drawn(dataset: Dataset, image: int, xyxy: Sequence[float]) -> list[float]:
    """The corners of a box that somebody draws in an image, as its file will have them, (4,).

    Parameters
    ----------
    dataset:
        that gets the box.
    image:
        row in Images; MISSING if it is in none.
    xyxy:
        (4,) as drawn, in pixels.
    """
    corners = np.array([xyxy], np.float64)
    file = dataset.images.file[[image]].astype(np.int64)
    if image != MISSING and whole_numbers(dataset, file)[0]:
        corners = to_whole_pixels(corners, dataset.images.size[[image]])
    sides: list[float] = corners[0].tolist()
    return sides


def whole_numbers(dataset: Dataset, files: Ints, styles: Ints | None = None) -> Bools:
    """Which of these files, (n,) rows in Files, have boxes of whole numbers alone, (n,).

    A file without boxes is as the others are. Boxes that were not written as they should be do not
    count, and fractions of an image are never whole.

    Parameters
    ----------
    dataset:
        whose files these are.
    files:
        (n,) of interest.
    styles:
        what `number_styles` says of all boxes, where the dataset has not all of them.
    """
    if not len(files) or not len(dataset.boxes):
        return np.zeros(len(files), bool)
    if CONVENTIONS[dataset.facts.convention].normalised:
        return np.zeros(len(files), bool)
    many, broken = number_styles(dataset) if styles is None else styles
    every = bool(many.any() and not broken.any())
    whole: Bools = np.where(many > 0, broken == 0, every)[files + 1]
    whole &= files != MISSING
    return whole


def number_styles(dataset: Dataset) -> Ints:
    """Of boxes of no file, and of each file: how many count, and are of fractions, (2, files + 1).

    See `whole_numbers`.
    """
    boxes = dataset.boxes
    counted: Bools = np.logical_and.reduce(np.isfinite(boxes.xyxy), axis=1)
    counted[_oddly_written(dataset)] = False
    fractional = counted & (boxes.xyxy != np.rint(boxes.xyxy)).any(axis=1)
    least = len(dataset.files) + 1
    return np.stack(
        [np.bincount(boxes.file[some] + 1, minlength=least) for some in (counted, fractional)]
    )


def is_rounded(dataset: Dataset, box: Ints, styles: Ints | None = None) -> Bools:
    """Which of these boxes, (n,) rows in Boxes, are rounded when they are written anew, (n,).

    Parameters
    ----------
    dataset:
        whose boxes these are.
    box:
        (n,) of interest.
    styles:
        see `whole_numbers`.
    """
    xyxy = dataset.boxes.xyxy[box]
    with np.errstate(invalid="ignore"):
        fractional = np.asarray((np.abs(xyxy - np.rint(xyxy)) > COMPUTED).any(axis=1))
    files = dataset.boxes.file[box].astype(np.int64)
    return fractional & whole_numbers(dataset, files, styles)


def _oddly_written(dataset: Dataset) -> Ints:
    """The rows of boxes that were taken from something else than their format's own field."""
    problems = dataset.problems
    odd = (problems.part == RecordType.BOX.value) & (problems.row != MISSING)
    odd &= problems.kind != ProblemKind.DANGLING.value
    odd &= np.isin(problems.field.astype(object), dataset.facts.box_fields)
    return np.asarray(problems.row[odd], np.int64)


def to_whole_pixels(xyxy: Floats, size: Floats) -> Floats:
    """Corners rounded to whole pixels, (n, 4), without losing a box that had an inside.

    Parameters
    ----------
    xyxy:
        (n, 4) left, top, right, bottom in pixels.
    size:
        (n, 2) width and height of their images; NaN if unknown.

    >>> to_whole_pixels(np.array([[1.6, 2.2, 9.5, 2.4], [99.7, 1, 100, 5]]), np.full((2, 2), 100.0))
    array([[  2.,   2.,  10.,   3.],
           [ 99.,   1., 100.,   5.]])
    """
    # Not to the even number: two edges that are a pixel apart stay so.
    low, high = np.floor(xyxy[:, :2] + 0.5), np.floor(xyxy[:, 2:] + 0.5)
    with np.errstate(invalid="ignore"):
        lost = (xyxy[:, :2] < xyxy[:, 2:]) & (low == high)
        beyond = lost & (low + 1 > size)
    return np.hstack([np.where(beyond, low - 1, low), np.where(lost & ~beyond, high + 1, high)])
