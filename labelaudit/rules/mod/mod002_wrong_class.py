from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.label_issues import ErrorKind
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Share
from labelaudit.rules.mod.label_issue_rows import (
    class_words,
    doubts,
    label_issues_of,
    leading,
    places,
)
from labelaudit.rules.mod.proposals import better_class, relabelled

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
        min_probability: least probability that the class is wrong, or least doubt of predictions,
            inclusive.

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
    label_issues = label_issues_of(audit)
    box = leading(label_issues, ErrorKind.WRONG_CLASS, min_probability)
    better = label_issues.boxes.label[box]
    box = box[~audit.are_related(audit.derived.box_class[box], better)]
    judged, proposed = label_issues.boxes.rows(box), relabelled(audit, box, Safety.UNSAFE)
    differs = better_class(audit, box)
    return found(
        box,
        fix=proposed.fix,
        probable=np.where(differs, class_words(audit, judged.label), "another class").tolist(),
        **doubts(judged.wrong_class, calibrated=label_issues.boxes_calibrated),
        seen=proposed.seen,
        place=places(label_issues.box_features, EVIDENCE, box),
    )
