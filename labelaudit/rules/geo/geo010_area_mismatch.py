from __future__ import annotations

import numpy as np

from labelaudit.auditing import Audit, Found, found, rule
from labelaudit.dataset import Part
from labelaudit.findings import Safety, Severity, settings
from labelaudit.rules.geo.bounds import sides
from labelaudit.rules.geo.fixes import either
from labelaudit.rules.geo.masks import mask_area, outline_of
from labelaudit.table import MISSING, Bools, Floats


@rule(
    "GEO010",
    "area-mismatch",
    message="{label} states an area of {stated:g}, its {shape} has {true:g}",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
)
def area_mismatch(audit: Audit, *, tolerance: float = 0.2, min_share: float = 0.9) -> Found:
    """A stated area that is not the area of the object.

    Why it hurts: COCO's evaluation sorts objects into small, medium and large by it, and ignores an
    object whose area is negative. Some trainers weigh or filter by it.

    The area is right if it is that of the mask or that of the box: COCO states the first, many
    converters the second. Parts of one mask may overlap, so anything from the mean area of its
    parts to their sum is right. Without a mask, or with a broken one, a smaller area than the box's
    may be that of a mask that was left out, unless the other boxes without a mask state their own.

    Settings:
        tolerance: fraction of the true area by which the stated one may differ, on top of half a
            pixel along each side of the box.
        min_share: if this share of the boxes without a mask state their box's area, all must.

    Why these defaults: areas of COCO's polygons agree to a hundredth, those of its crowd regions
    are off by up to 10 % (they were counted before the mask was compressed), those of TACO by up to
    6 % (its points were rounded later).

    Says nothing about a box that states no area, and nothing about one without an inside.

    Example:
        >>> from labelaudit.testing import one_image, with_columns
        >>> dataset = one_image("car 0 0 40 10", "car 50 20 60 60", "car 70 20 80 60")
        >>> dataset = with_columns(dataset, "boxes", area=[400, 400, 40])
        >>> area_mismatch(Audit(dataset), min_share=0.6).message
        array(['car states an area of 40, its box has 400'], dtype=StringDType())

    Fix: states the area of the mask; without a mask, that of the box. Safe, as it is only counted
    again; unsafe for a mask of several parts, which may overlap, and for a broken one.
    """
    stated = audit.dataset.boxes.area
    box = np.flatnonzero(~np.isnan(stated) & audit.placed & audit.sound)
    width, height = (side[box] for side in sides(audit))
    stated, outline, mask = stated[box], outline_of(audit, box), mask_area(audit, box)
    parts = np.append(audit.dataset.outlines.parts, 1)[outline]
    whole, rounding = width * height, (width + height) / 2
    of_box = _between(stated, whole, whole, tolerance, rounding)
    right = of_box | _between(stated, mask / np.maximum(parts, 1), mask, tolerance, rounding)
    bare = outline == MISSING
    unseen = np.isnan(mask) & (stated < whole)
    if np.count_nonzero(of_box & bare) >= min_share * np.count_nonzero(bare):
        unseen &= ~bare
    wrong = np.flatnonzero(~(right | unseen) | ((stated <= 0) & (whole > 0)))
    box, whole, mask = box[wrong], whole[wrong], mask[wrong]
    true = np.where(np.isnan(mask), whole, mask)
    certain = bare[wrong] | (~np.isnan(mask) & (parts[wrong] == 1))
    return found(
        box,
        fix=either(
            certain,
            settings(Part.BOX, box, "area", true.tolist(), Safety.SAFE),
            settings(Part.BOX, box, "area", true.tolist(), Safety.UNSAFE),
        ),
        stated=stated[wrong],
        shape=np.where(np.isnan(mask), "box", "mask"),
        true=true,
    )


def _between(stated: Floats, low: Floats, high: Floats, tolerance: float, slack: Floats) -> Bools:
    """Whether `stated` is between `low` and `high`, (n,), within tolerance; false where NaN is."""
    above = stated >= low * (1 - tolerance) - slack
    return above & (stated <= high * (1 + tolerance) + slack)
