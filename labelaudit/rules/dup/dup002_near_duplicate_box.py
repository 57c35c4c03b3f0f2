from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.duplicates.duplicate_boxes import (
    NEAR_OVERLAP,
    NEAR_SHIFT,
    like_masks,
    nearly_equal,
    pairs_of,
    shift,
    suppressed,
)
from labelaudit.auditing.duplicates.stacks import of_a_stack
from labelaudit.auditing.findings import Safety, Severity, drops
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.auditing.setting_types import Amount, Overlap
from labelaudit.boxes.ops import area
from labelaudit.boxes.pairs import Pairs
from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import RecordType


@rule(
    "DUP002",
    "near-duplicate-box",
    message="{label} is labelled twice: this box and another overlap by {overlap:.2f}, "
    "their sides at most {shift:.3g} px apart",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    scope=Scope.IMAGE,
)
def near_duplicate_box(
    audit: AuditContext, *, min_overlap: Overlap = NEAR_OVERLAP, max_shift: Amount = NEAR_SHIFT
) -> Found:
    """A box that is a shifted or resized copy of another one of its class.

    Why it hurts: one object counts twice, and a detector that finds it once is told that it missed
    one. Non-maximum suppression removes the very boxes that training asks for.

    Settings:
        min_overlap: least intersection over union of the two boxes, inclusive.
        max_shift: two boxes are also near if no side is further apart than this, in pixels,
            inclusive, and their overlap is at least 0.6: two pixels are much to a small box.

    Why these defaults: BCCD holds seven red cells labelled twice 2 pixels apart (overlap 0.92 to
    0.93) and one at 0.83. Crowds come less close: the closest boxes of one class that are two
    objects overlap by 0.66 in COCO (bunches of bananas, parked bicycles), 0.70 in TACO (sheets of
    paper), 0.60 in BCCD (red cells, many of them touching), and not at all in cards
    ("near-duplicate-box" in benchmarks/results/rule_defaults.md).

    Says nothing about crowd regions and difficult boxes, about copies (duplicate-box), and about
    boxes whose masks differ by a third in area or lie apart: two people who embrace share a box.
    Nor about objects in a row, as plates or books in a stack: four boxes or more at regular steps,
    of any classes, whose ends are not near one another. A box that is nearer to one of them than a
    third of a step is a copy all the same.

    Where more than 64 boxes nearly coincide, only those count as near that are so by the defaults
    of the settings, which can then ask for more, not for less.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image
        >>> dataset = one_image("cell 10 10 110 110", "cell 12 12 112 112", "cell 30 10 130 110")
        >>> print(before_and_after(near_duplicate_box, dataset))
        Found: cell is labelled twice: this box and another overlap by 0.92, their sides at most 2
            px apart
        labels.json, before (-) and after (+) an unsafe fix:
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 100, 100]}
        - {"id": 2, "image_id": 1, "category_id": 1, "bbox": [12, 12, 100, 100]}
          {"id": 3, "image_id": 1, "category_id": 1, "bbox": [30, 10, 100, 100]}

    Fix: drops the box that says less (no mask, fewer keypoints), else the smaller, else the later.
    Unsafe, because two objects can be that close.
    """
    pairs, boxes, label = audit.distinct_pairs, audit.dataset.boxes, audit.derived.box_class
    near = nearly_equal(boxes, pairs, min_overlap=min_overlap, max_shift=max_shift)
    near &= (label[pairs.first] == label[pairs.second]) & (label[pairs.first] != MISSING)
    near[near] = ~of_a_stack(boxes, pairs, near, min_overlap=min_overlap, max_shift=max_shift)
    pairs = pairs.rows(near)
    pairs = pairs.rows(like_masks(audit.dataset, pairs.first, pairs.second))
    size = np.zeros(len(boxes))
    ends = np.append(pairs.first, pairs.second)
    # Rounded, or the last digits of a double would say which of two equal boxes is larger.
    size[ends] = area(boxes.xyxy[ends]).round(2)
    twice = suppressed(pairs, audit.information, size)
    lost, crowded = pairs_of(boxes, twice.box, twice.by), crowded_pairs(audit)
    crowded = crowded.rows(
        nearly_equal(boxes, crowded, min_overlap=min_overlap, max_shift=max_shift)
    )
    lost = Pairs.concat([lost, crowded])
    return found(
        lost.first,
        other=lost.second,
        fix=drops(RecordType.BOX, lost.first, Safety.UNSAFE),
        shift=shift(boxes, lost),
        overlap=lost.overlap,
    )


def crowded_pairs(audit: AuditContext) -> Pairs:
    """Crowded boxes that are not the same but for rounding, with the box that stands for each."""
    box, by = audit.crowded_duplicates.box, audit.crowded_duplicates.by
    distinct = audit.keeper[box] == box
    return pairs_of(audit.dataset.boxes, box[distinct], by[distinct])
