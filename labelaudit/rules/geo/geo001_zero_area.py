from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.rules.geo.fix_choices import restored_or_dropped


@rule(
    "GEO001",
    "zero-area",
    message="{label} is {w:g} x {h:g} px: it has no inside",
    severity=Severity.ERROR,
    fix=Safety.SAFE,
    scope=Scope.IMAGE,
)
def zero_area(audit: AuditContext) -> Found:
    """A box whose width or height is zero.

    Why it hurts: it matches no anchor, and the log of its width turns a whole batch into NaN.

    In Pascal VOC both corners belong to the box, so that one whose xmin equals its xmax is a pixel
    wide: it is left to tiny-box.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image
        >>> print(before_and_after(zero_area, one_image("car 10 10 40 40", "car 50 20 50 60")))
        Found: car is 0 x 40 px: it has no inside
        labels.json, before (-) and after (+) a safe fix:
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
        - {"id": 2, "image_id": 1, "category_id": 1, "bbox": [50, 20, 0, 40]}

    Fix: gives the box the extent of its mask; without mask and keypoints, drops it. Both safe,
    because no detector can learn from the box as it is, and nothing else says where its object is.
    """
    box = np.flatnonzero(audit.derived.in_range & ~audit.derived.is_valid)
    xyxy = audit.dataset.boxes.xyxy[box]
    box = box[(xyxy[:, :2] == xyxy[:, 2:]).any(axis=1)]
    return found(box, fix=restored_or_dropped(audit, box, Safety.SAFE))
