from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.auditing.setting_types import Factor
from labelaudit.rules.cls.usage import CLASS_USE, class_use, counted, first_rows


@rule(
    "CLS005",
    "class-imbalance",
    message="{class_name} has {share:.0%} of {all}, {ratio:,.0f} times as many as {rarest}",
    severity=Severity.INFO,
    scope=Scope.RECORDS,
    gathers=CLASS_USE,
)
def class_imbalance(audit: AuditContext, *, max_ratio: Factor = 100.0) -> Found:
    """A class with far more boxes than the rarest one: one finding for the dataset.

    Why it hurts: the common class fills the batches and the loss, and the rare one is seldom
    predicted at all. Sampling images by class, or weighting the loss, is worth a try.

    Crowds, difficult boxes and unused classes do not count.

    Settings:
        max_ratio: boxes of the most common class, to one of the rarest, that are still well.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image
        >>> wrong = one_image("van 6 2 9 4", "car 1 1 4 4", "car 5 5 9 9", "car 9 9 12 12")
        >>> right = one_image("van 6 2 9 4", "car 1 1 4 4", "van 5 5 9 9", "car 9 9 12 12")
        >>> print(before_and_after(class_imbalance, wrong, right, max_ratio=2))
        Found: car has 75% of 4 boxes, 3 times as many as van
        labels.json, wrong (-) and right (+):
          {"id": 2, "image_id": 1, "category_id": 2, "bbox": [1, 1, 3, 3]}
        - {"id": 3, "image_id": 1, "category_id": 2, "bbox": [5, 5, 4, 4]}
        + {"id": 3, "image_id": 1, "category_id": 1, "bbox": [5, 5, 4, 4]}
          {"id": 4, "image_id": 1, "category_id": 2, "bbox": [9, 9, 3, 3]}

    Fix: none.

    Source: 100 is the imbalance at which methods for long-tailed data are mostly compared (Cui et
    al. 2019, "Class-balanced loss based on effective number of samples").
    """
    boxes = class_use(audit).evaluated
    used = np.flatnonzero(boxes)
    if not len(used):
        return found(category=used, share=[], all=[], ratio=[], rarest=[])
    most, least = used[np.argmax(boxes[used])], used[np.argmin(boxes[used])]
    ratio = boxes[most] / boxes[least]
    which = np.array([most])[[ratio > max_ratio]]
    return found(
        category=first_rows(audit)[which],
        share=boxes[which] / boxes.sum(),
        all=[counted(int(boxes.sum()), "box")] * len(which),
        ratio=[ratio] * len(which),
        rarest=[audit.derived.classes[least]] * len(which),
    )
