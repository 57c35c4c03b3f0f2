from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import RecordType
from labelaudit.rules.ref.references import (
    DANGLING_CLASSES,
    LOST,
    drops_unless_unread,
    keeps_without_classes,
    targets,
    without_classes,
)


@rule(
    "REF006",
    "dangling-category",
    message="{what}",
    severity=Severity.ERROR,
    fix=Safety.UNSAFE,
    scope=Scope.FILE,
    gathers=(LOST, DANGLING_CLASSES),
    keeps=keeps_without_classes,
)
def dangling_category(audit: AuditContext) -> Found:
    """A label whose class does not exist.

    A file of which no label has a class is one finding.

    Why it hurts: an index beyond the last class ends training with an assertion in the loss, on a
    GPU without saying where; or the label counts as a class that nobody named.

    Example:
        >>> from labelaudit.testing import before_and_after, coco_text, one_image
        >>> labels = coco_text(one_image("car 10 10 40 40", "van 50 20 60 60"))
        >>> dataset = labels.replace('"category_id": 2', '"category_id": 9')
        >>> print(before_and_after(dangling_category, dataset))
        Found: the box is of category id 9, which no class has
        labels.json, before (-) and after (+) an unsafe fix:
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
        - {"id": 2, "image_id": 1, "category_id": 9, "bbox": [50, 20, 10, 40]}

    Fix: drops the label. Unsafe, because the object is there, and only its class has to be found.
    None where the record of a class could not be read, or the file is cut off: the class may have
    been there.
    """
    dataset = audit.dataset
    box, file, count = without_classes(audit)
    unknown = dataset.facts.unknown_class
    said = targets(dataset, dataset.facts.class_references)
    named = [unknown.format(found=said[row]) if row in said else "no class" for row in box.tolist()]
    return found(
        np.append(box, np.full(len(file), MISSING)),
        file=np.append(dataset.boxes.file[box], file),
        fix=[
            *drops_unless_unread(audit, box, RecordType.CATEGORY),
            *([None] * len(file)),
        ],
        what=[
            *(f"the box is of {target}" for target in named),
            *(f"not one of {many:,} boxes is of a class that exists" for many in count.tolist()),
        ],
    )
