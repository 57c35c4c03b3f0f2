"""Whether a detector was trained on the labels that it predicts."""

from __future__ import annotations

import numpy as np

from labelaudit.boxes.overlaps import champion, matches
from labelaudit.core.columns import MISSING, Bools, Floats
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.predictions.predictions import Predictions

# Choices: no program in benchmarks/ measures these limits.

ENOUGH = 20
"""Labels with which a share begins to mean something."""

SURE = 0.9
"""Score from which a detector repeats a label rather than guesses it."""

FAINTEST = 0.3
"""Score below which a prediction finds nothing."""

REPEATED = 0.95
"""IoU from which a box is the label itself, not another view of the object."""

FOUND = 0.5
"""IoU from which a prediction finds a label."""

MOST_REPEATED = 0.5
"""Share of labels that may be repeated surely.

A detector that did not see an image seldom finds a box so exactly, and is seldom so sure of it.
"""

MOST_OVERLAP = 0.88
"""Mean IoU with matched labels.

Two annotators who draw the same object differ by some pixels, so a detector that agrees better with
one of them has seen what this one drew. A light detector in sample can be above this limit and far
below `MOST_REPEATED`, which is why there are two.
"""

FEW_MISSED = 0.95
"""Share of labels that must be found for `MOST_OVERLAP` to count."""


def in_sample(derived: DatasetColumns, predictions: Predictions) -> str:
    """A warning if the predictions repeat the labels too well; empty if not.

    A detector that was trained on wrong labels predicts them again, so its agreement proves
    nothing. With fewer than `ENOUGH` labels in the images that have predictions, there is no word.
    """
    given = _comparable(derived) & np.isin(derived.dataset.boxes.image, predictions.image)
    if np.count_nonzero(given) < ENOUGH:
        return ""
    overlap, score = best_matches(derived, predictions, given)
    repeated = float(np.mean((overlap > REPEATED) & (score > SURE)))
    found = overlap >= FOUND
    mean = float(overlap[found].mean()) if found.any() else 0.0
    if repeated <= MOST_REPEATED and (mean <= MOST_OVERLAP or found.mean() < FEW_MISSED):
        return ""
    return (
        f"the predictions find {found.mean():.0%} of the labels and overlap them by {mean:.2f} on "
        f"average, {repeated:.0%} of them surely and nearly exactly: unless the objects have sharp "
        "edges, that detector was probably trained on these images, and agrees with their errors; "
        "predict each image with a model that did not see it"
    )


def _comparable(derived: DatasetColumns) -> Bools:
    comparable: Bools = (
        derived.is_valid & derived.in_range & derived.is_evaluated & (derived.box_class != MISSING)
    )
    return comparable


def best_matches(
    derived: DatasetColumns, predictions: Predictions, given: Bools
) -> tuple[Floats, Floats]:
    """IoU and score of the best prediction of the same class for some boxes, (k,) each.

    Both are 0 where none finds the label.

    Parameters
    ----------
    derived:
        the dataset.
    predictions:
        of which those below a score of `FAINTEST` match nothing.
    given:
        (boxes,) a mask: the k boxes that are looked up.
    """
    boxes = derived.dataset.boxes
    rows = np.flatnonzero(given)
    # Fainter ones are matches of nobody. Of two that overlap a label equally, the last counts.
    sure = predictions.rows(np.flatnonzero(predictions.score >= FAINTEST)[::-1])
    image = np.concatenate([boxes.image[rows], sure.image]).astype(np.int64)
    label = np.concatenate([derived.box_class[rows], sure.label])
    # Boxes of two classes need not be compared: a group is a class in an image.
    _, group = np.unique(image * len(derived.classes) + label, return_inverse=True)
    mine, theirs = np.split(group, [len(rows)])
    found = matches(mine, boxes.xyxy[rows], theirs, sure.xyxy, min_overlap=FOUND)
    best = champion(found.one, found.overlap, len(rows))
    return np.append(found.overlap, 0.0)[best], np.append(sure.score[found.other], 0.0)[best]
