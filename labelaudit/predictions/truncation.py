"""What a file of predictions leaves out: faint detections, and all but the surest of an image."""

from __future__ import annotations

import numpy as np

from labelaudit.core.columns import Ints
from labelaudit.core.text import counted
from labelaudit.predictions.predictions import Predictions

FAINT = 0.05
"""Score from which a detection may say something; a choice. Evaluation by COCO metrics takes
detections from lower scores on (0.001 in many tools), and so do detectors that write for it."""

MIN_FULL = 5
"""Images with as many predictions as the fullest, from which that is a limit and no chance."""


def truncations(predictions: Predictions) -> list[str]:
    """What to say of detections that are not in a file, a sentence each.

    Nothing there is no word of the detector: where faint detections are cut off, an object that it
    saw faintly looks like one that it did not see.

    >>> from labelaudit.core.columns import Floats
    >>> boxes = np.array([[0.0, 0, 10, 10]])
    >>> print(truncations(Predictions.of([0], [0], boxes, [0.4]))[0])
    no prediction has a score below 0.40: labels that the detector saw less surely look unseen; \
let it write predictions from 0.05 on
    """
    if not len(predictions):
        return []
    found = []
    least = float(predictions.score.min())
    if least >= FAINT:
        found.append(
            f"no prediction has a score below {least:.2f}: labels that the detector saw less "
            f"surely look unseen; let it write predictions from {FAINT:g} on"
        )
    full = full_images(predictions)
    if len(full):
        most = int(np.bincount(predictions.image).max())
        found.append(
            f"{counted(len(full), 'image')} have {most} predictions, none has more, and what comes "
            "after them is not faint: let the detector write more for each image"
        )
    return found


def full_images(predictions: Predictions) -> Ints:
    """The images of which a limit for each image cut off detections that are not faint, (m,).

    Those that have as many predictions as the fullest image, none of them faint; none if there are
    fewer than `MIN_FULL`.
    """
    count = np.bincount(predictions.image)
    faintest = np.full(len(count), np.inf)
    np.minimum.at(faintest, predictions.image, predictions.score)
    full = np.flatnonzero((count == count.max()) & (faintest >= FAINT))
    return full if len(full) >= MIN_FULL else full[:0]
