"""How a results file writes scores, boxes and classes, where it is not as COCO has it.

Tools write corners for width and height, fractions for pixels, places in a list of classes for ids
and percentages for scores. All are numbers like any others, and what they mean the labels tell: as
it is meant, a detector finds many of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from labelaudit.boxes.overlaps import champion, matches
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.predictions.lookup import classes_of

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
    first = surest(image, score)
    some, at = bbox[first], image[first]
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
    derived: DatasetColumns,
    numbers: Sequence[Any],
    label: Rows,
    at: tuple[Rows, Floats, Floats],
    *,
    usual: str = USUAL_CLASSES,
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
    usual:
        what `label` takes numbers for.
    """
    if not all(isinstance(number, int) for number in numbers):
        return label, []
    image, xyxy, score = at
    first = surest(image, score)
    first = first[_finds(derived, image[first], xyxy[first])]
    if len(first) < MIN_FOUND:
        return label, []
    readings = _other_numbers(derived, numbers) | {usual: label}
    _, number = np.unique(np.array(numbers, object)[first], return_inverse=True)
    share = {}
    for name, of in readings.items():
        right = _finds(derived, image[first], xyxy[first], of[first])
        # Each number counts alike: the commonest class may have the same one either way.
        share[name] = float((np.bincount(number, right) / np.bincount(number)).mean())
    name = _better(share, usual)
    if name == usual:
        return label, []
    return readings[name], [
        f"its class numbers are read as {name}: so {share[name]:.0%} of those on a label have its "
        f"class, in the mean of the numbers, as {usual} {share[usual]:.0%}"
    ]


def _other_numbers(derived: DatasetColumns, numbers: Sequence[int]) -> dict[str, Rows]:
    """What numbers of classes may mean, (n,) each, by what messages call it."""
    in_order = _in_order_of_ids(derived)
    by_name = sorted(in_order.tolist(), key=derived.classes.__getitem__)
    last = len(in_order)
    place = np.clip(np.array(numbers, object), -2, last + 1).astype(np.int64)
    readings = {}
    for words, order in (
        ("the list of classes", in_order),
        ("the list of classes by alphabet", np.array(by_name, np.int32)),
    ):
        for first in (0, 1):
            inside = (place >= first) & (place < first + last)
            at_place = np.where(inside, place - first, last)
            readings[f"places in {words}, from {first}"] = np.append(order, np.int32(MISSING))[
                at_place
            ]
    for off, words in ((0, ""), (1, ", one too high"), (-1, ", one too low")):
        readings[f"{USUAL_CLASSES}{words}"] = classes_of(derived, [n - off for n in numbers])
    return readings


def _in_order_of_ids(derived: DatasetColumns) -> Rows:
    """The class of each class record, each class once, in the order of their ids."""
    ids = derived.dataset.categories.id.values()
    order: Sequence[int] = range(len(ids))
    if all(isinstance(one, int) for one in ids):
        order = sorted(order, key=ids.__getitem__)
    classes = dict.fromkeys(int(derived.class_of[row]) for row in order)
    return np.array([one for one in classes if one != MISSING], np.int32)


def surest(image: Rows, score: Floats) -> Ints:
    """The predictions of known images with the highest scores, `SUREST` at most; rows, (k,).

    Parameters
    ----------
    image:
        (n,) row in Images, or MISSING.
    score:
        (n,)
    """
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


def found_labels(derived: DatasetColumns, image: Rows, xyxy: Floats) -> tuple[Ints, Ints]:
    """The label that each prediction finds, and the prediction, (k,) each: rows in Boxes, and here.

    The one that it overlaps most; none for those that find no label.

    Parameters
    ----------
    derived:
        the dataset.
    image, xyxy:
        (n,) and (n, 4) of the predictions.
    """
    boxes = derived.dataset.boxes
    given = np.flatnonzero(np.isin(boxes.image, image) & (derived.box_class != MISSING))
    given = given[derived.is_valid[given] & derived.in_range[given]]
    found = matches(image, xyxy, boxes.image[given], boxes.xyxy[given], min_overlap=FOUND)
    best = champion(found.one, found.overlap, len(image))
    best = best[best != MISSING]
    return given[found.other[best]], found.one[best].astype(np.int64)


def _better(share: Mapping[str, float], usual: str) -> str:
    """The reading by which most is right, if that is enough and not the usual one by chance."""
    best = max(share, key=lambda name: (share[name], name == usual))
    enough = share[best] >= MIN_SHARE and share[best] >= TIMES * share[usual]
    return best if enough else usual
