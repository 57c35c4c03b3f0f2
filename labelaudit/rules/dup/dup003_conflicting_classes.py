from __future__ import annotations

import numpy as np

from labelaudit.auditing.causes import Explained
from labelaudit.auditing.class_conflicts.confused_classes import (
    MAX_SHIFT,
    MIN_OVERLAP,
    MIN_SEEN_OVERLAP,
    conflicting_pairs,
    one_object,
    times,
)
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.duplicates.duplicate_boxes import nearly_equal, suppressed
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Amount, Overlap, Share
from labelaudit.boxes.pairs import Pairs
from labelaudit.core.columns import Bools

OF_LABELS = ("MOD002", "MOD003", "MOD004", "MOD008")
"""The rules by which a model says what is wrong with a single label."""


@rule(
    "DUP003",
    "conflicting-classes",
    message="{label} and {other_label} in one place: the boxes overlap by {overlap:.2f}; "
    "these two classes conflict {often} in this dataset",
    severity=Severity.WARNING,
    names_causes=True,
)
def conflicting_classes(
    audit: AuditContext,
    *,
    min_overlap: Overlap = MIN_OVERLAP,
    max_shift: Amount = MAX_SHIFT,
    sure_overlap: Overlap = 0.98,
    min_doubt: Share = 0.5,
    min_seen_overlap: Overlap = MIN_SEEN_OVERLAP,
) -> Found:
    """Two boxes of different classes on one object.

    Why it hurts: at most one of the two is right, so the detector is taught a class and its
    contrary on the same pixels. Where it happens often, annotators cannot tell the classes apart.

    A warning where the boxes are the same but for `max_shift` or `sure_overlap`: then one was
    copied from the other, or the object was labelled again. Otherwise worth knowing only: a thing
    and what wraps it can fill nearly the same box. Where a model was asked (`--detector`,
    `--predictions`) and doubts one of the two by `min_doubt`, it is a warning, too; so are boxes
    further apart where it sees one object: what is there fits one of the two by 0.7 or more, and by
    0.3 more than the other is seen. What the model says of each is folded into this finding: which
    of the two is wrong, it does not know.

    Settings:
        min_overlap: least intersection over union of the two boxes, inclusive.
        max_shift: two boxes are also on one object if no side is further apart than this, in
            pixels, inclusive, and their overlap is at least 0.6.
        sure_overlap: from this overlap on, inclusive, it is a warning.
        min_doubt: likewise of a model that was asked, inclusive.
        min_seen_overlap: least overlap of two boxes where a model sees one object, inclusive.

    Why these defaults: in TACO two lids are on their containers with overlaps of 0.964 and 0.866,
    rightly labelled, and nine other things are in or on one another between 0.71 and 0.85. Nothing
    in BCCD, cards and COCO is above 0.62. All of these have a side that is 18 pixels or more apart
    ("conflicting-classes" in benchmarks/results/rule_defaults.md). `sure_overlap` and `min_doubt`
    are choices, and so is `min_seen_overlap`: where a second label of another class was put beside
    labels ("second labels" of benchmarks/label_errors/imitated.py) a strong detector of cells adds
    12 pairs, a weak one 14, all of them such, and none to BCCD and COCO as they are.

    Says nothing about crowd regions and difficult boxes, about boxes without a known class, about
    boxes whose masks differ by a third in area or lie apart, and where one class is a kind of the
    other: `[contract.hierarchy]` of the configuration says so. Nor, where no model sees one object,
    about objects in a row of four or more at regular steps, as bottles of two brands.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image
        >>> wrong = one_image("car 10 10 90 90", "van 200 10 280 90", "van 11 10 90 90")
        >>> right = one_image("car 10 10 90 90", "van 200 10 280 90")
        >>> print(before_and_after(conflicting_classes, wrong, right))
        Found: van and car in one place: the boxes overlap by 0.99; these two classes conflict once
            in this dataset
        labels.json, wrong (-) and right (+):
          {"id": 2, "image_id": 1, "category_id": 2, "bbox": [200, 10, 80, 80]}
        - {"id": 3, "image_id": 1, "category_id": 2, "bbox": [11, 10, 79, 80]}

    There is no fix: which of the classes is right must be seen.
    """
    pairs = conflicting_pairs(
        audit, min_overlap=min_overlap, max_shift=max_shift, min_seen_overlap=min_seen_overlap
    )
    conflict = suppressed(pairs, audit.information)
    often = times(audit, pairs)[conflict.pair]
    pairs = pairs.rows(conflict.pair)
    sure = nearly_equal(audit.dataset.boxes, pairs, min_overlap=sure_overlap, max_shift=max_shift)
    sure |= _doubted(audit, pairs, min_doubt) | one_object(audit, pairs)
    labels = np.concatenate([pairs.first, pairs.second])
    return found(
        conflict.box,
        other=conflict.by,
        severity=np.where(sure, Severity.WARNING, Severity.INFO),
        explains=[Explained(OF_LABELS, box=labels), *[None] * len(pairs)][: len(pairs)],
        overlap=pairs.overlap,
        often=["once" if count == 1 else f"{count} times" for count in often.tolist()],
    )


def _doubted(audit: AuditContext, pairs: Pairs, min_doubt: float) -> Bools:
    """Of which pairs a model doubts one label or both, (n,); none where no model was asked."""
    if audit.label_issues is None:
        return np.zeros(len(pairs), bool)
    doubt = np.nan_to_num(audit.label_issues.boxes.wrong)
    return np.maximum(doubt[pairs.first], doubt[pairs.second]) >= min_doubt
