from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.dataset.tables import Categories, RecordType
from labelaudit.rules.cls.usage import counted


@rule(
    "CLS001",
    "duplicate-class-name",
    message="{class_name!r} is the name of two classes: id {id} with {boxes}, "
    "and id {other_id} with {other_boxes}",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
)
def duplicate_class_name(audit: AuditContext) -> Found:
    """Two classes of one file with the same name.

    Why it hurts: one kind of object is divided between two outputs of the detector. Each learns
    that the objects of the other are background, and both look worse than they are.

    Two records with the same id, too, are a duplicate-category-id.

    Example:
        >>> from labelaudit.testing import one_image, with_columns
        >>> dataset = one_image("car 10 10 40 40", "auto 50 20 60 60")
        >>> dataset = with_columns(dataset, "categories", name=["car", "car"])
        >>> duplicate_class_name(AuditContext(dataset)).message.tolist()
        ["'car' is the name of two classes: id 2 with 1 box, and id 1 with 1 box"]

    Fix: makes the class with fewer boxes one with the other. Safe where it has no box. Otherwise
    unsafe: something that the names do not say may tell them apart, as a COCO supercategory can.
    """
    dataset = audit.dataset
    categories = dataset.categories
    used = np.bincount(dataset.boxes.label + 1, minlength=len(categories) + 1)[1:].tolist()
    pairs = _namesakes(categories, used)
    ids = categories.id
    return found(
        category=[row for row, _ in pairs],
        fix=[
            Fix(
                "merge",
                Safety.UNSAFE if used[row] else Safety.SAFE,
                RecordType.CATEGORY,
                row,
                {"into": into},
            )
            for row, into in pairs
        ],
        id=[ids.value(row) for row, _ in pairs],
        boxes=[counted(used[row], "box") for row, _ in pairs],
        other_id=[ids.value(into) for _, into in pairs],
        other_boxes=[counted(used[into], "box") for _, into in pairs],
    )


def _namesakes(categories: Categories, used: list[int]) -> list[tuple[int, int]]:
    """Class records with the name of one that is used more, or as much and stands before it."""
    names = categories.name.tolist()
    if len(set(names)) == len(names):  # the usual case, in a fifth of the time
        return []
    groups: dict[tuple[int, str], list[int]] = {}
    own_id = categories.id.first(categories.file) == np.arange(len(categories))
    keys = zip(categories.file.tolist(), names, strict=True)
    for row, (file, name) in enumerate(keys):
        if name and own_id[row]:
            groups.setdefault((file, name), []).append(row)
    pairs = []
    for rows in groups.values():
        into = max(rows, key=lambda row: used[row])
        pairs += [(row, into) for row in rows if row != into]
    return sorted(pairs)
