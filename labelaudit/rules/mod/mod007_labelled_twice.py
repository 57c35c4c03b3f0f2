from __future__ import annotations

import numpy as np

from labelaudit.auditing.causes import Explained
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.duplicates.duplicate_boxes import (
    NEAR_OVERLAP,
    NEAR_SHIFT,
    like_masks,
    nearly_equal,
)
from labelaudit.auditing.duplicates.one_object import MIN_FIT, other_fit, own_fit, seen_as_one
from labelaudit.auditing.duplicates.stacks import of_a_stack
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Overlap, Share
from labelaudit.boxes.pairs import Pairs
from labelaudit.rules.mod.label_issue_rows import label_issues_of

EXPLAINED = ("MOD003", "MOD004", "MOD008")
"""What else a model may say of two labels of one object: that one is loose, or on nothing."""


@rule(
    "MOD007",
    "labelled-twice",
    message="{label} is perhaps labelled twice: this box and another overlap by {overlap:.2f}, and "
    "the model sees one object there, which overlaps the other by {other_fit:.2f}, this one by "
    "{own_fit:.2f}",
    severity=Severity.WARNING,
    needs=Need.MODEL,
    names_causes=True,
)
def labelled_twice(
    audit: AuditContext,
    *,
    min_overlap: Overlap = 0.4,
    min_fit: Share = MIN_FIT,
    min_margin: Share = 0.1,
) -> Found:
    """Two boxes of one class with other sides, where a model sees one object.

    Why it hurts: one object counts twice, and a detector that finds it once is told that it missed
    one. Somebody labelled the object again instead of correcting a careless box.

    Needs a model: `--detector` or `--predictions`. What the model says of either box as loose or
    spurious is folded into this finding.

    Settings:
        min_overlap: least intersection over union of the two boxes, inclusive. Those that
            near-duplicate-box names are left to it.
        min_fit: least overlap of what the model sees at the first box with the other, inclusive.
        min_margin: how much more that is, at least, than with the first.

    Why these defaults: choices, tried on boxes of which 98 were labelled again with an overlap of
    0.4 to 0.7 ("labelled twice" of benchmarks/label_errors/imitated.py): with the predictions of a
    strong detector of cells 72 pairs were named, 66 of them such. In BCCD as published it names 6
    pairs, 9 with those of a weak one; of these 9 pairs of red cells, 6 are one cell by eye and 3
    two cells that touch.

    Says nothing about boxes whose masks differ by a third in area or lie apart: two people who
    embrace share a box, of whom a detector may see one. Nor about objects in a row of four or more
    at regular steps, of which a detector tells few apart.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image, with_label_issues
        >>> seen = {"match_iou_other_label": [0.5, 0.9], "same_class_iou_distance": [0.1, 0.5]}
        >>> dataset = one_image("cell 10 10 110 110", "cell 40 10 120 110")
        >>> once = one_image("cell 40 10 120 110")
        >>> wrong = with_label_issues(dataset, box_features=seen)
        >>> right = with_label_issues(once)
        >>> print(before_and_after(labelled_twice, wrong, right))
        Found: cell is perhaps labelled twice: this box and another overlap by 0.64, and the model
            sees one object there, which overlaps the other by 0.90, this one by 0.50
        labels.json, wrong (-) and right (+):
        - {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 100, 100]}
        - {"id": 2, "image_id": 1, "category_id": 1, "bbox": [40, 10, 80, 100]}
        + {"id": 1, "image_id": 1, "category_id": 1, "bbox": [40, 10, 80, 100]}

    There is no fix: either box, or both, may need other sides before one is dropped.
    """
    boxes, pairs = audit.dataset.boxes, audit.one_class_pairs
    near = pairs.overlap >= min_overlap
    near[near] = ~of_a_stack(boxes, pairs, near, min_overlap=min_overlap, max_shift=0)
    pairs = pairs.rows(near)
    near = nearly_equal(boxes, pairs, min_overlap=NEAR_OVERLAP, max_shift=NEAR_SHIFT)
    pairs = pairs.rows(~near & like_masks(audit.dataset, pairs.first, pairs.second))
    label_issues = label_issues_of(audit)
    first, second = seen_as_one(label_issues, pairs, min_fit=min_fit, min_margin=min_margin)
    turned = pairs.replaced(first=pairs.second, second=pairs.first)
    twice = Pairs.concat([pairs.rows(first), turned.rows(second)])
    labels = np.concatenate([twice.first, twice.second])
    return found(
        twice.first,
        other=twice.second,
        explains=[Explained(EXPLAINED, box=labels), *[None] * len(twice)][: len(twice)],
        overlap=twice.overlap,
        other_fit=other_fit(label_issues)[twice.first],
        own_fit=own_fit(label_issues)[twice.first],
    )
