"""How a results file writes scores, boxes and classes, where it is not as COCO has it.

Tools write corners for width and height, fractions for pixels, places in a list of classes for ids
and percentages for scores. All are numbers like any others, and what they mean the labels tell: as
it is meant, a detector finds many of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from labelaudit.boxes.overlaps import matches
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows
from labelaudit.dataset.derived import DatasetColumns

FOUND = 0.5
"""IoU from which a prediction finds a label."""

SUREST = 2000
"""Predictions that are looked at, at most: those with the highest scores."""

MIN_FOUND, MIN_SHARE, TIMES = 20, 0.2, 3.0
"""Predictions that must find a label, the least share that is right, and how many times that of the
usual reading it must be, for another reading; choices: of a detector worth asking more are right.
"""

MOST_FRACTION = 1.5
"""Largest number in boxes that may be fractions of the image: some reach beyond it."""

USUAL_BOXES = "left, top, width and height in pixels"
USUAL_CLASSES = "ids of the labels' classes"


def as_fractions(score: Floats) -> tuple[Floats, list[str]]:
    """Scores, (n,), and what is to be said of them: most above 1 and none above 100 are percent."""
    known = score[np.isfinite(score)]
    above = known > 1
    if not len(known) or above.mean() < 0.5 or known.max() > 100 or known.min() < 0:
        return score, []
    return score / 100, ["its scores are read as percentages: most are above 1"]


def corners(
    derived: DatasetColumns, image: Rows, bbox: Floats, score: Floats
) -> tuple[Floats, list[str]]:
    """Boxes as left, top, right, bottom in pixels, (n, 4), and what is to be said of them.

    Parameters
    ----------
    derived:
        the dataset.
    image:
        (n,) row in Images, or MISSING.
    bbox:
        (n, 4) as they are written.
    score:
        (n,)
    """
    surest = _surest(image, score)
    some, at = bbox[surest], image[surest]
    size = np.vstack([derived.dataset.images.size, [[np.nan, np.nan]]])
    finds = {
        name: _finds(derived, at, _read(name, some, size[at]))
        for name in READINGS
        if PARTS not in name or np.nan_to_num(np.abs(some)).max(initial=0) <= MOST_FRACTION
    }
    share = {name: float(found.mean()) if len(found) else 0.0 for name, found in finds.items()}
    name = _better(share, USUAL_BOXES)
    if name == USUAL_BOXES or finds[name].sum() < MIN_FOUND:
        return _read(USUAL_BOXES, bbox, size[image]), []
    return _read(name, bbox, size[image]), [
        f"its boxes are read as {name}: so {share[name]:.0%} of the surest lie on a label, as "
        f"{USUAL_BOXES} {share[USUAL_BOXES]:.0%}"
    ]


def _xywh(bbox: Floats) -> Floats:
    return np.hstack([bbox[:, :2], bbox[:, :2] + bbox[:, 2:]])


def _xyxy(bbox: Floats) -> Floats:
    return bbox


def _cxcywh(bbox: Floats) -> Floats:
    half = bbox[:, 2:] / 2
    return np.hstack([bbox[:, :2] - half, bbox[:, :2] + half])


PARTS = "in parts of the image"

READINGS: Mapping[str, Callable[[Floats], Floats]] = {
    USUAL_BOXES: _xywh,
    "left, top, right and bottom in pixels": _xyxy,
    "centre, width and height in pixels": _cxcywh,
    f"left, top, width and height {PARTS}": _xywh,
    f"left, top, right and bottom {PARTS}": _xyxy,
    f"centre, width and height {PARTS}": _cxcywh,
}
"""What four numbers may mean, by what messages call it, and how they become corners, (n, 4)."""


def _read(name: str, bbox: Floats, size: Floats) -> Floats:
    """Corners in pixels, (n, 4), of boxes as they are written, in images of these sizes, (n, 2)."""
    return READINGS[name](bbox * np.tile(size, 2) if PARTS in name else bbox)


def class_numbers(
    derived: DatasetColumns, numbers: Sequence[object], label: Rows, at: tuple[Rows, Floats, Floats]
) -> tuple[Rows, list[str]]:
    """The class of each prediction, (n,), and what is to be said of it.

    Parameters
    ----------
    derived:
        the dataset.
    numbers:
        (n,) the class of each as it is written.
    label:
        (n,) what it is as an id or a name: an index in `DatasetColumns.classes`, or MISSING.
    at:
        image, (n,), box, (n, 4) in pixels, and score, (n,), of each.
    """
    if not all(isinstance(number, int) for number in numbers):
        return label, []
    image, xyxy, score = at
    surest = _surest(image, score)
    surest = surest[_finds(derived, image[surest], xyxy[surest])]
    if len(surest) < MIN_FOUND:
        return label, []
    in_order = _in_order_of_ids(derived)
    place = np.clip(np.array(numbers, object), -1, len(in_order) + 1).astype(np.int64)
    readings = {USUAL_CLASSES: label}
    for first in (0, 1):
        inside = (place >= first) & (place < first + len(in_order))
        at_place = np.where(inside, place - first, len(in_order))
        readings[f"places in the list of classes, from {first}"] = np.append(
            in_order, np.int32(MISSING)
        )[at_place]
    _, number = np.unique(place[surest], return_inverse=True)
    share = {}
    for name, of in readings.items():
        right = _finds(derived, image[surest], xyxy[surest], of[surest])
        # Each number counts alike: the commonest class may have the same one either way.
        share[name] = float((np.bincount(number, right) / np.bincount(number)).mean())
    name = _better(share, USUAL_CLASSES)
    if name == USUAL_CLASSES:
        return label, []
    return readings[name], [
        f"its class numbers are read as {name}: so {share[name]:.0%} of those on a label have its "
        f"class, in the mean of the numbers, as {USUAL_CLASSES} {share[USUAL_CLASSES]:.0%}"
    ]


def _in_order_of_ids(derived: DatasetColumns) -> Rows:
    """The class of each class record, each class once, in the order of their ids."""
    ids = derived.dataset.categories.id.values()
    order: Sequence[int] = range(len(ids))
    if all(isinstance(one, int) for one in ids):
        order = sorted(order, key=ids.__getitem__)
    classes = dict.fromkeys(int(derived.class_of[row]) for row in order)
    return np.array([one for one in classes if one != MISSING], np.int32)


def _surest(image: Rows, score: Floats) -> Ints:
    """The predictions of known images with the highest scores."""
    known = np.flatnonzero((image != MISSING) & np.isfinite(score))
    return known[np.argsort(-score[known], kind="stable")[:SUREST]]


def _finds(derived: DatasetColumns, image: Rows, xyxy: Floats, label: Rows | None = None) -> Bools:
    """Which predictions find a label, (n,); with `label`, one of their class."""
    boxes, finds = derived.dataset.boxes, np.zeros(len(image), bool)
    given = np.flatnonzero(np.isin(boxes.image, image))
    given = given[derived.is_valid[given] & derived.in_range[given]]
    with np.errstate(invalid="ignore"):
        whole = np.isfinite(xyxy).all(axis=1) & (xyxy[:, 2:] > xyxy[:, :2]).all(axis=1)
    mine = np.flatnonzero(whole)
    found = matches(
        image[mine], xyxy[mine], boxes.image[given], boxes.xyxy[given], min_overlap=FOUND
    )
    one = mine[found.one]
    if label is not None:
        same = label[one] == derived.box_class[given[found.other]]
        one = one[same & (label[one] != MISSING)]
    finds[one] = True
    return finds


def _better(share: Mapping[str, float], usual: str) -> str:
    """The reading by which most is right, if that is enough and not the usual one by chance."""
    best = max(share, key=lambda name: (share[name], name == usual))
    enough = share[best] >= MIN_SHARE and share[best] >= TIMES * share[usual]
    return best if enough else usual
