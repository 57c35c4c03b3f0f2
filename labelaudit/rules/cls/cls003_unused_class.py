from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.auditing.setting_types import Count
from labelaudit.core.columns import MISSING
from labelaudit.rules.cls.usage import CLASS_USE, class_use, counted, first_rows, is_common, listed


@rule(
    "CLS003",
    "unused-class",
    message="{what}",
    severity=Severity.INFO,
    needs=Need.WHOLE,
    scope=Scope.RECORDS,
    gathers=CLASS_USE,
)
def unused_class(audit: AuditContext, *, max_each: Count = 10) -> Found:
    """A class that is declared and has no box at all.

    Why it hurts: the detector gets an output that only ever learns to say no, and an average
    precision over all classes counts it as zero, or leaves it out without a word. Often it is the
    sign of labels that were lost, or of a name that is used in another spelling.

    A class counts as used if it has a box in any file of the dataset. A dataset without any box, as
    a test set often is, has no unused classes. Where more than `max_each`, and more than half, of
    the classes are unused, as with the names of COCO for three classes, that is one finding.

    Settings:
        max_each: up to so many classes are always reported one by one.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image
        >>> right = one_image("car 10 10 40 40", "van 50 20 60 60")
        >>> wrong = right.keep(boxes=np.array([True, False]))
        >>> print(before_and_after(unused_class, wrong, right))
        Found: van has no box in 1 image
        labels.json, wrong (-) and right (+):
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
        + {"id": 2, "image_id": 1, "category_id": 2, "bbox": [50, 20, 10, 40]}

    Fix: none. What a dataset should tell apart is a decision, and dropping a class can change the
    number of every class behind it.
    """
    unused = np.flatnonzero(class_use(audit).boxes == 0)
    if not audit.dataset.box_count:
        unused = unused[:0]
    names = [audit.derived.classes[name] for name in unused.tolist()]
    if is_common(len(names), len(audit.derived.classes), max_each):
        what = (
            f"{len(names):,} of {len(audit.derived.classes):,} classes have no box: {listed(names)}"
        )
        return found(category=[MISSING], what=[what])
    where = counted(len(audit.dataset.images), "image")
    return found(
        category=first_rows(audit)[unused],
        what=[f"{name} has no box in {where}" for name in names],
    )
