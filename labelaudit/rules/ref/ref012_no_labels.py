from __future__ import annotations

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.core.columns import MISSING
from labelaudit.core.text import counted
from labelaudit.dataset.tables import RecordType


@rule(
    "REF012",
    "no-labels",
    message="{images}: nothing was checked but the images themselves",
    severity=Severity.WARNING,
    scope=Scope.RECORDS,
)
def no_labels(audit: AuditContext) -> Found:
    """A dataset that lists images and has no box in any of them.

    Why it hurts: a detector that is trained on it learns that everything is background, and every
    detector scores zero on it. Mostly the labels were lost on the way, or the files of a test set
    were taken, whose labels are kept back.

    Says nothing where a file lacks its list of annotations altogether: that is a missing-field.

    Example:
        >>> from labelaudit.testing import before_and_after, images
        >>> wrong = images({"a.jpg": [], "b.jpg": []})
        >>> right = images({"a.jpg": ["car 10 10 40 40"], "b.jpg": []})
        >>> print(before_and_after(no_labels, wrong, right))
        Found: none of 2 images has a box: nothing was checked but the images themselves
        labels.json, wrong (-) and right (+):
        + {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
        + {"id": 1, "name": "car"}

    Fix: none. The labels have to be found.
    """
    dataset = audit.dataset
    problems = dataset.problems
    said = (problems.part == RecordType.FILE.value) & (problems.field == RecordType.BOX.value)
    if dataset.box_count or not len(dataset.images) or said.any():
        return found(file=[], images=[])
    count = len(dataset.images)
    only = 0 if len(dataset.files) == 1 else MISSING
    return found(file=[only], images=[_without_a_box(count)])


def _without_a_box(images: int) -> str:
    """That none of so many images has a box."""
    if images == 1:
        return "the only image has no box"
    return f"none of {counted(images, 'image')} has a box"
