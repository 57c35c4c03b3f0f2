from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.auditing.setting_types import Share
from labelaudit.boxes.ops import overhang
from labelaudit.core.columns import Bools, Ints
from labelaudit.core.rows import all_but
from labelaudit.rules.geo.bounds import Block, boxes_where, sides
from labelaudit.rules.geo.mask_columns import mask_area


@rule(
    "GEO008",
    "whole-image-box",
    message="{label} is {w:g} x {h:g} px, the whole image{beside}",
    severity=Severity.INFO,
    needs=Need.IMAGE_SIZES,
    scope=Scope.IMAGE,
)
def whole_image_box(
    audit: AuditContext, *, min_share: Share = 0.99, max_filled: Share = 0.95
) -> Found:
    """A box that is the whole image.

    Why it hurts: it says that there is an object, not where. Such boxes come from converting image
    labels to boxes and from forms that need a box to be saved.

    A warning where another box of its class is in the image, which is the object's own: then the
    large one was added by a form or a conversion.

    Settings:
        min_share: a box is found that has at least this share of both sides of its image.
        max_filled: a mask that fills less than this share of the box shows that an object was drawn
            that does reach all edges, and the box is not found.

    Why these defaults: of 10,919 real boxes one is found, a table in the sample of COCO whose mask
    is four points along the edges of the image, too. The largest box of TACO has 94 % of its image
    ("whole-image-box" in benchmarks/results/rule_defaults.md).

    Crowds and difficult boxes may be as large. Boxes beyond the image are left to out-of-bounds.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image
        >>> wrong, right = one_image("cat 0 0 640 480"), one_image("cat 90 40 560 480")
        >>> print(before_and_after(whole_image_box, wrong, right))
        Found: cat is 640 x 480 px, the whole image
        labels.json, wrong (-) and right (+):
        - {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 640, 480]}
        + {"id": 1, "image_id": 1, "category_id": 1, "bbox": [90, 40, 470, 440]}

    Fix: none; somebody has to draw the box.
    """

    def whole(some: Block) -> Bools:
        width, height = some.image_size.T
        whole: Bools = (some.width >= min_share * width) & (some.height >= min_share * height)
        whole &= some.is_valid & some.is_evaluated
        whole &= overhang(some.xyxy, some.image_size) <= 1
        return whole

    box = boxes_where(audit, whole)
    width, height = sides(audit, box)
    drawn = mask_area(audit, box) < max_filled * width * height
    box = box[~drawn]
    beside = _has_another(audit, box)
    return found(
        box,
        severity=np.where(beside, Severity.WARNING, Severity.INFO),
        beside=[", beside another box of its class" if one else "" for one in beside.tolist()],
    )


def _has_another(audit: AuditContext, box: Ints) -> Bools:
    """Which boxes in `box` share image and class with one that is not in `box`, (n,)."""
    boxes, label = audit.dataset.boxes, audit.derived.box_class
    near = np.flatnonzero(np.isin(boxes.image, boxes.image[box]) & audit.derived.is_valid)
    near = near[audit.derived.is_evaluated[near]]
    others = near[all_but(len(boxes), box)[near]]
    known = set(zip(boxes.image[others].tolist(), label[others].tolist(), strict=True))
    pairs = zip(boxes.image[box].tolist(), label[box].tolist(), strict=True)
    return np.array([pair in known for pair in pairs], bool)
