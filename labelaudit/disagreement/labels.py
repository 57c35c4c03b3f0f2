"""The labels that a model is asked about, as plain columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.evidence import Audit
from labelaudit.table import MISSING, Bools, Floats, Rows, Table, column, rows_column


@dataclass(frozen=True, eq=False, repr=False)
class Labels(Table):
    """One row per labelled object that can be compared with what a model sees."""

    box: Rows = rows_column()  # (n,) row in Boxes
    image: Rows = rows_column()  # (n,) row in Images
    label: Rows = rows_column()  # (n,) index in `Audit.classes`
    xyxy: Floats = column(np.float64, 4, fill=np.nan)  # (n, 4) in pixels


def comparable(audit: Audit) -> Bools:
    """Which boxes have corners, an inside, an image and a class, and are to be judged, (boxes,)."""
    known = (audit.dataset.boxes.image != MISSING) & (audit.box_class != MISSING)
    comparable: Bools = audit.sound & audit.placed & audit.judged & known
    return comparable


def labels_of(audit: Audit) -> Labels:
    """The labels of a dataset that a model can be asked about.

    >>> from labelaudit.testing import one_image
    >>> labels_of(Audit(one_image("car 10 10 40 40", "car 9 9 9 9", "bus 0 0 90 90 crowd"))).box
    array([0], dtype=int32)
    """
    box, boxes = np.flatnonzero(comparable(audit)), audit.dataset.boxes
    return Labels.of(
        len(box), box=box, image=boxes.image[box], label=audit.box_class[box], xyxy=boxes.xyxy[box]
    )


def canvas(audit: Audit) -> Floats:
    """Width and height of each image, (images, 2); how far its boxes reach where nobody says."""
    boxes = audit.dataset.boxes
    here = audit.sound & audit.placed & (boxes.image != MISSING)
    reach = np.ones((len(audit.dataset.images), 2))
    np.maximum.at(reach, boxes.image[here], boxes.xyxy[here, 2:])
    size = audit.dataset.images.size
    return np.where(np.isfinite(size) & (size >= 1), size, reach)
