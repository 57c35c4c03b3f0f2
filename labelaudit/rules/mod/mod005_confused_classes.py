from __future__ import annotations

import numpy as np

from labelaudit.auditing.class_conflicts.confused_classes import taken_for
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Count, Share
from labelaudit.core.columns import MISSING
from labelaudit.core.text import counted
from labelaudit.rules.mod.label_issue_rows import at_least, category_rows, label_issues_of


@rule(
    "MOD005",
    "confused-classes",
    message="{one} and {other_class}: the model takes {there} of {one_boxes} {one} for "
    "{other_class} and {back} of {other_boxes} {other_class} for {one} ({least}){more}",
    severity=Severity.INFO,
    needs=Need.MODEL,
)
def confused_classes(
    audit: AuditContext,
    *,
    min_probability: Share = 0.5,
    min_count: Count = 3,
    max_pairs: Count = 10,
) -> Found:
    """Two classes that are often labelled as each other, as a model that never saw the labels sees.

    Why it hurts: where many labels of one class look like another, either the annotators cannot
    tell the two apart or they were told different rules; correcting label by label will not end.

    Needs a model: `--detector` or `--predictions`. The counts are a model's, not facts: judge a
    sample (`labelaudit sample`) to know how many are wrong. A confusion that all labels share, a
    whole class called by the name of another, cannot be seen: the model learns it, too.

    Settings:
        min_probability: least probability, or doubt of predictions, with which a label counts,
            inclusive.
        min_count: how many labels of both classes together it takes, inclusive.
        max_pairs: of how many pairs it is told, those of the most labels; of the others, how many
            there are.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image, with_label_issues
        >>> dogs = one_image("cat 0 0 9 9", *(f"dog {x} 0 {x + 9} 9" for x in range(20, 80, 20)))
        >>> cats = one_image("cat 0 0 9 9", "cat 20 0 29 9", "cat 40 0 49 9", "dog 60 0 69 9")
        >>> wrong = with_label_issues(cats, *(f"{row} wrong_class 0.8 dog" for row in range(3)))
        >>> print(before_and_after(confused_classes, wrong, with_label_issues(dogs)))
        Found: cat and dog: the model takes 3 of 3 cat for dog and 0 of 1 dog for cat (p 0.5 or
            more)
        labels.json, wrong (-) and right (+):
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9]}
        - {"id": 2, "image_id": 1, "category_id": 1, "bbox": [20, 0, 9, 9]}
        - {"id": 3, "image_id": 1, "category_id": 1, "bbox": [40, 0, 9, 9]}
        + {"id": 2, "image_id": 1, "category_id": 2, "bbox": [20, 0, 9, 9]}
        + {"id": 3, "image_id": 1, "category_id": 2, "bbox": [40, 0, 9, 9]}
          {"id": 4, "image_id": 1, "category_id": 2, "bbox": [60, 0, 9, 9]}

    There is no fix: see the single labels under wrong-class.
    """
    counts = taken_for(audit, label_issues_of(audit), min_probability)
    both = np.triu(counts + counts.T, 1)
    first, second = np.nonzero(both >= max(min_count, 1))
    order = np.argsort(-both[first, second], kind="stable")[: max(max_pairs, 0)]
    untold = len(first) - len(order)
    more = f"; and {counted(untold, 'pair')} of classes less often" if untold else ""
    first, second = first[order], second[order]
    labels = np.bincount(
        audit.derived.box_class[audit.derived.box_class != MISSING], minlength=len(counts)
    )
    names = np.array([*audit.derived.classes, ""], object)
    calibrated = label_issues_of(audit).boxes_calibrated
    anywhere = np.full(len(first), MISSING, np.int32)
    return found(
        category=category_rows(audit, first.astype(np.int32), anywhere),
        one=names[first].tolist(),
        other_class=names[second].tolist(),
        there=counts[first, second],
        back=counts[second, first],
        one_boxes=labels[first],
        other_boxes=labels[second],
        more=[*[""] * len(first), more][1:] if len(first) else [],
        least=[at_least(min_probability, calibrated=calibrated)] * len(first),
    )
