"""Objects that have a label, though a broken one: what is missing there, another rule says.

A model sees the object; its label has no inside, is inverted, or lies outside of its image.
"""

from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.label_issues import MissingObjects
from labelaudit.boxes.overlaps import overlaps
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows
from labelaudit.rules.geo.bounds import off_image

AROUND = np.array([-0.5, -0.5, 0.5, 0.5])
"""Of the middle of a broken box, so that it is in a place that holds it."""


def has_broken_label(audit: AuditContext, places: MissingObjects) -> Bools:
    """Which places have a label of their class that is broken, (m,).

    One whose middle is in the image stands for the places around it. One that is nowhere in the
    image stands for the most probable place of its class that is left there: nothing else says
    which object it was drawn for.
    """
    boxes, derived = audit.dataset.boxes, audit.derived
    broken = ~derived.is_valid | ~derived.in_range
    beyond = derived.beyond_image
    broken[beyond] |= off_image(boxes.xyxy[beyond], derived.image_size_of(beyond))
    broken &= (boxes.image != MISSING) & (derived.box_class != MISSING) & derived.is_evaluated
    row = np.flatnonzero(broken)
    if not len(row) or not len(places):
        return np.zeros(len(places), bool)
    middle = _middles(boxes.xyxy[row])
    size = derived.image_size_of(row)
    with np.errstate(invalid="ignore"):
        here = (middle >= 0).all(axis=1) & ~(middle > size).any(axis=1)
    kind = _keys(audit, boxes.image[row], derived.box_class[row])
    mine = _keys(audit, places.image, places.label)
    around = np.tile(middle[here], 2) + AROUND
    has = np.zeros(len(places), bool)
    has[overlaps(mine, places.xyxy, kind[here], around).one] = True
    return has | _foremost(mine, np.where(has, -1.0, places.probability), kind[~here])


def _middles(xyxy: Floats) -> Floats:
    """The middle of each box, (n, 2), whichever corner comes first; NaN where there is none."""
    with np.errstate(invalid="ignore", over="ignore"):
        middle: Floats = (xyxy[:, :2] + xyxy[:, 2:]) / 2
    return np.where(np.isfinite(middle), middle, np.nan)


def _keys(audit: AuditContext, image: Rows, label: Rows) -> Ints:
    """A number for the image and class of each row, (n,); MISSING where it has not both."""
    keys = image.astype(np.int64) * max(len(audit.derived.classes), 1) + label
    return np.where((image == MISSING) | (label == MISSING), MISSING, keys)


def _foremost(key: Ints, probability: Floats, wanted: Ints) -> Bools:
    """Of rows of each key, (m,), as many of the most probable as `wanted`, (k,), has of it."""
    names, often = np.unique(wanted, return_counts=True)
    order = np.lexsort((-probability, key))
    ordered = key[order]
    place = np.arange(len(key)) - np.searchsorted(ordered, ordered)
    at = np.minimum(np.searchsorted(names, ordered), max(len(names) - 1, 0))
    among = np.zeros(len(key), bool)
    if len(names):
        among[order] = (names[at] == ordered) & (place < often[at]) & (ordered != MISSING)
    return among
