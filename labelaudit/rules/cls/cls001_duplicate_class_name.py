from __future__ import annotations

from collections import Counter

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.duplicates.merging import differences, merges
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.gathering import Gathering
from labelaudit.auditing.scopes.scope import Scope, no_box
from labelaudit.core.columns import MISSING, Ints
from labelaudit.dataset.tables import Categories, Dataset, RecordType
from labelaudit.rules.cls.usage import counted
from labelaudit.rules.ref.problem_rows import shown

MOST_TOLD = 100
"""Names that are told one by one, of a file, at most; a choice."""


def boxes_of_records(dataset: Dataset) -> Ints:
    """How many boxes each class record has, (categories,)."""
    return np.bincount(dataset.boxes.label + 1, minlength=len(dataset.categories) + 1)[1:]


BOXES_OF_RECORDS = Gathering(
    "boxes of class records",
    lambda audit, _: boxes_of_records(audit.dataset),
    lambda parts: np.sum(parts, axis=0),
    of_file=True,
)
"""Which of two records of one name is used more."""


@rule(
    "CLS001",
    "duplicate-class-name",
    message="{what}",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
    scope=Scope.FILE,
    gathers=BOXES_OF_RECORDS,
    keeps=no_box,
)
def duplicate_class_name(audit: AuditContext) -> Found:
    """Two classes of one file with the same name.

    Why it hurts: one kind of object is divided between two outputs of the detector. Each learns
    that the objects of the other are background, and both look worse than they are.

    Two records with the same id, too, are a duplicate-category-id. Where more than a hundred of a
    file repeat, it is no list of classes that somebody made: they are one finding, without a fix.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image, with_columns
        >>> dataset = one_image("car 10 10 40 40", "auto 50 20 60 60").keep(
        ...     boxes=np.array([True, False])
        ... )
        >>> dataset = with_columns(dataset, "categories", name=["car", "car"])
        >>> print(before_and_after(duplicate_class_name, dataset))
        Found: 'car' is the name of two classes: id 2 with 0 boxes, and id 1 with 1 box
        labels.json, before (-) and after (+) a safe fix:
          {"id": 1, "name": "car"}
        - {"id": 2, "name": "car"}

    Fix: makes the class with fewer boxes one with the other. Safe where it has no box and its
    record says nothing that the other does not say. Otherwise unsafe: something that the names do
    not say may tell them apart, as a COCO supercategory can.
    """
    dataset = audit.dataset
    categories = dataset.categories
    used = BOXES_OF_RECORDS.known(audit, lambda: boxes_of_records(dataset)).tolist()
    every = _namesakes(categories, used)
    often = Counter(categories.file[[row for row, _ in every]].tolist())
    many = [file for file, count in often.items() if count > MOST_TOLD]
    pairs = [pair for pair in every if often[int(categories.file[pair[0]])] <= MOST_TOLD]
    return found(
        category=[*[MISSING] * len(many), *(row for row, _ in pairs)],
        file=[*many, *categories.file[[row for row, _ in pairs]].tolist()],
        fix=[
            *[None] * len(many),
            *merges(dataset, RecordType.CATEGORY, pairs, [not used[row] for row, _ in pairs]),
        ],
        what=[
            *(_of_file(categories, every, file) for file in many),
            *(
                _of_pair(categories, used, *pair) + words
                for pair, words in zip(
                    pairs, differences(dataset, RecordType.CATEGORY, pairs), strict=True
                )
            ),
        ],
    )


def _of_pair(categories: Categories, used: list[int], row: int, into: int) -> str:
    ids = categories.id
    return (
        f"{str(categories.name[row])!r} is the name of two classes: id {ids.value(row)} with "
        f"{counted(used[row], 'box')}, and id {ids.value(into)} with {counted(used[into], 'box')}"
    )


def _of_file(categories: Categories, pairs: list[tuple[int, int]], file: int) -> str:
    rows = [row for row, _ in pairs if categories.file[row] == file]
    return (
        f"{len(rows):,} of {np.count_nonzero(categories.file == file):,} classes have the name of "
        f"another: the first is {shown(str(categories.name[rows[0]]))}"
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
