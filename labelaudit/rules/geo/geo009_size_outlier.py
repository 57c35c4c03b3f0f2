from __future__ import annotations

import numpy as np

from labelaudit.evidence import Audit
from labelaudit.findings import Severity
from labelaudit.rulemaking import Found, found, rule
from labelaudit.rules.geo.bounds import on_image, sides
from labelaudit.table import MISSING, Floats, Rows

NORMAL = 1.4826
"""The standard deviation of a normal distribution over its median absolute deviation."""


@rule(
    "GEO009",
    "size-outlier",
    message="{label} is {w:g} x {h:g} px, {factor:.3g} times {than} the median area of its class",
    severity=Severity.WARNING,
)
def size_outlier(
    audit: Audit,
    *,
    max_deviation: float = 7.0,
    min_factor: float = 4.0,
    min_boxes: int = 20,
    min_side: float = 2.0,
) -> Found:
    """A box far larger or smaller than nearly all others of its class.

    Why it hurts: often it is not of that class at all, or it is a group, a part or a slip of the
    mouse, and a regression loss weighs what is far off the most.

    What is compared is the logarithm of the box's share of its image. Its distance from the median
    of the class is measured in median absolute deviations, scaled to be standard deviations where
    sizes are log-normal (Iglewicz and Hoaglin, "How to Detect and Handle Outliers", 1993).

    Settings:
        max_deviation: standard deviations from the median, above which a box is found.
        min_factor: only boxes this many times larger or smaller than the median are found.
        min_boxes: classes with fewer boxes are not judged.
        min_side: boxes with a side below this many pixels are left to tiny-box.

    Why these defaults: three boxes of BCCD deviate by 8.0 or more and all three have the wrong
    class (a platelet called white cell, two white cells called platelets); the next is at 4.8. What
    is right stays below: a cigarette close to the lens in TACO at 6.7, a car in the sample of COCO
    at 4.9, cards at 3.3. The factor spares classes of which nearly all boxes have one size.

    Crowds and difficult boxes are not counted. Says nothing where the image's size is unknown.

    Example:
        >>> from labelaudit.testing import one_image
        >>> cells = [f"cell {x} 0 {x + 9 + x % 3} 10" for x in range(0, 600, 20)]
        >>> size_outlier(Audit(one_image("cell 0 20 200 200", *cells))).box
        array([0], dtype=int32)

    Fix: none; somebody has to look.
    """
    share = _log_share(audit, min_side)
    box = np.flatnonzero(~np.isnan(share))
    distance, deviation = distances(share[box], audit.box_class[box], min_boxes)
    far = np.abs(distance) > np.maximum(max_deviation * deviation, np.log(max(min_factor, 1.0)))
    box, distance = box[far], distance[far]
    kept = np.isin(box, on_image(audit, box))
    return found(
        box[kept],
        factor=np.exp(np.abs(distance[kept])),
        than=np.where(distance[kept] > 0, "above", "below"),
    )


def _log_share(audit: Audit, min_side: float) -> Floats:
    """The logarithm of the share that each box has of its image, (n,); NaN if it is not judged."""
    width, height = sides(audit)
    compared = audit.sound & audit.judged & (audit.box_class != MISSING)
    compared &= (width >= min_side) & (height >= min_side)
    with np.errstate(invalid="ignore", divide="ignore"):
        share: Floats = np.log(width) + np.log(height)
        for side in audit.image_size.T:
            share -= np.log(side)
    share[~compared] = np.nan
    return share


def distances(values: Floats, group: Rows, min_count: int) -> tuple[Floats, Floats]:
    """The distance of each value from the median of its group, and the deviation of the group.

    Both are NaN in groups of less than `min_count`.
    """
    count = np.bincount(group)
    # The narrower the integers, the faster they are sorted: by radix up to 16 bits.
    order = np.argsort(group.astype(np.min_scalar_type(len(count))), kind="stable")
    judged = np.flatnonzero(count >= max(min_count, 1))
    ends = np.cumsum(count)[judged]
    ranges = list(zip((ends - count[judged]).tolist(), ends.tolist(), strict=True))
    grouped = values[order]
    median, deviation = np.full(len(count), np.nan), np.full(len(count), np.nan)
    median[judged] = [np.median(grouped[start:end]) for start, end in ranges]
    distance = values - median[group]
    spread = np.abs(distance)[order]
    deviation[judged] = [NORMAL * np.median(spread[start:end]) for start, end in ranges]
    return distance, deviation[group]
