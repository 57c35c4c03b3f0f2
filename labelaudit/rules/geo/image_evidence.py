"""Images in which every box fits by one other reading, and not every one as declared."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.boxes.ops import overhang
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows
from labelaudit.core.rows import unique
from labelaudit.rules.geo.misread_conventions import (
    MAX_LOSSES,
    MIN_IN_ORDER,
    MIN_WINS,
    SAMPLE,
    SLACK,
    SURROUNDINGS,
    Readings,
    beats,
)

MIN_IMAGES = 3
"""Fewest images that follow another convention if nothing but their boxes tells them apart."""

MIN_EXPLAINED = 0.6
"""Fewest of the images with a box that does not fit, as a fraction, which one convention explains.

A choice. Where boxes are broken one by one, no convention explains more than a few: in a probe, of
100 images of COCO, in each of which one box was moved out of the image, 22 fitted as left, top,
right, bottom.
"""

MAX_CHANCE = 1e-6
"""Most probable that boxes fit which are as declared, given how many of the others would."""


@dataclass(frozen=True, eq=False)
class MisreadGroup:
    """Images that follow another convention than the declared one."""

    words: str  # what the images have in common
    image: Ints  # rows in Images
    judged: int  # boxes that were looked at
    wrong: int  # of these, those that do not fit as declared
    right: int  # of these, those that fit by the true convention
    fault: str
    merit: str
    true: str = ""  # the convention that they follow; empty if it is one of several
    shared: bool = False  # masks follow it, too
    by_a_pixel: bool = False


class ByImage:
    """Boxes with the image of each, and what is true of all boxes of an image."""

    def __init__(self, image: Rows | Ints, count: int) -> None:
        self.image = image
        self.boxes = np.bincount(image, minlength=count)

    def every(self, flags: Bools) -> Bools:
        """The images in which a flag is set for every box, (images,), and there is one."""
        count = np.bincount(self.image, flags, len(self.boxes))
        found: Bools = (count == self.boxes) & (self.boxes > 0)
        return found

    def some(self, flags: Bools) -> Bools:
        """The images in which a flag is set for a box, (images,)."""
        found: Bools = np.bincount(self.image, flags, len(self.boxes)) > 0
        return found


def misfits(audit: AuditContext) -> Ints:
    """The boxes that do not fit their image: they reach beyond it, or have no inside."""
    return np.flatnonzero(audit.derived.is_misfit)


@dataclass(frozen=True)
class BoxReading:
    """Another way to read boxes."""

    name: str
    read: Callable[[Readings], Floats]  # the corners of boxes, (n, 4)
    # the sizes of their images, (n, 2), where these are read in another way as well
    sizes: Callable[[Readings], Floats] | None = None

    def fits(self, readings: Readings) -> Bools:
        """Which boxes have an inside and lie in their images by it, (n,)."""
        size = self.sizes(readings) if self.sizes else readings.size
        return _fits(self.read(readings), size)


def explained(
    audit: AuditContext, box: Ints, candidates: Sequence[BoxReading], min_boxes: int
) -> MisreadGroup | None:
    """The images in which every box fits by one of the candidates and some do not as declared.

    None unless it explains enough of the images in which something does not fit, and cannot do so
    by chance: of boxes in the other images, as many would fit by it for each.

    Parameters
    ----------
    audit, box:
        the dataset, and the rows of all boxes of the images that are judged.
    candidates:
        the likeliest first.
    min_boxes:
        fewest that do not fit as declared and fit by the candidate.
    """
    image = audit.dataset.boxes.image
    inside = (image[box] != MISSING) & audit.derived.has_misfit[image[box]]
    readings, rest = Readings(audit, box[inside]), box[~inside]
    others = Readings(audit, rest[:: -(-len(rest) // SAMPLE) or 1])
    # Only those that are judged are counted: a dataset of many files is judged file by file.
    own, place = np.unique(image[readings.box], return_inverse=True)
    images = ByImage(place, len(own))
    stated = _mended(readings)
    troubled = np.count_nonzero(images.some(~stated))
    best: tuple[int, str, Bools] | None = None
    for candidate in candidates:
        whole = images.every(candidate.fits(readings)) & images.some(~stated)
        here, count = whole[images.image], int(np.count_nonzero(whole))
        least = max(MIN_IMAGES, MIN_EXPLAINED * troubled, best[0] + MIN_IMAGES if best else 0)
        if count < least or np.count_nonzero(here & ~stated) < min_boxes:
            continue
        different = len(np.unique(readings.xyxy[here], axis=0))  # a copy is no evidence of its own
        if different * math.log(_chance(others, candidate)) <= math.log(MAX_CHANCE):
            best = (count, candidate.name, whole)
    if best is None:
        return None
    _, name, whole = best
    here = whole[images.image]
    return _group("", image[readings.box], here, stated, here, name=name)


def _group(
    words: str, image: Rows | Ints, here: Bools, stated: Bools, fitting: Bools, *, name: str
) -> MisreadGroup:
    """The images of some boxes as a group.

    Parameters
    ----------
    words:
        what they have in common.
    image:
        (n,) of each box.
    here, stated, fitting:
        (n,) which boxes are in the group, fit as declared, and fit by its reading.
    name:
        of that reading.
    """
    return MisreadGroup(
        words,
        unique(image[here]).astype(np.int64),
        judged=int(np.count_nonzero(here)),
        wrong=int(np.count_nonzero(here & ~stated)),
        right=int(np.count_nonzero(here & fitting)),
        fault=SURROUNDINGS.fault,
        merit=SURROUNDINGS.merit,
        true=name,
    )


def _fits(xyxy: Floats, size: Floats) -> Bools:
    """Which boxes have an inside and lie in images of this size, (n,)."""
    with np.errstate(invalid="ignore", over="ignore"):
        inside = (xyxy[:, 2:] > xyxy[:, :2]).all(axis=1)
        slack = np.minimum(SLACK, 0.02 * size.min(axis=1))
        fitting: Bools = inside & (overhang(xyxy, size) <= slack)
    return fitting


def _mended(readings: Readings) -> Bools:
    """Which boxes fit as declared, or would with their corners in order if that is an exception."""
    xyxy, size = readings.xyxy, readings.size
    stated = _fits(xyxy, size)
    if np.count_nonzero(stated) < MIN_IN_ORDER * len(stated):
        return stated
    if (xyxy[:, :2] <= xyxy[:, 2:]).all():
        return stated
    low, high = np.minimum(xyxy[:, :2], xyxy[:, 2:]), np.maximum(xyxy[:, :2], xyxy[:, 2:])
    return stated | _fits(np.hstack([low, high]), size)


def _chance(others: Readings, candidate: BoxReading) -> float:
    """How likely a box that fits as declared fits by another reading, too; half if nobody knows."""
    stated = _fits(others.xyxy, others.size)
    both = stated & candidate.fits(others)
    return float((np.count_nonzero(both) + 1) / (np.count_nonzero(stated) + 2))


def groups_that_fit(
    audit: AuditContext, box: Ints, candidate: BoxReading, min_boxes: int, min_share: float
) -> list[MisreadGroup]:
    """Groups of images, but not all together, in which boxes fit by a candidate, not as declared.

    Parameters
    ----------
    audit, box:
        the dataset, and the rows of all boxes of the images that are judged.
    candidate:
        by which they may fit.
    min_boxes:
        fewest of a group that do not fit as declared and fit by the candidate.
    min_share:
        fewest of a group, as a fraction, that fit by it.
    """
    troubled = np.intersect1d(box, misfits(audit))
    found: list[MisreadGroup] = []
    if len(troubled) < min_boxes:
        return found
    readings = Readings(audit, box)
    image = audit.dataset.boxes.image[readings.box]
    stated, fitting = _fits(readings.xyxy, readings.size), candidate.fits(readings)
    left = np.ones(len(image), bool)
    for partition in audit.partitions:
        places = partition.places(image)
        for number in partition.crowded(audit.dataset.boxes.image[troubled], min_boxes):
            rows = places(number)
            rows = rows[left[rows]]
            new, old = fitting[rows], stated[rows]
            if _wins(new, old, min_boxes, min_share):
                every, words = np.ones(len(rows), bool), partition.words(number)
                found.append(_group(words, image[rows], every, old, new, name=candidate.name))
                left[rows] = False
    rest = box[~np.isin(audit.dataset.boxes.image[box], unique(image[~left]))]
    scattered = explained(audit, rest, [candidate], min_boxes)
    return [*found, scattered] if scattered else found


def _wins(new: Bools, old: Bools, min_boxes: int, min_share: float) -> bool:
    enough = np.count_nonzero(new) >= max(1, min_share * len(new))
    return bool(enough) and beats(new, old, max(min_boxes, MIN_WINS * len(new)), MAX_LOSSES)
