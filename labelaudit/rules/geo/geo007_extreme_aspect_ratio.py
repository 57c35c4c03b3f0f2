from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Amount, Factor
from labelaudit.core.columns import MISSING, Bools, Ints
from labelaudit.rules.geo.bounds import Block, boxes_where, on_image, sides

COMMON, ENOUGH = 0.1, 10
"""Least share of the boxes of a class, and least number, that make a shape that of the class: a
slip of the mouse is rarer. Choices.
"""


@rule(
    "GEO007",
    "extreme-aspect-ratio",
    message="{label} is {w:g} x {h:g} px, {ratio:.0f} to 1",
    severity=Severity.INFO,
    needs=Need.PIXELS,
)
def extreme_aspect_ratio(
    audit: AuditContext, *, max_ratio: Factor = 30.0, min_side: Amount = 2.0
) -> Found:
    """A box many times longer than it is wide.

    Why it hurts: no anchor overlaps it, and often it is a slip of the mouse along an edge.
    Ultralytics drops boxes above 100 to 1 while it augments.

    Settings:
        max_ratio: the longer side over the shorter one, from which a box is found.
        min_side: boxes with a side below this many pixels are left to tiny-box.

    Why these defaults: the extremes of real objects are a drinking straw of TACO, 23 to 1, and the
    edge of a sink in the sample of COCO, 18 to 1. Cards and blood cells stay below 4 to 1
    ("extreme-aspect-ratio" in benchmarks/results/rule_defaults.md).

    Where a tenth of a class is so, and ten boxes at least, that is the shape of its objects, as of
    lines of text and wires: nothing is said of it. Crowds and difficult boxes may have any shape.
    Says nothing where the size of the image is only assumed, as in YOLO without the images.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image
        >>> wrong = one_image("ski 10 10 130 20", "ski 0 50 600 56")
        >>> right = one_image("ski 10 10 130 20", "ski 0 50 600 86")
        >>> print(before_and_after(extreme_aspect_ratio, wrong, right))
        Found: ski is 600 x 6 px, 100 to 1
        labels.json, wrong (-) and right (+):
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 120, 10]}
        - {"id": 2, "image_id": 1, "category_id": 1, "bbox": [0, 50, 600, 6]}
        + {"id": 2, "image_id": 1, "category_id": 1, "bbox": [0, 50, 600, 36]}

    Fix: none; somebody has to look.
    """

    def extreme(some: Block) -> Bools:
        long, short = np.maximum(some.width, some.height), np.minimum(some.width, some.height)
        extreme = (long >= max_ratio * short) & (short >= min_side)
        return extreme & some.is_valid & some.is_evaluated & some.in_counted_pixels

    box = _unlike_their_class(audit, on_image(audit, boxes_where(audit, extreme)))
    width, height = sides(audit, box)
    return found(box, ratio=np.maximum(width, height) / np.minimum(width, height))


def _unlike_their_class(audit: AuditContext, box: Ints) -> Ints:
    """The boxes whose shape is not that of their class."""
    label, classes = audit.derived.box_class, len(audit.derived.classes)
    known = audit.derived.is_evaluated & (label != MISSING)
    of_class = np.bincount(label[known], minlength=classes)
    so = np.bincount(label[box[label[box] != MISSING]], minlength=classes)
    shape = np.append((so >= ENOUGH) & (so >= COMMON * of_class), False)
    unlike: Ints = box[~shape[label[box]]]
    return unlike
