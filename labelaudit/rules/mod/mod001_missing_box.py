from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.label_issues import ErrorKind
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Share
from labelaudit.boxes.overlaps import matches
from labelaudit.core.columns import MISSING, Bools
from labelaudit.dataset.tables import RecordType
from labelaudit.rules.mod.label_issue_rows import (
    category_rows,
    class_words,
    clipped,
    doubts,
    label_issues_of,
    leading,
    shares,
)


@rule(
    "MOD001",
    "missing-box",
    message="{what}, {w:.0f} x {h:.0f} px at {x:.0f}, {y:.0f}, is {probably} not labelled ({p}): "
    "the detector's score is {score}{near}",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    needs=Need.MODEL,
)
def missing_box(audit: AuditContext, *, min_probability: Share = 0.5) -> Found:
    """An object that a detector sees and nobody labelled.

    Why it hurts: training takes every place without a box for background, so that each forgotten
    object teaches the detector not to see its like.

    Needs a model: `--detector` or `--predictions`. Says nothing about places inside of crowd
    regions and difficult boxes, nor about an object whose label is found to be loose there.

    Settings:
        min_probability: least probability that an object is there, inclusive.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image, with_label_issues
        >>> audit = with_label_issues(
        ...     one_image("car 10 10 40 40"), "missing 0.93 0 car 100 20 160 50"
        ... )
        >>> print(before_and_after(missing_box, audit))
        Found: car, 60 x 30 px at 100, 20, is probably not labelled (p 0.93): the detector's score
            is 0.91
        labels.json, before (-) and after (+) an unsafe fix:
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
        + {"id": 2, "image_id": 1, "category_id": 1, "bbox": [100, 20, 60, 30], "area": 1800,
            "iscrowd": 0}

    Fix: adds the box. Unsafe, because a detector can be wrong; `--min-probability` says from which
    probability on you trust it.
    """
    dataset, label_issues = audit.dataset, label_issues_of(audit)
    missing = label_issues.missing
    probable = (missing.probability >= min_probability) & (missing.image != MISSING)
    probable &= missing.label != MISSING
    chosen = missing.rows(probable & ~_is_a_loose_box(audit, min_probability))
    box = clipped(chosen.xyxy, dataset.images.size[chosen.image])
    category = category_rows(audit, chosen.label, dataset.images.file[chosen.image])
    rows = zip(chosen.image.tolist(), category.tolist(), box.tolist(), strict=True)
    return found(
        image=chosen.image,
        fix=[
            Fix(
                "add",
                Safety.UNSAFE,
                RecordType.BOX,
                MISSING,
                {"image": image, "label": label, "xyxy": corners},
            )
            for image, label, corners in rows
        ],
        what=class_words(audit, chosen.label),
        **doubts(chosen.probability, calibrated=label_issues.missing_calibrated),
        score=shares(chosen.score),
        x=box[:, 0],
        y=box[:, 1],
        w=box[:, 2] - box[:, 0],
        h=box[:, 3] - box[:, 1],
        near=[f"; a label overlaps it by {o:.2f}" if o >= 0.1 else "" for o in chosen.overlap],
    )


def _is_a_loose_box(audit: AuditContext, min_probability: float) -> Bools:
    """Which places are those where a loose box will be moved to, (m,)."""
    label_issues = label_issues_of(audit)
    missing = label_issues.missing
    loose = leading(label_issues, ErrorKind.LOOSE_BOX, min_probability)
    image, xyxy = audit.dataset.boxes.image[loose], label_issues.boxes.xyxy[loose]
    claimed = np.zeros(len(missing), bool)
    claimed[matches(missing.image, missing.xyxy, image, xyxy, min_overlap=0.5).one] = True
    return claimed
