from __future__ import annotations

from itertools import pairwise

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Amount, Count, Factor
from labelaudit.core.columns import MISSING, Floats, Ints, Rows
from labelaudit.core.rows import blocks, median
from labelaudit.rules.geo.bounds import Block, on_image

NORMAL = 1.4826
"""The standard deviation of a normal distribution over its median absolute deviation."""


@rule(
    "GEO009",
    "size-outlier",
    message="{label} is {w:g} x {h:g} px, {factor:.3g} times {than} the median area of its class",
    severity=Severity.WARNING,
)
def size_outlier(
    audit: AuditContext,
    *,
    max_deviation: Amount = 7.0,
    min_factor: Factor = 4.0,
    min_boxes: Count = 20,
    min_side: Amount = 2.0,
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
    class (a platelet called white cell, two white cells called platelets); the next that is 4 times
    larger or smaller is at 3.2. What is right stays below: a cigarette close to the lens in TACO at
    6.7, a car in the sample of COCO at 4.9, cards at 3.3 ("size-outlier" in
    benchmarks/results/rule_defaults.md). The factor spares classes of which nearly all boxes have
    one size.

    Crowds and difficult boxes are not counted. Says nothing where the image's size is unknown.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image
        >>> cells = [f"cell {x} 0 {x + 9 + x % 3} 10" for x in range(0, 600, 20)]
        >>> wrong, right = (
        ...     one_image("cell 0 20 200 200", *cells),
        ...     one_image("cell 0 20 11 30", *cells),
        ... )
        >>> print(before_and_after(size_outlier, wrong, right))
        Found: cell is 200 x 180 px, 360 times above the median area of its class
        labels.json, wrong (-) and right (+):
        - {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 20, 200, 180]}
        + {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 20, 11, 10]}
          {"id": 2, "image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 10]}

    Fix: none; somebody has to look.
    """
    share = _log_share(audit, min_side)
    group = np.where(np.isnan(share), MISSING, audit.derived.box_class)
    least = np.log(max(min_factor, 1.0))
    box, distance = outliers(share, group, max_deviation, least, min_boxes)
    kept = np.isin(box, on_image(audit, box))
    return found(
        box[kept],
        factor=np.exp(np.abs(distance[kept])),
        than=np.where(distance[kept] > 0, "above", "below"),
    )


def _log_share(audit: AuditContext, min_side: float) -> Floats:
    """The logarithm of the share that each box has of its image, (n,); NaN if it is not judged."""
    share = np.empty(len(audit.dataset.boxes))
    for rows in blocks(len(share)):
        some = Block(audit, rows)
        compared = (
            some.is_valid & some.is_evaluated & (some.width >= min_side) & (some.height >= min_side)
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            width, height = some.image_size.T  # times each other; `prod` over two is slow
            part = np.log(some.width * some.height / (width * height))
        share[rows] = np.where(compared & np.isfinite(part), part, np.nan)
    return share


def outliers(
    values: Floats, group: Rows, max_deviation: float, least: float, min_count: int
) -> tuple[Ints, Floats]:
    """The rows of values far from the median of their group, in order, and how far they are.

    Parameters
    ----------
    values, group:
        (n,) each; a negative group takes no part.
    max_deviation:
        standard deviations from the median, above which a value is far.
    least:
        and the distance above which it is.
    min_count:
        groups of fewer values are not judged.
    """
    count = np.bincount(group + 1)
    # The narrower the integers, the faster they are sorted: by radix up to 16 bits.
    order = np.argsort((group + 1).astype(np.min_scalar_type(len(count))), kind="stable")
    far, distances = [order[:0]], [values[:0]]
    for start, end in pairwise(np.cumsum(count).tolist()):
        if end - start < max(min_count, 1):
            continue
        rows = order[start:end]
        distance = values[rows]
        distance -= median(distance)
        away = np.abs(distance)
        beyond = np.flatnonzero(away > max(max_deviation * NORMAL * median(away), least))
        far.append(rows[beyond])
        distances.append(distance[beyond])
    row, distance = np.concatenate(far), np.concatenate(distances)
    by_row = np.argsort(row)
    return row[by_row], distance[by_row]
