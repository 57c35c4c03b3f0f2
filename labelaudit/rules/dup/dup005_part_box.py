from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity, drops
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.auditing.setting_types import Count, Share
from labelaudit.core.columns import Ints
from labelaudit.dataset.tables import RecordType
from labelaudit.rules.dup.nesting import Nested, nested


@rule(
    "DUP005",
    "part-box",
    message="{label} is {share:.0%} of another {label} and ends with it on {sides} sides: "
    "a part of an object that is labelled as a whole",
    severity=Severity.INFO,
    fix=Safety.UNSAFE,
    scope=Scope.IMAGE,
)
def part_box(
    audit: AuditContext,
    *,
    min_inside: Share = 0.95,
    min_share: Share = 0.4,
    max_share: Share = 0.8,
    min_sides: Count = 2,
    tolerance: Share = 0.02,
) -> Found:
    """A box on a part of an object that has a box of the same class as a whole.

    Why it hurts: the detector learns that half an object is one, and the object counts twice.

    Settings:
        min_inside: least fraction of the part that is inside the whole, inclusive.
        min_share: least area of the part as a fraction of the whole, inclusive.
        max_share: largest such area; a box that is larger is a near duplicate.
        min_sides: on how many sides the part must end where the whole ends; sides at the border of
            the image do not count, as everything ends there.
        tolerance: how far apart two such sides may be, as a fraction of the width or height of the
            whole; a pixel is always allowed, up to a tenth.

    Why these defaults: a small object behind or before a large one of its class is common, yet its
    sides are where they are by chance. Of the 8 boxes of COCO and TACO that are inside another one
    of their class and have 0.2 to 0.8 of its area, three share one side with it, none two: they are
    objects of their own ("part-box" in benchmarks/results/rule_defaults.md). A box that was cut in
    half shares three.

    Says nothing about crowd regions and difficult boxes, and nothing where several boxes of the
    class are inside the whole: that may be a group (group-box).

    Example:
        >>> from labelaudit.testing import before_and_after, one_image
        >>> print(before_and_after(part_box, one_image("car 10 10 90 50", "car 50 10 90 50")))
        Found: car is 50% of another car and ends with it on 3 sides: a part of an object that is
            labelled as a whole
        labels.json, before (-) and after (+) an unsafe fix:
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 80, 40]}
        - {"id": 2, "image_id": 1, "category_id": 1, "bbox": [50, 10, 40, 40]}

    Fix: drops the part. Unsafe, because it can be a second object.
    """
    inner = nested(audit, min_inside)
    alone = np.bincount(inner.whole, minlength=1)[inner.whole] == 1
    inner = inner.rows(alone & (inner.share >= min_share) & (inner.share < max_share))
    sides = _common_sides(audit, inner, tolerance)
    cut = sides >= min_sides
    return found(
        inner.part[cut],
        other=inner.whole[cut],
        fix=drops(RecordType.BOX, inner.part[cut], Safety.UNSAFE),
        share=inner.share[cut],
        sides=sides[cut],
    )


def _common_sides(audit: AuditContext, inner: Nested, tolerance: float) -> Ints:
    """On how many sides each part ends where its whole does, but for the image's border, (n,)."""
    whole = audit.dataset.boxes.xyxy[inner.whole]
    part = audit.dataset.boxes.xyxy[inner.part]
    side = np.tile(whole[:, 2:] - whole[:, :2], 2)
    slack = np.maximum(tolerance * side, np.minimum(0.1 * side, 1))
    size = audit.derived.image_size_of(inner.whole)
    at_border = np.hstack([whole[:, :2] <= 1, whole[:, 2:] >= size - 1])
    sides: Ints = ((np.abs(part - whole) <= slack) & ~at_border).sum(axis=1)
    return sides
