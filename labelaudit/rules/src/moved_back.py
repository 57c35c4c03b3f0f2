"""The fix that gives all boxes of a source the corners that others would have drawn."""

from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, moves
from labelaudit.core.columns import MISSING, Floats, Ints
from labelaudit.dataset.tables import RecordType
from labelaudit.rules.src.evidence import at_border

SMALLEST = 1.0
"""Pixels of a side that have to be left."""


def moved_back(audit: AuditContext, box: Ints, by: Floats) -> Fix | None:
    """All of some boxes, moved together; None where objects have masks, which would stay behind.

    Boxes that end at a border of their image stay as they are: there nobody draws too large.
    Corners that are whole pixels throughout stay so.

    Parameters
    ----------
    audit:
        of the dataset.
    box:
        (n,) rows in Boxes.
    by:
        (4,) pixels that are added to left, top, right and bottom.
    """
    dataset = audit.dataset
    with_parts = (dataset.masks.box, dataset.keypoints.box)
    if any(np.isin(box, rows).any() for rows in with_parts):
        return None
    if not (dataset.boxes.xyxy[box] % 1).any():
        by = np.rint(by)
    movable = box[~at_border(audit, box)]
    xyxy = dataset.boxes.xyxy[movable] + by
    left = (xyxy[:, 2:] - xyxy[:, :2] >= SMALLEST).all(axis=1)
    fixes = tuple(moves(movable[left].tolist(), xyxy[left], Safety.UNSAFE))
    if not fixes or not by.any():
        return None
    return Fix("together", Safety.UNSAFE, RecordType.FILE, MISSING, {"fixes": fixes})
