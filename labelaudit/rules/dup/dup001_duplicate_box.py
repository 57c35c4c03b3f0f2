from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.duplicates.duplicate_boxes import adds_nothing
from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.dataset.tables import RecordType


@rule(
    "DUP001",
    "duplicate-box",
    message="{label}, {w:g} x {h:g} px, is labelled {times} times with the same box",
    severity=Severity.ERROR,
    fix=Safety.SAFE,
    scope=Scope.IMAGE,
)
def duplicate_box(audit: AuditContext) -> Found:
    """A box of the same class and the same corners as another one of its image.

    Why it hurts: the object counts twice in training, and in evaluation one of the two is a miss
    that no detector can avoid.

    Of several copies one stays: the one with a valid mask, else with any, then with the most
    keypoints, then with a stated area, then the first. All others are reported.

    Corners are the same if none is off by more than half a pixel, which is what rounding does, and
    if the boxes overlap by 0.9; by 0.999 where they are less than 4 pixels wide or high, as half a
    pixel says nothing about these, nor about fractions that were stored as pixels. In BCCD, TACO
    and COCO nothing lies just beyond: duplicates that were drawn twice are 2 pixels apart or more
    ("near-duplicate-box" in benchmarks/results/rule_defaults.md).

    Says nothing about crowd regions and difficult boxes, about boxes without a known class, and
    about two boxes with masks that cannot be of one object.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image
        >>> dataset = one_image("car 10 10 40 40", "car 10.3 10 40.3 40", "bus 10 10 40 40")
        >>> print(before_and_after(duplicate_box, dataset))
        Found: car, 30 x 30 px, is labelled 2 times with the same box
        labels.json, before (-) and after (+) a safe fix:
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
        - {"id": 2, "image_id": 1, "category_id": 1, "bbox": [10.3, 10, 30, 30]}
          {"id": 3, "image_id": 1, "category_id": 2, "bbox": [10, 10, 30, 30]}

    Fix: drops the copy. Safe where the record that stays says all that it says; unsafe where the
    copy has a mask, keypoints, an area, or anything else of its own: a track id, an attribute;
    where the two are of two class records of one name, which trainers learn as two classes; and
    where the two may be of two people, as a field says who drew one of them and not the other, or
    names another (`--by`): two who agree have not labelled anything twice.
    """
    keeper = audit.keeper
    box = np.flatnonzero(keeper != np.arange(len(keeper)))
    kept = keeper[box]
    _, group, count = np.unique(kept, return_inverse=True, return_counts=True)
    label = audit.dataset.boxes.label
    idle = adds_nothing(audit.dataset, box, kept) & (label[box] == label[kept])
    if idle.any() and audit.sources is not None:
        idle &= audit.sources.box[box] == audit.sources.box[kept]
    safety = [Safety.SAFE if nothing else Safety.UNSAFE for nothing in idle.tolist()]
    rows = zip(box.tolist(), safety, strict=True)
    return found(
        box,
        other=kept,
        fix=[Fix("drop", risk, RecordType.BOX, row) for row, risk in rows],
        times=count[group] + 1,
    )
