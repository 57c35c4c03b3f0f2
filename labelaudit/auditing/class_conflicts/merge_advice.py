"""Classes that might be one: rare beside another that they are confused with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.class_conflicts.confused_classes import class_conflicts, seen_as
from labelaudit.auditing.context import AuditContext
from labelaudit.core.columns import MISSING, Ints

MAX_PART = 0.2
"""Boxes of the rare class for one of the other, at most; a choice."""

MIN_CONFUSED = 0.1
"""Conflicts and confusions for a box of the rare class, at least; a choice."""

MIN_COUNT = 3
"""Conflicts and confusions, at least; a choice."""


@dataclass(frozen=True)
class MergeWorthy:
    """A class, and the one that it might become part of."""

    rare: int  # index in DatasetColumns.classes
    other: int
    boxes: int  # of the rare one
    other_boxes: int
    conflicts: int  # of its boxes that stand on one object with a box of the other
    taken: int  # of its labels that a model sees as the other, or the other way round
    asked: bool  # whether a model was asked


def merge_worthy(
    audit: AuditContext, *, max_part: float, min_confused: float, min_count: int
) -> list[MergeWorthy]:
    """Classes that are rare beside another one and confused with it, the most confused first.

    Each is named once, with the class that it is confused with most.

    Parameters
    ----------
    audit:
        of the dataset.
    max_part:
        boxes of the rare class for one of the other, at most.
    min_confused:
        conflicts and confusions for a box of the rare class, at least.
    min_count:
        so many of them, at least.
    """
    count = len(audit.derived.classes)
    label = audit.derived.box_class[
        audit.derived.is_evaluated & (audit.derived.box_class != MISSING)
    ]
    boxes = np.bincount(label, minlength=count)
    conflicts, taken = np.zeros((count, count), np.int64), np.zeros((count, count), np.int64)
    table = class_conflicts(audit)
    conflicts[table.first, table.second] = table.count
    if audit.label_issues is not None:
        taken = seen_as(audit, audit.label_issues)
    conflicts, taken = conflicts + conflicts.T, taken + taken.T
    confused = conflicts + taken
    rare = boxes[:, None] <= max_part * boxes[None, :]
    worthy = rare & (confused >= max(min_count, 1))
    worthy &= confused >= min_confused * boxes[:, None]
    return [
        MergeWorthy(
            one,
            other,
            int(boxes[one]),
            int(boxes[other]),
            int(conflicts[one, other]),
            int(taken[one, other]),
            asked=audit.label_issues is not None,
        )
        for one, other in _most_confused(np.where(worthy, confused, 0))
    ]


def _most_confused(confused: Ints) -> list[tuple[int, int]]:
    """Each class that has one with the class that it is confused with most, the most first."""
    if not confused.size:
        return []
    other, most = confused.argmax(axis=1), confused.max(axis=1)
    order = np.argsort(-most, kind="stable")
    return [(one, int(other[one])) for one in order.tolist() if most[one] > 0]
