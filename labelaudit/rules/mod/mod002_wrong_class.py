from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.label_issues import ErrorKind
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Share
from labelaudit.core.columns import MISSING, Bools, Ints
from labelaudit.dataset.tables import RecordType
from labelaudit.rules.mod.label_issue_rows import (
    category_rows,
    class_words,
    doubts,
    label_issues_of,
    leading,
    places,
    shares,
)

EVIDENCE = {
    "crop_log_ratio": "the crop classifier",
    "lda_log_ratio": "the linear classifier of crops",
    "label_crop_log_ratio": "the classifier of its crop alone",
    "knn_margin": "its nearest neighbours",
    "class_loss": "class loss",
    "match_log_ratio": "the detections there",
    "objectlab_swapped": "ObjectLab",
}
"""Evidence for a wrong class that means something alone, and what messages call it."""


@rule(
    "MOD002",
    "wrong-class",
    message="{label} is {probably} {probable} ({p}): {seen}{place}",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    needs=Need.MODEL,
)
def wrong_class(audit: AuditContext, *, min_probability: Share = 0.5) -> Found:
    """A box whose object is of another class, as a model that never saw the label holds.

    Why it hurts: the detector is taught both classes wrong, and is counted wrong when it is right.

    Needs a model: `--detector` or `--predictions`. A box that is rather loose or marks nothing is
    reported as that. Says nothing about crowd regions, difficult boxes and what the model cannot
    judge: classes with few boxes, tiny boxes, classes that it does not tell apart. Nor where what
    the model sees is a kind of the label's class or the reverse (`[contract.hierarchy]`).

    Settings:
        min_probability: least probability that the class is wrong, inclusive.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image, with_label_issues
        >>> dataset = one_image("RBC 10 10 40 40", "Platelets 50 20 60 60")
        >>> audit = with_label_issues(dataset, "0 wrong_class 0.97 Platelets")
        >>> print(before_and_after(wrong_class, audit))
        Found: RBC is probably Platelets (p 0.97): the model sees Platelets 0.91, RBC 0.03
        labels.json, before (-) and after (+) an unsafe fix:
        - {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
        + {"id": 1, "image_id": 1, "category_id": 2, "bbox": [10, 10, 30, 30]}
          {"id": 2, "image_id": 1, "category_id": 2, "bbox": [50, 20, 10, 40]}

    Fix: gives the box the class that fits best. Unsafe, because a model can be wrong;
    `--min-probability` says from which probability on you trust it.
    """
    boxes, label_issues = audit.dataset.boxes, label_issues_of(audit)
    box = leading(label_issues, ErrorKind.WRONG_CLASS, min_probability)
    better = label_issues.boxes.label[box]
    box = box[~audit.are_related(audit.derived.box_class[box], better)]
    judged = label_issues.boxes.rows(box)
    differs = (judged.label != audit.derived.box_class[box]) & (judged.label != MISSING)
    category = category_rows(audit, judged.label, boxes.file[box])
    rows = zip(box.tolist(), category.tolist(), differs.tolist(), strict=True)
    return found(
        box,
        fix=[
            Fix("relabel", Safety.UNSAFE, RecordType.BOX, row, {"label": label}) if other else None
            for row, label, other in rows
        ],
        probable=np.where(differs, class_words(audit, judged.label), "another class").tolist(),
        **doubts(judged.wrong_class, calibrated=label_issues.boxes_calibrated),
        seen=_seen(audit, box, class_words(audit, judged.label), differs),
        place=places(label_issues.box_features, EVIDENCE, box),
    )


def _seen(audit: AuditContext, box: Ints, other: Sequence[str], differs: Bools) -> list[str]:
    """What the model sees at each box, where no class fits better in words of its own."""
    judged, own = (
        label_issues_of(audit).boxes.rows(box),
        class_words(audit, audit.derived.box_class[box]),
    )
    scores = zip(
        own, shares(judged.given_score), other, shares(judged.other_score), differs, strict=True
    )
    return [
        f"the model sees {theirs} {other_score}, {mine} {score}"
        if better
        else f"the model sees {mine} {score} there, and no class that fits better"
        for mine, score, theirs, other_score, better in scores
    ]
