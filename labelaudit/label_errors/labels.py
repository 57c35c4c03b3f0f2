"""The labels that a model is asked about, as plain columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.core.columns import MISSING, Bools, Floats, Rows
from labelaudit.core.table import Table, column, rows_column
from labelaudit.dataset.derived import DatasetColumns


@dataclass(frozen=True, eq=False, repr=False)
class Labels(Table):
    """One row per label of one object, in its place in an image: what models are asked about."""

    box: Rows = rows_column()  # (n,) row in Boxes
    image: Rows = rows_column()  # (n,) row in Images
    label: Rows = rows_column()  # (n,) index in `DatasetColumns.classes`
    xyxy: Floats = column(np.float64, 4, fill=np.nan)  # (n, 4) in pixels


def comparable(derived: DatasetColumns) -> Bools:
    """Which boxes are labels of one object, (boxes,).

    They have corners in range, an inside, an image and a class, and are no crowd nor difficult.
    """
    known = (derived.dataset.boxes.image != MISSING) & (derived.box_class != MISSING)
    is_comparable: Bools = derived.is_valid & derived.in_range & derived.is_evaluated & known
    return is_comparable


def labels_of(derived: DatasetColumns) -> Labels:
    """The labels of a dataset that a model can be asked about.

    >>> from labelaudit.testing import one_image
    >>> dataset = one_image("car 10 10 40 40", "car 9 9 9 9", "bus 0 0 90 90 crowd")
    >>> labels_of(DatasetColumns(dataset)).box
    array([0], dtype=int32)
    """
    box, boxes = np.flatnonzero(comparable(derived)), derived.dataset.boxes
    return Labels.of(
        len(box),
        box=box,
        image=boxes.image[box],
        label=derived.box_class[box],
        xyxy=boxes.xyxy[box],
    )


def image_sizes_of(derived: DatasetColumns) -> Floats:
    """Width and height of each image in pixels, (images, 2); where unknown, how far boxes reach."""
    boxes = derived.dataset.boxes
    here = derived.is_valid & derived.in_range & (boxes.image != MISSING)
    reach = np.ones((len(derived.dataset.images), 2))
    np.maximum.at(reach, boxes.image[here], boxes.xyxy[here, 2:])
    size = derived.dataset.images.size
    return np.where(np.isfinite(size) & (size >= 1), size, reach)
