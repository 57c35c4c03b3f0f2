"""Which detections find an object, by COCO's rules, kept so that images can be drawn again.

An average precision of drawn images follows from the same matches: matching is done once, image by
image, and only the counts change.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from pycocotools import mask

from labelaudit.core.columns import MISSING, Bools, Floats, Ints
from labelaudit.predictions.predictions import Predictions
from labelaudit.training.metrics import MOST_DETECTIONS, GroundTruth

THRESHOLDS = np.linspace(0.5, 0.95, 10)
"""IoU from which a detection finds an object; the metric is the mean over them."""

ALMOST_ALL = 1 - 1e-10
"""The highest IoU that is asked for, as in pycocotools."""


@dataclass(frozen=True, eq=False)
class Matches:
    """Detections in some images, those of an image together, and what there is to be found."""

    image: Ints  # (d,) place of the image among those that are measured
    label: Ints  # (d,) index of the class
    score: Floats  # (d,)
    hit: Bools  # (d, t) finds an object that no surer one has found, by threshold
    counts: Bools  # (d, t) is right or wrong; one that finds something ignored is neither
    objects: Ints  # (images, classes) to be found


def matches_of(truth: GroundTruth, found: Predictions, images: Ints, classes: int) -> Matches:
    """Detections matched with objects: the surest first, each with the one it overlaps most.

    Parameters
    ----------
    truth: what is to be found; crowds and difficult objects are ignored.
    found: what was found; `label` is the index of the class.
    images: (m,) the numbers that both give to images.
    classes: how many there are.

    Source: Lin et al., "Microsoft COCO", 2014; `COCOeval.evaluateImg` of pycocotools.
    """
    images = np.sort(images)
    ignored = truth.crowd | truth.difficult
    objects = np.zeros((len(images), classes), np.int64)
    np.add.at(objects, (np.searchsorted(images, truth.image[~ignored]), truth.label[~ignored]), 1)
    order = _surest_first(found, images, classes)
    found = found.rows(order)
    image = np.searchsorted(images, found.image)
    hit = np.zeros((len(found), len(THRESHOLDS)), bool)
    counts = np.ones_like(hit)
    mine = image * classes + found.label
    # Objects that count come first: who can have one of these does not take one that is ignored.
    theirs = np.searchsorted(images, truth.image) * classes + truth.label
    by_group = np.lexsort((ignored, theirs))
    edges = np.flatnonzero(np.diff(mine, prepend=MISSING, append=MISSING))
    for start, stop in pairwise(edges.tolist()):
        low, high = np.searchsorted(theirs[by_group], [mine[start], mine[start] + 1])
        rows = by_group[low:high]
        if len(rows):
            overlap = _overlaps(found.xyxy[start:stop], truth.xyxy[rows], truth.crowd[rows])
            taken, real = _greedy(overlap, ignored[rows], truth.crowd[rows])
            hit[start:stop], counts[start:stop] = taken & real, ~taken | real
    return Matches(
        image, found.label.astype(np.int64), found.score.astype(np.float64), hit, counts, objects
    )


def _surest_first(found: Predictions, images: Ints, classes: int) -> Ints:
    """The rows of detections that count, by image and class, the surest `MOST_DETECTIONS` first."""
    rows = np.flatnonzero(
        np.isin(found.image, images) & (found.label >= 0) & (found.label < classes)
    )
    order = rows[np.lexsort((-found.score[rows], found.label[rows], found.image[rows]))]
    group = found.image[order].astype(np.int64) * classes + found.label[order]
    fresh = np.append(True, group[1:] != group[:-1])[: len(group)]
    first = np.maximum.accumulate(np.where(fresh, np.arange(len(group)), 0))
    return order[np.arange(len(group)) - first < MOST_DETECTIONS]


def _overlaps(boxes: Floats, objects: Floats, crowd: Bools) -> Floats:
    """IoU of each detection with each object, (d, g); of a crowd, the part that lies in it."""
    overlap: Floats = mask.iou(_xywh(boxes), _xywh(objects), crowd.astype(np.uint8))
    return overlap


def _xywh(xyxy: Floats) -> Floats:
    """Boxes by corner and size, as pycocotools takes them."""
    corner = np.asarray(xyxy[:, :2], np.float64)
    return np.hstack([corner, xyxy[:, 2:] - corner])


def _greedy(overlap: Floats, ignored: Bools, crowd: Bools) -> tuple[Bools, Bools]:
    """Which detections have an object, (d, t), and whether it is one that counts.

    Parameters
    ----------
    overlap: (d, g) of detections, surest first, with objects, those that count first.
    ignored: (g,) objects that do not count.
    crowd: (g,) those that any number of detections may have.
    """
    count, objects = overlap.shape
    free = np.ones((len(THRESHOLDS), objects), bool)
    taken = np.zeros((count, len(THRESHOLDS)), bool)
    real = np.zeros_like(taken)
    least = np.minimum(THRESHOLDS, ALMOST_ALL)
    every = np.arange(len(THRESHOLDS))
    for row in range(count):
        possible = free & (overlap[row] >= least[:, None])
        counted = possible & ~ignored
        some = counted.any(axis=1)
        chosen = np.where(some[:, None], counted, possible)
        # Of several that overlap equally, pycocotools takes the last.
        values = np.where(chosen, overlap[row], -1.0)
        best = objects - 1 - values[:, ::-1].argmax(axis=1)
        taken[row] = possible.any(axis=1)
        real[row] = some
        free[every[taken[row]], best[taken[row]]] = crowd[best[taken[row]]]
    return taken, real
