"""Fields that say who drew a box, by what they are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labelaudit.dataset.fields import flat, is_called

WHO = (
    *("annotator", "annotated_by", "annotator_id", "labeler", "labeller", "labeled_by"),
    *("labelled_by", "created_by", "completed_by", "drawn_by", "worker", "worker_id"),
    *("assignee", "batch", "batch_id"),
)
"""What fields are called that say who drew a box, or in which batch, the surest first; a choice,
after the exports of annotation tools. `source` is not among them: tools write by it whether a box
was drawn by hand, and every file of VOC has one."""


def who(values: Mapping[str, Any]) -> dict[str, str]:  # Any: whatever a file holds
    """What the values of a record say of who drew it, by the names of fields; see `flat`.

    >>> who({"score": 1, "annotator": "Ann", "attributes": {"Worker": 7}})
    {'annotator': 'Ann', 'attributes.Worker': '7'}
    """
    return {name: text for name, text in flat(values) if is_called(name, WHO)}
