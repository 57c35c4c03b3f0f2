"""Predictions from a file as a second opinion."""

from __future__ import annotations

import numpy as np

from labelaudit.boxes.overlaps import matches
from labelaudit.boxes.pairs import overlapping_pairs
from labelaudit.core.columns import MISSING, Bools, Floats, Rows
from labelaudit.core.text import counted
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset
from labelaudit.predictions.model_output import ModelOutput
from labelaudit.predictions.predictions import Predictions
from labelaudit.predictions.truncation import FAINT, truncations
from labelaudit.predictions.validate import ImportedPredictions

SAME_PLACE = 0.5
"""IoU from which two detections are of one place."""

MOSTLY = 0.5
"""Share of a split's images that must have predictions for the others to count as looked at.

A detector says nothing about an image in which it sees nothing, and nothing about one that it was
never shown; which of the two it is, only the other images tell. Half is a choice.
"""

TOGETHER = 100_000
"""Predictions that are compared at a time, and the rest of the image of the last one; a choice."""

MIN_BLANK = 5
"""Images with labels and without predictions from which these may be no chance; a choice."""

TIMES_CHANCE = 10.0
"""How many times as many of them as would be by chance were not shown to the detector; a choice.

Chance takes each object for missed on its own, and in a dark image all are missed together.
"""


def as_model_output(derived: DatasetColumns, imported: ImportedPredictions) -> ModelOutput:
    """The second opinion of a detector whose predictions were read; nobody can ask it more."""
    predictions = imported.predictions
    among = candidates(predictions)
    looked = looked_at(derived.dataset, predictions.image)
    notes = [*imported.notes, *truncations(predictions)]
    if unseen := int(np.count_nonzero(~looked)):
        notes.append(
            f"{counted(unseen, 'image')} of splits without predictions: not judged by the model"
        )
    blank = unlikely_blank(derived, predictions, looked)
    if blank.any():
        looked &= ~blank
        notes.append(
            f"{counted(int(np.count_nonzero(blank)), 'image')} with labels and without predictions:"
            " not judged, as the detector finds too many labels elsewhere to have looked at these"
        )
    return ModelOutput(
        source=imported.source,
        classes=tuple(derived.classes),
        predictions=predictions,
        candidates=predictions.rows(among),
        fold=np.where(looked, 0, MISSING).astype(np.int32),
        scale=np.full(len(derived.dataset.images), np.nan),
        notes=tuple(notes),
        among=among,
    )


def looked_at(dataset: Dataset, predicted: Rows) -> Bools:
    """Which images a detector was shown, (images,), by those that it predicts something in."""
    count = len(dataset.images)
    with_predictions = np.isin(np.arange(count), predicted)
    looked = with_predictions.copy()
    members = dataset.split_members
    if not len(members):
        return looked | (count > 0 and with_predictions.mean() >= MOSTLY)
    for split in range(len(dataset.splits)):
        rows = members.image[(members.split == split) & (members.image != MISSING)]
        if len(rows) and with_predictions[rows].mean() >= MOSTLY:
            looked[rows] = True
    return looked


def unlikely_blank(derived: DatasetColumns, predictions: Predictions, looked: Bools) -> Bools:
    """Which images with labels have no predictions although the detector finds most labels, (n,).

    None, unless they are `TIMES_CHANCE` as many as would be if it missed each label of an image
    with the chance with which it misses one in images that have predictions.

    Parameters
    ----------
    derived:
        the dataset.
    predictions:
        of it.
    looked:
        (n,) images that the detector seems to have looked at.
    """
    boxes = derived.dataset.boxes
    box = np.flatnonzero(
        derived.is_valid & derived.in_range & derived.is_evaluated & (boxes.image != MISSING)
    )
    image, xyxy = boxes.image[box], boxes.xyxy[box]
    count = np.bincount(image, minlength=len(looked))
    seen = np.isin(np.arange(len(looked)), predictions.image)
    blank: Bools = looked & (count > 0) & ~seen
    if np.count_nonzero(blank) < MIN_BLANK:
        return np.zeros(len(looked), bool)
    found = matches(image, xyxy, predictions.image, predictions.xyxy, min_overlap=SAME_PLACE)
    there = seen[image]
    recall = np.isin(np.arange(len(box)), found.one)[there].mean() if there.any() else 0.0
    by_chance = float(((1 - recall) ** count[looked & (count > 0)]).sum())
    return blank & (np.count_nonzero(blank) > TIMES_CHANCE * by_chance)


def candidates(predictions: Predictions) -> Rows:
    """The rows of one prediction for each place, the surest of any class; faint ones are none.

    Suppression as in non-maximum suppression over all classes at once; of some images at a time,
    since pairs that overlap are many more than predictions. In the order of images, the surest of
    each first.
    """
    rows = np.flatnonzero(predictions.score >= FAINT).astype(np.int32)
    rows = rows[np.lexsort((-predictions.score[rows], predictions.image[rows]))]
    image = predictions.image[rows]
    parts, start = [rows[:0]], 0
    while start < len(rows):
        last = image[min(start + TOGETHER, len(rows)) - 1]
        end = int(np.searchsorted(image, last, side="right"))
        some = rows[start:end]
        some = some[np.argsort(-predictions.score[some], kind="stable")]
        some = some[surest(predictions.xyxy[some], predictions.image[some])]
        parts.append(some[np.argsort(predictions.image[some], kind="stable")])
        start = end
    return np.concatenate(parts)


def surest(xyxy: Floats, image: Rows) -> Bools:
    """Which boxes no surer box that stays overlaps by `SAME_PLACE`, (n,); surest boxes come first.

    >>> boxes = np.array([[0.0, 0, 10, 10], [0, 0, 10, 9], [20, 0, 30, 10]])
    >>> surest(boxes, np.zeros(3, np.int32))
    array([ True, False,  True])
    """
    pairs = overlapping_pairs(xyxy, image, min_inside=SAME_PLACE)
    pairs = pairs.rows(pairs.overlap >= SAME_PLACE)
    surer, other = pairs.first, pairs.second
    kept = np.zeros(len(xyxy), bool)
    open_ = np.ones(len(xyxy), bool)
    # Each turn keeps the boxes that no open box is surer than, and drops what these overlap: as
    # many turns as the longest chain of overlaps, where a loop over boxes has one for each.
    while open_.any():
        beaten = np.zeros(len(xyxy), bool)
        beaten[other[open_[surer]]] = True
        fresh = open_ & ~beaten
        kept |= fresh
        open_ &= ~fresh
        open_[other[fresh[surer]]] = False
    return kept
