from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity, moves
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.auditing.setting_types import Amount
from labelaudit.boxes.ops import clip
from labelaudit.core.columns import Bools, Floats
from labelaudit.rules.geo.bounds import off_image
from labelaudit.rules.geo.mask_columns import has_extent


@rule(
    "GEO011",
    "box-polygon-mismatch",
    message="{label} at ({x:g}, {y:g}), {w:g} x {h:g} px: its mask is at ({mask_x:g}, {mask_y:g}), "
    "{mask_w:g} x {mask_h:g} px",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    scope=Scope.IMAGE,
)
def box_polygon_mismatch(
    audit: AuditContext, *, tolerance: Amount = 2.0, max_shift: Amount = 0.02
) -> Found:
    """A box that is not the extent of its own mask.

    Why it hurts: one of the two is wrong, and a detector learns from the box, mask or not.

    Settings:
        tolerance: an edge may be this many pixels off the mask's.
        max_shift: or this fraction of the box's width or height, where that is more.

    Why these defaults: boxes of COCO are those of their polygons and within one pixel of their
    crowd regions, boxes of TACO within half a pixel. In the early release of TACO, whose boxes were
    upside down, 2,140 of 2,152 are found, the nearest of them off by 0.024 of a side
    ("box-polygon-mismatch" in benchmarks/results/rule_defaults.md).

    What reaches out of the image is left to out-of-bounds, a box wholly outside to outside-image.

    Example:
        >>> from labelaudit.testing import before_and_after, coco_text, one_image
        >>> mask = '"segmentation": [[50, 30, 90, 30, 90, 70, 50, 70]], "bbox"'
        >>> text = coco_text(one_image("car 50 20 90 60")).replace('"bbox"', mask)
        >>> print(before_and_after(box_polygon_mismatch, text))
        Found: car at (50, 20), 40 x 40 px: its mask is at (50, 30), 40 x 40 px
        labels.json, before (-) and after (+) an unsafe fix:
        - {"id": 1, "image_id": 1, "category_id": 1, "segmentation": [[50, 30, 90, 30, 90, 70, 50,
            70]], "bbox": [50, 20, 40, 40]}
        + {"id": 1, "image_id": 1, "category_id": 1, "segmentation": [[50, 30, 90, 30, 90, 70, 50,
            70]], "bbox": [50, 30, 40, 40]}

    Fix: gives the box the extent of its mask. Unsafe: the mask may be the one that is wrong.
    """
    masks, boxes = audit.dataset.masks, audit.dataset.boxes
    off = np.zeros(len(masks), bool)
    with np.errstate(invalid="ignore", over="ignore"):
        for mask_edge, box_edge in zip(masks.xyxy.T, boxes.xyxy.T, strict=True):
            off |= np.abs(mask_edge - box_edge[masks.box]) > tolerance
    off &= (audit.derived.in_range & audit.derived.is_valid)[masks.box]
    masks = masks.rows(np.flatnonzero(off))
    masks = masks.rows(has_extent(masks))
    image_size = audit.derived.image_size_of(masks.box)
    allowed = _allowed(boxes.xyxy[masks.box], tolerance, max_shift)
    wrong = _apart(boxes.xyxy[masks.box], masks.xyxy, image_size, allowed)
    extent = clip(masks.xyxy[wrong], image_size[wrong])
    return found(
        masks.box[wrong],
        fix=moves(masks.box[wrong], extent, Safety.UNSAFE),
        mask_x=extent[:, 0],
        mask_y=extent[:, 1],
        mask_w=extent[:, 2] - extent[:, 0],
        mask_h=extent[:, 3] - extent[:, 1],
    )


def _allowed(box: Floats, tolerance: float, max_shift: float) -> Floats:
    """How far each edge of each box may be from its mask, (n, 4) in pixels."""
    size = box[:, 2:] - box[:, :2]
    return np.maximum(tolerance, max_shift * np.hstack([size, size]))


def _apart(box: Floats, mask: Floats, image_size: Floats, allowed: Floats) -> Bools:
    """Which boxes have an edge further than `allowed` from their masks, (n,), within the image."""
    distance = np.abs(clip(box, image_size) - clip(mask, image_size))
    seen = ~(off_image(box, image_size) | off_image(mask, image_size))
    return seen & (distance > allowed).any(axis=1)
