from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity, moves
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.boxes.conventions import CONVENTIONS
from labelaudit.core.columns import Floats
from labelaudit.rules.geo.mask_columns import mask_extent
from labelaudit.rules.geo.sizes_as_corners import BOX_ORDER, SIZE, may_be_sizes


@rule(
    "GEO002",
    "inverted-box",
    message="{label} is {w:g} x {h:g} px: its {sides} are swapped{unless}",
    severity=Severity.ERROR,
    fix=Safety.UNSAFE,
    scope=Scope.IMAGE,
    gathers=BOX_ORDER,
)
def inverted_box(audit: AuditContext) -> Found:
    """A box whose right edge is left of its left edge, or whose bottom is above its top.

    Why it hurts: overlap with it is zero or negative, its width has no logarithm, and a loader that
    drops it takes the object away without a word.

    It comes from a tool that stores where a drag began and ended. A box that also has a side of
    zero is left to zero-area: swapping does not help it. In formats of corners, numbers of left,
    top, width and height look the same: where these are as likely, both are said.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image
        >>> print(before_and_after(inverted_box, one_image("car 10 10 40 40", "car 50 20 30 60")))
        Found: car is -20 x 40 px: its left and right are swapped
        labels.json, before (-) and after (+) an unsafe fix:
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
        - {"id": 2, "image_id": 1, "category_id": 1, "bbox": [50, 20, -20, 40]}
        + {"id": 2, "image_id": 1, "category_id": 1, "bbox": [30, 20, 20, 40]}

    Fix: gives the box the extent of its mask; without a mask, swaps its edges, but not where its
    numbers may as well be left, top, width and height. Unsafe: a negative width may also be a sign
    that was lost or a corner that is wrong.
    """
    box = np.flatnonzero(audit.derived.in_range & ~audit.derived.is_valid)
    xyxy = audit.dataset.boxes.xyxy[box]
    swapped = xyxy[:, 2:] < xyxy[:, :2]
    inverted = swapped.any(axis=1) & (xyxy[:, 2:] != xyxy[:, :2]).all(axis=1)
    box, xyxy, swapped = box[inverted], xyxy[inverted], swapped[inverted]
    extent = mask_extent(audit, box)
    # Where both corners belong to the box, swapping them takes each edge to the pixel's far side.
    near, far = CONVENTIONS[audit.dataset.facts.convention].shift
    pixel = float(far - near)
    corrected = np.where(np.isnan(extent), _upright(xyxy, pixel * swapped), extent)
    pairs = np.where(swapped[:, 0], "left and right", "top and bottom").astype(object)
    pairs[swapped.all(axis=1)] = "left and right, top and bottom"
    open_ = may_be_sizes(audit, box)
    unless = np.where(open_, f", or its numbers are {CONVENTIONS[SIZE].words}", "").astype(object)
    fix = [
        None if kept else one
        for kept, one in zip(
            (open_ & np.isnan(extent).any(axis=1)).tolist(),
            moves(box, corrected, Safety.UNSAFE),
            strict=True,
        )
    ]
    return found(box, fix=fix, sides=pairs, unless=unless)


def _upright(xyxy: Floats, pixel: Floats) -> Floats:
    """The boxes with their edges in order, and `pixel`, (n, 2), wider on each side."""
    low = np.minimum(xyxy[:, :2], xyxy[:, 2:]) - pixel
    high = np.maximum(xyxy[:, :2], xyxy[:, 2:]) + pixel
    return np.hstack([low, high])
