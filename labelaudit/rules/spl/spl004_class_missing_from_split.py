from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Amount
from labelaudit.auditing.splits.leaks import members
from labelaudit.core.columns import MISSING, Bools, Ints
from labelaudit.core.rows import unique
from labelaudit.core.text import counted
from labelaudit.dataset.split_roles import SplitRole, split_roles

MOST_NAMED = 5
"""Classes that a message names at most."""


@dataclass(frozen=True, eq=False)
class SplitClasses:
    """What some splits hold together."""

    name: str
    images: int
    boxes: Ints  # (classes,) of each class
    with_class: Ints  # (classes,) images that have it


@dataclass(frozen=True)
class Lack:
    """Classes that one split has and another lacks."""

    split: str  # that lacks them
    other: str
    classes: Sequence[int]
    severity: Severity


@rule(
    "SPL004",
    "class-missing-from-split",
    message="{split} has nothing of {what}, of which {another} has {amount}",
    severity=Severity.WARNING,
    needs=Need.SPLITS,
)
def class_missing_from_split(audit: AuditContext, *, min_expected: Amount = 5.0) -> Found:
    """A class that is trained on and not in the split that is measured on, or the other way.

    Why it hurts: what is not in the split that is measured on is never measured. What is not in the
    one that is trained on is never found, and counts as zero in the mean over classes.

    A class that would be expected in so many images of the split that lacks it, by the share of
    images that have it in the other, is missing for a reason: a warning each. Others are rare
    enough to be missing by chance, and one info names them all. What splits are for is told by
    their names; one without any label is left alone, since labels of tests are often kept back.

    Settings:
        min_expected: images that a class would be expected in, from which on it is a warning.

    Why this default: a choice; by chance a class that is expected in five images is missing once in
    150 times (Poisson's distribution).

    Example:
        >>> from labelaudit.testing import before_and_after, coco_text, images
        >>> train = {f"{n}.jpg": ["car 9 9 40 40", "bus 50 9 90 40"] for n in range(30)}
        >>> wrong = {f"v{n}.jpg": ["car 9 9 40 40"] for n in range(10)}
        >>> right = wrong | {"v9.jpg": ["car 9 9 40 40", "bus 50 9 90 40"]}
        >>> files = {"train.json": coco_text(images(train))}
        >>> wrong = {**files, "val.json": coco_text(images(wrong))}
        >>> right = {**files, "val.json": coco_text(images(right))}
        >>> print(before_and_after(class_missing_from_split, wrong, right))
        Found: val has nothing of bus, of which train has 30 boxes in 30 images
        val.json, wrong (-) and right (+):
          {"id": 10, "image_id": 10, "category_id": 1, "bbox": [9, 9, 31, 31]}
        + {"id": 11, "image_id": 10, "category_id": 2, "bbox": [50, 9, 40, 31]}
          {"id": 1, "name": "car"}
        + {"id": 2, "name": "bus"}

    There is no fix: `labelaudit split` proposes splits that hold their share of every class.
    """
    lacks = list(_lacks(audit, min_expected))
    held = {one.name: one for one in _held(audit)}
    first = _first_record(audit)
    classes = audit.derived.classes
    return found(
        category=[first[lack.classes[0]] for lack in lacks],
        severity=[lack.severity for lack in lacks],
        split=[lack.split for lack in lacks],
        another=[lack.other for lack in lacks],
        what=[_named([classes[row] for row in lack.classes]) for lack in lacks],
        amount=[_amount(held[lack.other], lack.classes) for lack in lacks],
    )


def _lacks(audit: AuditContext, min_expected: float) -> Iterator[Lack]:
    """What is missing where: what is common one by one, what is rare all together."""
    held = _held(audit)
    trained = [one for one in held if SplitRole.TRAIN in split_roles(one.name)]
    measured = [one for one in held if one not in trained and split_roles(one.name)]
    for train in trained[:1]:
        for other in measured:
            for lacking, having in ((other, train), (train, other)):
                rows = np.flatnonzero((lacking.boxes == 0) & (having.boxes > 0))
                expected = having.with_class[rows] / having.images * lacking.images
                common = rows[expected >= min_expected].tolist()
                rare = rows[expected < min_expected].tolist()
                for row in common:
                    yield Lack(lacking.name, having.name, [row], Severity.WARNING)
                if rare:
                    yield Lack(lacking.name, having.name, rare, Severity.INFO)


def _held(audit: AuditContext) -> list[SplitClasses]:
    """What each split with labels holds; those that are trained on count as the first of them."""
    dataset = audit.dataset
    split, image = members(dataset)
    inside = np.zeros((len(dataset.splits), len(dataset.images) + 1), bool)
    inside[split, image] = True
    trained = [
        row for row, name in enumerate(dataset.splits) if SplitRole.TRAIN in split_roles(name)
    ]
    if trained:
        inside[trained[0]] = inside[trained].any(axis=0)
    others = [row for row in range(len(dataset.splits)) if row not in trained]
    every = [
        _classes_in(audit, dataset.splits[row], inside[row]) for row in [*trained[:1], *others]
    ]
    return [one for one in every if one.boxes.any()]


def _classes_in(audit: AuditContext, name: str, inside: Bools) -> SplitClasses:
    boxes, label = audit.dataset.boxes, audit.derived.box_class
    count = len(audit.derived.classes)
    here = inside[boxes.image] & (boxes.image != MISSING) & (label != MISSING)
    key = unique(boxes.image[here].astype(np.int64) * max(count, 1) + label[here])
    return SplitClasses(
        name,
        int(inside[:-1].sum()),
        np.bincount(label[here], minlength=count),
        np.bincount(key % max(count, 1), minlength=count),
    )


def _first_record(audit: AuditContext) -> dict[int, int]:
    """The first record of each class."""
    first: dict[int, int] = {}
    for row, number in enumerate(audit.derived.class_of.tolist()):
        first.setdefault(number, row)
    return first


def _named(names: Sequence[str]) -> str:
    if len(names) == 1:
        return names[0]
    more = ", ..." if len(names) > MOST_NAMED else ""
    return f"{len(names):,} classes ({', '.join(names[:MOST_NAMED])}{more})"


def _amount(held: SplitClasses, classes: Sequence[int]) -> str:
    boxes = counted(int(held.boxes[list(classes)].sum()), "box", "boxes")
    if len(classes) > 1:
        return boxes
    return f"{boxes} in {counted(int(held.with_class[classes[0]]), 'image')}"
