from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity, drops
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.auditing.setting_types import Count, Share
from labelaudit.boxes.ops import area, intersection_box
from labelaudit.core.columns import Floats, Ints
from labelaudit.dataset.tables import RecordType
from labelaudit.rules.dup.nesting import nested

LARGEST_MEMBER = 0.6
"""Largest area of a member, as a fraction of the group's; a larger one is nearly the group."""


@rule(
    "DUP004",
    "group-box",
    message="{label} is a box around {members} others of its class, which together reach over "
    "{fit:.0%} of it",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    scope=Scope.IMAGE,
)
def group_box(
    audit: AuditContext,
    *,
    min_members: Count = 2,
    min_fit: Share = 0.85,
    min_cover: Share = 0.25,
    min_inside: Share = 0.9,
) -> Found:
    """One box around several objects of its class that have boxes of their own.

    Why it hurts: the detector learns that a group is one object, and each of its members counts
    twice. COCO writes such a region with `iscrowd`, which trainers leave out.

    A member has at most 0.6 of the area of the group. The box is a group if together its members
    reach from side to side, as the box around them would.

    Settings:
        min_members: least number of boxes inside, inclusive.
        min_fit: least area of the box around all members, as a fraction of the group's, inclusive.
        min_cover: least area of all members together, as a fraction of the group's, inclusive.
        min_inside: least fraction of a member that is inside the group, inclusive.

    Why these defaults: a large object with smaller ones of its class in front of it or behind is
    common (nine in COCO and TACO), but these reach over 0.53 of its box at most, and the next over
    0.35 ("group-box" in benchmarks/results/rule_defaults.md). A few small ones in opposite corners
    reach far and cover little: how much they must is a choice.

    Says nothing about crowd regions and difficult boxes.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image
        >>> dataset = one_image("car 10 10 40 40", "car 42 12 70 40", "car 9 9 70 41")
        >>> print(before_and_after(group_box, dataset))
        Found: car is a box around 2 others of its class, which together reach over 92% of it
        labels.json, before (-) and after (+) an unsafe fix:
          {"id": 2, "image_id": 1, "category_id": 1, "bbox": [42, 12, 28, 28]}
        - {"id": 3, "image_id": 1, "category_id": 1, "bbox": [9, 9, 61, 32]}

    Fix: drops the box of the group, as all its members are labelled. Unsafe, because one object may
    be in front of others that end where it ends.
    """
    inner = nested(audit, min_inside)
    inner = inner.rows(inner.share <= LARGEST_MEMBER)
    inner = inner.rows(np.argsort(inner.whole, kind="stable"))
    boxes = audit.dataset.boxes.xyxy
    whole, start, members = np.unique(inner.whole, return_index=True, return_counts=True)
    around = np.repeat(boxes[whole], members, axis=0)
    part = intersection_box(boxes[inner.part], around)
    fit = area(_extents(part, start)) / area(boxes[whole])
    group = np.repeat(np.arange(len(whole)), members)
    cover = np.bincount(group, area(part), len(whole)) / area(boxes[whole])
    grouped = (members >= min_members) & (fit >= min_fit) & (cover >= min_cover)
    return found(
        whole[grouped],
        other=inner.part[start[grouped]],
        fix=drops(RecordType.BOX, whole[grouped], Safety.UNSAFE),
        members=members[grouped],
        fit=fit[grouped],
    )


def _extents(boxes: Floats, start: Ints) -> Floats:
    """The box around each run of boxes, (m, 4), by where the runs start."""
    if not len(start):
        return np.empty((0, 4))
    low = np.minimum.reduceat(boxes[:, :2], start)
    return np.hstack([low, np.maximum.reduceat(boxes[:, 2:], start)])
