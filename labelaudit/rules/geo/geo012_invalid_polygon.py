from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.auditing.setting_types import Amount
from labelaudit.boxes.ops import overhang
from labelaudit.core.rows import blocks
from labelaudit.dataset.tables import MaskFault, MaskKind
from labelaudit.rules.geo.fix_choices import clips

FAULTS = {
    MaskFault.NONE: (Severity.WARNING, "reaches {over:g} px beyond the edge of the image"),
    MaskFault.UNREADABLE: (Severity.ERROR, "is neither polygons nor a run-length encoding"),
    MaskFault.EMPTY: (Severity.ERROR, "has no polygon"),
    MaskFault.ODD_COORDINATES: (Severity.ERROR, "has a polygon with an x that has no y"),
    MaskFault.TOO_FEW_POINTS: (Severity.ERROR, "has a polygon of less than three points"),
    MaskFault.NOT_FINITE: (Severity.ERROR, "has a point that is NaN or infinite"),
    MaskFault.ZERO_AREA: (Severity.WARNING, "has no area"),
    MaskFault.SELF_CROSSING: (Severity.INFO, "has a polygon that crosses itself"),
}
"""How bad each fault is, and what to say of the mask."""


@rule(
    "GEO012",
    "invalid-polygon",
    message="the mask of {label} {fault}",
    severity=Severity.ERROR,
    fix=Safety.UNSAFE,
    scope=Scope.IMAGE,
)
def invalid_polygon(audit: AuditContext, *, tolerance: Amount = 1.0) -> Found:
    """A mask of polygons that enclose nothing, or that no tool can fill.

    Why it hurts: pycocotools stops with an error at a polygon of two points, which it takes for a
    box, and drops the last of an odd number of coordinates without a word; Detectron2 drops such
    polygons. A trainer that makes boxes from masks, as many do after they rotated an image, makes
    wrong ones from the others.

    Settings:
        tolerance: a mask may reach this many pixels beyond its image.

    Why this default: six masks of TACO end exactly one pixel beyond their images, a slip of the
    tool that drew them, and those of COCO never do. A polygon that crosses itself is worth an info
    only: TACO has nine of 4,784, and its outline is right all the same ("invalid-polygon" in
    benchmarks/results/rule_defaults.md).

    A mask in a run-length encoding is left to invalid-rle.

    Example:
        >>> from labelaudit.testing import before_and_after, coco_text, one_image
        >>> mask = '"segmentation": [[600, 20, 650, 20, 650, 60, 600, 60]], "bbox"'
        >>> text = coco_text(one_image("car 600 20 650 60")).replace('"bbox"', mask)
        >>> print(before_and_after(invalid_polygon, text))
        Found: the mask of car reaches 10 px beyond the edge of the image
        labels.json, before (-) and after (+) an unsafe fix:
        - {"id": 1, "image_id": 1, "category_id": 1, "segmentation": [[600, 20, 650, 20, 650, 60,
            600, 60]], "bbox": [600, 20, 50, 40]}
        + {"id": 1, "image_id": 1, "category_id": 1, "segmentation": [[600, 20, 640, 20, 640, 60,
            600, 60]], "bbox": [600, 20, 40, 40]}

    Fix: clips a mask that reaches beyond the image, and its box. Unsafe: it may belong to another
    image. None where nothing of it is in the image, and none for the other faults; the mask has to
    be drawn again.
    """
    masks = audit.dataset.masks
    drawn = (masks.kind == MaskKind.POLYGON) & np.isin(masks.fault, list(FAULTS))
    broken = drawn & (masks.fault != MaskFault.NONE)
    beyond = np.zeros(len(masks), bool)
    for rows in blocks(len(masks)):
        image_size = audit.derived.image_size_of(masks.box[rows])
        beyond[rows] = overhang(masks.xyxy[rows], image_size) > tolerance
    row = np.flatnonzero(broken | (drawn & beyond))
    over = overhang(masks.xyxy[row], audit.derived.image_size_of(masks.box[row]))
    whole = (masks.fault[row] == MaskFault.NONE).tolist()
    cuts = clips(audit, masks.box[row].astype(np.int64), Safety.UNSAFE)
    faults = [FAULTS[MaskFault(fault)] for fault in masks.fault[row].tolist()]
    return found(
        masks.box[row],
        severity=[severity for severity, _ in faults],
        fix=[
            fix if is_whole and fix is not None and fix.kind == "clip" else None
            for fix, is_whole in zip(cuts, whole, strict=True)
        ],
        fault=[
            words.format(over=beyond)
            for (_, words), beyond in zip(faults, over.tolist(), strict=True)
        ],
    )
