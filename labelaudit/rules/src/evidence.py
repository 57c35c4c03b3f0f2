"""Numbers by which a source is told from the others, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.sources.agreement import comparable
from labelaudit.auditing.sources.box_sources import BoxSources
from labelaudit.core.columns import Bools, Floats, Ints

SURE = 0.001
"""Below which a p-value, times the number of comparisons (Bonferroni), is no chance; a choice:
stricter than usual, because objects of two people differ by more than chance."""


BORDER = 1.0
"""Pixels from the border of an image within which a box ends there."""


@dataclass(frozen=True)
class Shift:
    """By how much a value of one group differs from nothing."""

    median: float
    p: float  # that its mean over images is nothing
    images: int
    values: int


def shift(values: Floats, image: Ints) -> Shift:
    """How far values, (n,), are from 0, each image being one observation.

    Boxes of one image are drawn by one hand in one mood, so their mean counts; the test is
    Student's with the images as its sample. Without two images, nothing is sure.
    """
    _, at = np.unique(image, return_inverse=True)
    count = int(at.max(initial=-1)) + 1
    middle = float(np.median(values)) if len(values) else 0.0
    if count < 2:
        return Shift(middle, 1.0, count, len(values))
    means = np.bincount(at, values) / np.bincount(at)
    mean, spread = float(means.mean()), float(means.std(ddof=1)) / math.sqrt(count)
    if spread == 0:
        return Shift(middle, 0.0 if mean else 1.0, count, len(values))
    from scipy.special import stdtr  # noqa: PLC0415  # slow to import, and rarely needed

    p = 2 * float(stdtr(count - 1, -abs(mean) / spread))
    return Shift(middle, p, count, len(values))


def sourced(audit: AuditContext, sources: BoxSources) -> Bools:
    """Boxes of a known source that can be compared, (b,): valid, of one object, with a class."""
    return comparable(audit.derived, sources)


def at_border(audit: AuditContext, box: Ints) -> Bools:
    """Which of some boxes end at or beyond a border of their image, (n,): cut off, not drawn."""
    xyxy, size = audit.dataset.boxes.xyxy[box], audit.derived.image_size_of(box)
    with np.errstate(invalid="ignore"):
        at = np.hstack([xyxy[:, :2] <= BORDER, xyxy[:, 2:] >= size - BORDER])
    return np.asarray(at.any(axis=1))


def first_image(audit: AuditContext, box: Sequence[int] | Ints) -> int:
    """The image of the first of some boxes, by which a finding about all is placed."""
    return int(audit.dataset.boxes.image[box[0]])
