"""Errors as real ones look where planted ones never do.

What was seen in real labels (docs/real-errors-coco.md): two labels of two classes on one object,
one object labelled twice with different extents, boxes drawn around what is hidden behind
something, and many alike that nobody marked in one place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from labelaudit.auditing.label_issues import ErrorKind
from labelaudit.boxes.ops import clip, intersection
from labelaudit.boxes.pairs import overlapping_pairs
from labelaudit.core.columns import Bools, Floats, Ints, texts
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Boxes, Dataset
from labelaudit.label_errors.evaluation.known_errors import (
    KnownErrors,
    other_classes,
    shifted_boxes,
)
from labelaudit.label_errors.labels import labels_of

SECOND_SHARE = 0.04
"""Of the labels that get a second one."""

JITTER = 0.04
"""Of the sides: how far each side of a second label of another class is from the first's."""

HIDDEN = (0.15, 0.35)
"""Of a side: how much of an object is drawn where something else covers it."""

COVERED = (0.2, 0.8)
"""Part of a label inside another that may cover it."""

BANK, BANK_SHARE, GONE_SHARE = 6, 1 / 3, 0.6
"""Labels of a class in one image that make a bank of them; the share of banks in which some are
gone, and how many of these."""

Generator = np.random.Generator


def second_labels(dataset: Dataset, random: Generator) -> KnownErrors:
    """Some labels have a second one of another class about where they are: the wrong one."""
    derived, rows = DatasetColumns(dataset), _some(dataset, SECOND_SHARE, random)
    if len(derived.classes) < 2:
        rows = rows[:0]
    boxes = dataset.boxes.rows(rows)
    sides = np.tile(boxes.xyxy[:, 2:] - boxes.xyxy[:, :2], 2)
    moved = boxes.xyxy + random.normal(0, JITTER, boxes.xyxy.shape) * sides
    new = _new(
        dataset,
        rows,
        label=other_classes(derived, rows, random),
        xyxy=clip(moved, derived.image_size[rows]),
    )
    return _with_new(dataset, new, ErrorKind.WRONG_CLASS, boxes.xyxy)


def labelled_twice(dataset: Dataset, random: Generator) -> KnownErrors:
    """Some labels have a second one of their class, with other sides: the loose one."""
    derived, rows = DatasetColumns(dataset), _some(dataset, SECOND_SHARE, random)
    moved, was_moved = shifted_boxes(dataset.boxes.xyxy[rows], derived.image_size[rows], random)
    rows, moved = rows[was_moved], moved[was_moved]
    new = _new(dataset, rows, label=dataset.boxes.label[rows], xyxy=moved)
    return _with_new(dataset, new, ErrorKind.LOOSE_BOX, dataset.boxes.xyxy[rows])


def amodal_boxes(dataset: Dataset, random: Generator) -> KnownErrors:
    """Labels that another covers in part go on behind it; none of them is wrong."""
    derived, boxes = DatasetColumns(dataset), dataset.boxes
    rows = labels_of(derived).box
    xyxy, covered = boxes.xyxy[rows], np.full(len(rows), -1)
    pairs = overlapping_pairs(xyxy, boxes.image[rows])
    for one, other in ((pairs.first, pairs.second), (pairs.second, pairs.first)):
        area = np.prod(xyxy[one, 2:] - xyxy[one, :2], axis=1)
        part = intersection(xyxy[one], xyxy[other]) / area
        hides = (part >= COVERED[0]) & (part <= COVERED[1])
        covered[one[hides]] = other[hides]
    behind = np.flatnonzero(covered >= 0)
    drawn = _towards(xyxy[behind], xyxy[covered[behind]], random)
    changed = boxes.xyxy.copy()
    changed[rows[behind]] = clip(drawn, derived.image_size[rows[behind]])
    copy = replace(dataset, boxes=replace(boxes, xyxy=changed))
    return KnownErrors(copy, texts([""] * len(boxes)), changed, Boxes.empty())


def gaps_in_banks(dataset: Dataset, random: Generator) -> KnownErrors:
    """Where an image has many labels of a class, most of them are gone in some images."""
    labels = labels_of(DatasetColumns(dataset))
    bank = np.unique(np.stack([labels.image, labels.label]), axis=1, return_inverse=True)[1].ravel()
    banks = np.flatnonzero(np.bincount(bank) >= BANK)
    thinned = random.permutation(banks)[: round(BANK_SHARE * len(banks))]
    gone = np.zeros(len(dataset.boxes), bool)
    gone[labels.box] = np.isin(bank, thinned) & (random.random(len(labels)) < GONE_SHARE)
    kept = dataset.keep(boxes=~gone)
    nothing = texts([""] * len(kept.boxes))
    return KnownErrors(kept, nothing, kept.boxes.xyxy, dataset.boxes.rows(gone))


IMITATED: dict[str, Callable[[Dataset, Generator], KnownErrors]] = {
    "second labels": second_labels,
    "labelled twice": labelled_twice,
    "amodal boxes": amodal_boxes,
    "gaps in banks": gaps_in_banks,
}
"""What is done to labels, by what it is called."""


def _some(dataset: Dataset, share: float, random: Generator) -> Ints:
    """Rows of a share of the labels that stand for one object each, ascending."""
    rows = labels_of(DatasetColumns(dataset)).box
    return np.sort(random.permutation(rows)[: round(share * len(rows))])


def _new(dataset: Dataset, rows: Ints, label: Ints, xyxy: Floats) -> Boxes:
    """Labels in the images of others."""
    boxes = dataset.boxes
    return Boxes.of(
        len(rows), file=boxes.file[rows], image=boxes.image[rows], label=label, xyxy=xyxy
    )


def _with_new(dataset: Dataset, new: Boxes, error: ErrorKind, true: Floats) -> KnownErrors:
    """The dataset with labels added that have an error."""
    boxes = dataset.boxes
    return KnownErrors(
        replace(dataset, boxes=Boxes.concat([boxes, new])),
        texts([""] * len(boxes) + [error.value] * len(new)),
        np.vstack([boxes.xyxy, true]),
        Boxes.empty(),
    )


def _towards(xyxy: Floats, other: Floats, random: Generator) -> Floats:
    """Boxes (n, 4) drawn larger on the side on which the centre of another box is."""
    away = (other[:, :2] + other[:, 2:] - xyxy[:, :2] - xyxy[:, 2:]) / 2
    sides = xyxy[:, 2:] - xyxy[:, :2]
    axis = np.abs(away / sides).argmax(axis=1)
    rows = np.arange(len(xyxy))
    ahead: Bools = away[rows, axis] > 0
    by = random.uniform(*HIDDEN, len(xyxy)) * sides[rows, axis]
    drawn = xyxy.copy()
    drawn[rows, axis + 2 * ahead] += np.where(ahead, by, -by)
    return drawn
