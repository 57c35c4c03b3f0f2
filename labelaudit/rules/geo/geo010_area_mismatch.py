from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity, settings
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Amount, Share
from labelaudit.boxes.ops import area
from labelaudit.core.columns import MISSING, Bools, Floats
from labelaudit.core.rows import blocks
from labelaudit.dataset.tables import RecordType
from labelaudit.rules.geo.bounds import Block
from labelaudit.rules.geo.fix_choices import either
from labelaudit.rules.geo.mask_columns import mask_areas, mask_row_of


@rule(
    "GEO010",
    "area-mismatch",
    message="{label} states an area of {stated:g}, its {shape} has {true:g}",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
)
def area_mismatch(audit: AuditContext, *, tolerance: Amount = 0.2, min_share: Share = 0.9) -> Found:
    """A stated area that is not the area of the object.

    Why it hurts: COCO's evaluation sorts objects into small, medium and large by it, and ignores an
    object whose area is negative. Some trainers weigh or filter by it.

    The area is right if it is that of the mask or that of the box: COCO states the first, many
    converters the second. Parts of one mask may overlap, so anything from the mean area of its
    parts to their sum is right. Without a mask, or with a broken one, a smaller area than the box's
    may be that of a mask that was left out, unless the other boxes without a mask state their own.

    Settings:
        tolerance: fraction of the true area by which the stated one may differ, on top of what half
            a pixel in width and in height makes of the box's area.
        min_share: if this share of the boxes without a mask state their box's area, all must.

    Why these defaults: the stated areas of COCO's polygons are exact, those of its crowd regions
    are off by up to 12 % and those of TACO, where points are rounded, by up to 6 %; none is wrong
    ("area-mismatch" in benchmarks/results/rule_defaults.md). `min_share` is a choice.

    Says nothing about a box that states no area, and nothing about one without an inside.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image, with_columns
        >>> dataset = one_image("car 0 0 40 10", "car 50 20 60 60", "car 70 20 80 60")
        >>> dataset = with_columns(dataset, "boxes", area=[400, 400, 4000])
        >>> print(before_and_after(area_mismatch, dataset, min_share=0.6))
        Found: car states an area of 4000, its box has 400
        labels.json, before (-) and after (+) a safe fix:
          {"id": 2, "image_id": 1, "category_id": 1, "bbox": [50, 20, 10, 40], "area": 400}
        - {"id": 3, "image_id": 1, "category_id": 1, "bbox": [70, 20, 10, 40], "area": 4000}
        + {"id": 3, "image_id": 1, "category_id": 1, "bbox": [70, 20, 10, 40], "area": 400}

    Fix: states the area of the mask; without a mask, that of the box. Safe where it is only counted
    again: from a mask of one part, or in place of what can be the area of nothing in its box, as
    zero or more than all of it. Unsafe for a mask of several parts, which may overlap, for a broken
    one, and for an area smaller than the box's, with either sign: it may be all that is left of the
    object's mask.
    """
    mask_row, masks = mask_row_of(audit, slice(None)), mask_areas(audit)
    parts = np.append(audit.dataset.masks.parts, 1)
    judged, of_box, of_mask, unseen, right_sign, of_part = np.empty((6, len(mask_row)), bool)
    for rows in blocks(len(mask_row)):
        some, row = Block(audit, rows), mask_row[rows]
        stated, whole, slack = audit.dataset.boxes.area[rows], *_box_area(some)
        mask = masks[row]
        judged[rows] = ~np.isnan(stated + whole)
        of_box[rows] = _between(stated, whole, whole, tolerance, slack)
        of_mask[rows] = _between(stated, mask / np.maximum(parts[row], 1), mask, tolerance, slack)
        unseen[rows] = np.isnan(mask) & (stated < whole)
        right_sign[rows] = (stated > 0) | (whole == 0)
        # A polygon that is walked around the other way has its area with a minus.
        of_part[rows] = (stated != 0) & (np.abs(stated) < whole * (1 - tolerance) - slack)
    bare = mask_row == MISSING
    if np.count_nonzero(of_box & bare) >= min_share * np.count_nonzero(judged & bare):
        unseen &= ~bare
    box = np.flatnonzero(judged & ~((of_box | of_mask | unseen) & right_sign))
    mask, true = masks[mask_row[box]], area(audit.dataset.boxes.xyxy[box])
    masked = ~np.isnan(mask)
    true[masked] = mask[masked]
    certain = (bare[box] & ~of_part[box]) | (masked & (parts[mask_row[box]] == 1))
    return found(
        box,
        fix=either(
            certain,
            settings(RecordType.BOX, box, "area", true.tolist(), Safety.SAFE),
            settings(RecordType.BOX, box, "area", true.tolist(), Safety.UNSAFE),
        ),
        stated=audit.dataset.boxes.area[box],
        shape=np.where(masked, "mask", "box"),
        true=true,
    )


def _box_area(some: Block) -> tuple[Floats, Floats]:
    """Area of each box, and what half a pixel makes of it, (n,) each; NaN without an inside."""
    width = np.where(some.is_valid, some.width, np.nan)
    return width * some.height, (width + some.height) / 2


def _between(stated: Floats, low: Floats, high: Floats, tolerance: float, slack: Floats) -> Bools:
    """Whether `stated` is between `low` and `high`, (n,), within tolerance; false where NaN is."""
    above = stated >= low * (1 - tolerance) - slack
    return above & (stated <= high * (1 + tolerance) + slack)
