from __future__ import annotations

import numpy as np

from labelaudit.auditing import Audit, Found, found, rule
from labelaudit.dataset import Part
from labelaudit.findings import Safety, Severity, drops


@rule(
    "GEO001",
    "zero-area",
    message="{label} is {w:g} x {h:g} px: it has no inside",
    severity=Severity.ERROR,
    fix=Safety.SAFE,
)
def zero_area(audit: Audit) -> Found:
    """A box whose width or height is zero.

    Why it hurts: it matches no anchor, and the log of its width turns a whole batch into NaN.

    Example:
        >>> from labelaudit.testing import one_image
        >>> zero_area(Audit(one_image("car 10 10 40 40", "car 50 20 50 60"))).box
        array([1], dtype=int32)

    Fix: drops the box. Safe, because no detector can learn from it.
    """
    size = audit.dataset.boxes.size
    box = np.flatnonzero((size == 0).any(axis=1) & (size >= 0).all(axis=1))
    return found(box, fix=drops(Part.BOX, box, Safety.SAFE))
