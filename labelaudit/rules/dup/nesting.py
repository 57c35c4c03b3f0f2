"""Boxes inside larger boxes of their own class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.boxes.ops import area
from labelaudit.boxes.pairs import Pairs
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows


@dataclass(frozen=True, eq=False)
class Nested:
    """Pairs of boxes of one class, one mostly inside the other."""

    whole: Rows  # (n,) the larger box; of equals, the first
    part: Rows  # (n,)
    share: Floats  # (n,) area of the part over area of the whole

    def rows(self, which: Bools | Ints) -> Nested:
        """The pairs in `which`: a mask or places."""
        return Nested(self.whole[which], self.part[which], self.share[which])


def of_one_class(audit: AuditContext) -> Pairs:
    """The distinct pairs of two boxes of one class."""
    pairs, label = audit.distinct_pairs, audit.derived.box_class
    known = label[pairs.first] != MISSING
    return pairs.rows(known & (label[pairs.first] == label[pairs.second]))


def nested(audit: AuditContext, min_inside: float) -> Nested:
    """Pairs of boxes of one class, at least `min_inside` of the smaller inside the larger."""
    pairs = of_one_class(audit)
    pairs = pairs.rows(pairs.inside >= min_inside)
    first, second = (area(audit.dataset.boxes.xyxy[end]) for end in (pairs.first, pairs.second))
    larger = first >= second
    return Nested(
        np.where(larger, pairs.first, pairs.second),
        np.where(larger, pairs.second, pairs.first),
        np.where(larger, second / first, first / second),
    )
