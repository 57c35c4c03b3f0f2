"""What lines of YOLO labels say beside box and class: the points of polygons and keypoints."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from labelaudit.core.columns import MISSING, Ints
from labelaudit.core.rows import unique
from labelaudit.dataset.tables import Attributes, Dataset, RecordType
from labelaudit.io.formats.yolo.shapes import shapes


def box_records(dataset: Dataset, box: Ints) -> Iterator[Attributes]:
    """What the lines of some boxes, rows in Boxes, say beside box and class, in pixels.

    A line of which the points cannot be read again is left out.
    """
    masks, keypoints = dataset.masks, dataset.keypoints
    masked, jointed = np.isin(masks.box, box), np.isin(keypoints.box, box)
    some = dataclasses.replace(dataset, masks=masks.rows(masked), keypoints=keypoints.rows(jointed))
    shaped = np.append(masks.box[masked], keypoints.box[jointed])
    known = box[(dataset.boxes.record[box] != MISSING) & ~np.isin(box, shaped)]
    for row in unique(known).tolist():
        yield Attributes(RecordType.BOX, row, {})
    for row, shape in shapes(some):
        values = {"segmentation": [part.ravel().tolist() for part in shape.polygons]}
        points = [] if shape.keypoints is None else shape.keypoints.ravel().tolist()
        yield Attributes(RecordType.BOX, row, {**values, "keypoints": points})
