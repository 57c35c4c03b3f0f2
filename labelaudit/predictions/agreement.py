"""Whether predictions and labels speak of the same places and the same classes."""

from __future__ import annotations

from collections import Counter

import numpy as np

from labelaudit.dataset.derived import DatasetColumns
from labelaudit.predictions.conventions import MIN_FOUND, MIN_SHARE, found_labels, surest
from labelaudit.predictions.predictions import Predictions
from labelaudit.predictions.scales import scaled

MIN_ON_LABELS = 0.1
"""Part of the surest predictions that lies on a label, below which boxes are hardly those of these
images; a choice: where two in five objects have no label, most still do."""


def disagreements(derived: DatasetColumns, predictions: Predictions) -> list[str]:
    """What to say of predictions that find no labels, or labels of other classes, a sentence each.

    Every label looks wrong where the numbers of classes are shifted, and every one spurious where
    boxes are of images of another size. Of few predictions nothing is said.
    """
    rows = surest(predictions.image, predictions.score)
    rows = rows[np.isin(predictions.image[rows], derived.dataset.boxes.image)]
    some = predictions.rows(rows)
    if words := scaled(derived, some):
        return [words]
    label, seen = found_labels(derived, some.image, some.xyxy)
    if len(some) >= MIN_FOUND and len(label) < MIN_ON_LABELS * len(some):
        return [
            f"{len(label) / len(some):.0%} of the surest predictions lie on a label: their boxes "
            "may be of images of another size, or of others, and then every label looks wrong; "
            "let them be written in pixels of the images as they are stored"
        ]
    if len(label) < MIN_FOUND:
        return []
    given = derived.box_class[label]
    said = some.label[seen]
    _, number = np.unique(said, return_inverse=True)
    right = float((np.bincount(number, said == given) / np.bincount(number)).mean())
    if right >= MIN_SHARE:
        return []
    names = derived.classes
    pairs = Counter(
        (names[one], names[other])
        for one, other in zip(said.tolist(), given.tolist(), strict=True)
        if one != other
    )
    (one, other), count = pairs.most_common(1)[0]
    return [
        f"{right:.0%} of the surest predictions on a label have its class, in the mean of their "
        f"classes: classes may be numbered otherwise than in these labels, and then every label "
        f"looks wrong ({one} lies on {other} {count:,} times); write names of classes for numbers"
    ]
