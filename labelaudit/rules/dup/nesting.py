"""Boxes inside larger boxes of their own class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.boxes.ops import area
from labelaudit.core.columns import Bools, Floats, Ints, Rows


@dataclass(frozen=True, eq=False)
class Nested:
    """Pairs of boxes of one class, one mostly inside the other."""

    whole: Rows  # (n,) the larger box; of equals, the first
    part: Rows  # (n,)
    share: Floats  # (n,) area of the part over area of the whole

    def rows(self, which: Bools | Ints) -> Nested:
        """The pairs in `which`: a mask or places."""
        return Nested(self.whole[which], self.part[which], self.share[which])


def nested(audit: AuditContext, min_inside: float) -> Nested:
    """Pairs of boxes of one class, at least `min_inside` of the smaller inside the larger."""
    pairs = audit.one_class_pairs
    pairs = pairs.rows(pairs.inside >= min_inside)
    first, second = (area(audit.dataset.boxes.xyxy[end]) for end in (pairs.first, pairs.second))
    larger = first >= second
    return Nested(
        np.where(larger, pairs.first, pairs.second),
        np.where(larger, pairs.second, pairs.first),
        np.where(larger, second / first, first / second),
    )
