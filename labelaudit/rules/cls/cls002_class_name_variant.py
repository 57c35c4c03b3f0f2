from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Count, Share
from labelaudit.dataset.tables import RecordType
from labelaudit.rules.cls.alike import Alike, Likeness, alike
from labelaudit.rules.cls.usage import UseTogether, boxes_of, counted, used_together

FEWEST_TOGETHER = 3
"""Images that must have both names before they are taken for two classes: one is an accident."""


@rule(
    "CLS002",
    "class-name-variant",
    message="{name} ({boxes}) differs from {into} ({into_boxes}) only in {likeness}: {together}",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
)
def class_name_variant(
    audit: AuditContext,
    *,
    min_together: Share = 0.3,
    max_share: Share = 0.05,
    max_classes: Count = 100,
) -> Found:
    """Two spellings of one class name: by case, separators, look-alike letters, plural or typo.

    Why it hurts: one kind of object is divided between two outputs of the detector, most of it
    under one name. Each learns that the objects of the other are background.

    The names alone decide about case, separators and look-alike letters. A plural or a typo may
    also be a class of its own, and who means two classes draws both in one image: names that stand
    side by side in `min_together` of the images of the rarer one, and in 3 at least, are left out.

    One letter in a short word is also how real words differ (`shirt`, `skirt`). It is worth knowing
    where few classes are declared, one of the two is far rarer, and they are never in one image.

    Settings:
        min_together: share of the images of the rarer name from which on both are classes.
        max_share: boxes of the rarer name, to one of the other, for one letter to be a typo.
        max_classes: in longer lists, words that differ in one letter are to be expected.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image
        >>> dataset = one_image("car 10 10 40 40", "car 20 70 60 90", "Car 50 20 60 60")
        >>> print(before_and_after(class_name_variant, dataset))
        Found: 'Car' (1 box) differs from 'car' (2 boxes) only in case: together in 1 image
        labels.json, before (-) and after (+) an unsafe fix:
          {"id": 2, "image_id": 1, "category_id": 1, "bbox": [20, 70, 40, 20]}
        - {"id": 3, "image_id": 1, "category_id": 2, "bbox": [50, 20, 10, 40]}
        + {"id": 3, "image_id": 1, "category_id": 1, "bbox": [50, 20, 10, 40]}
          {"id": 1, "name": "car"}
        - {"id": 2, "name": "Car"}

    Fix: makes the class with fewer boxes one with the other; where no file has both, gives it the
    other's name. Unsafe, because somebody may have meant two classes.

    Source: what counts as alike is a choice, after a probe with the class lists of 14 public
    datasets, 3,813 names in all, of which one pair is alike; see `labelaudit/rules/cls/alike.py`.
    """
    used = boxes_of(audit).tolist()
    candidates = [
        pair
        for pair in alike(audit.derived.classes, set(np.flatnonzero(used).tolist()))
        if pair.likeness is not Likeness.NEAR or len(audit.derived.classes) <= max_classes
    ]
    together = used_together(audit, [(pair.first, pair.second) for pair in candidates])
    limits = Limits(min_together, max_share)
    pairs = [
        pair
        for pair in candidates
        if limits.say_one_class(pair, together[pair.first, pair.second], used)
    ]
    variants = _variants(pairs, used)
    together = used_together(audit, [(variant.name, variant.into) for variant in variants.values()])
    rows = [row for row, name in enumerate(audit.derived.class_of.tolist()) if name in variants]
    each = [variants[name] for name in audit.derived.class_of[rows].tolist()]
    return found(
        category=rows,
        severity=[
            Severity.INFO if variant.likeness is Likeness.NEAR else Severity.WARNING
            for variant in each
        ],
        fix=[_fix(audit, row, variant.into) for row, variant in zip(rows, each, strict=True)],
        name=[_quoted(audit.derived.classes[variant.name], variant.likeness) for variant in each],
        boxes=[counted(used[variant.name], "box") for variant in each],
        into=[_quoted(audit.derived.classes[variant.into], variant.likeness) for variant in each],
        into_boxes=[counted(used[variant.into], "box") for variant in each],
        likeness=[variant.likeness.value for variant in each],
        together=[together[variant.key] for variant in each],
    )


@dataclass(frozen=True)
class Variant:
    """A name that is to be another."""

    name: int  # index in AuditContext.classes
    into: int  # index in AuditContext.classes
    likeness: Likeness

    @property
    def key(self) -> tuple[int, int]:
        """Both names, in order."""
        return min(self.name, self.into), max(self.name, self.into)


@dataclass(frozen=True)
class Limits:
    """From where on the use of two names says that they are one, or two."""

    min_together: float
    max_share: float

    def say_one_class(self, pair: Alike, use: UseTogether, used: Sequence[int]) -> bool:
        """Whether two names that are alike are used as one class."""
        if pair.likeness is Likeness.NEAR:
            rarer, other = sorted((used[pair.first], used[pair.second]))
            return 0 < rarer <= self.max_share * other and not use.together
        if pair.likeness in (Likeness.PLURAL, Likeness.TYPO):
            least = max(FEWEST_TOGETHER, self.min_together * use.images)
            # Two boxes on one object are no sign of two objects.
            return use.together < least or 2 * use.on_one_object >= use.together
        return True


def _variants(pairs: Iterable[Alike], used: Sequence[int]) -> dict[int, Variant]:
    """What each name should be: the most used of all those that a chain of pairs leads to."""
    near: dict[int, list[tuple[int, Likeness]]] = defaultdict(list)
    for pair in pairs:
        near[pair.first].append((pair.second, pair.likeness))
        near[pair.second].append((pair.first, pair.likeness))
    variants: dict[int, Variant] = {}
    kept: set[int] = set()
    doubt = list(Likeness).index
    for into in sorted(near, key=lambda name: (-used[name], name)):
        if into in variants:
            continue
        kept.add(into)
        waiting = [(into, Likeness.CASE)]
        while waiting:
            name, so_far = waiting.pop(0)
            for other, likeness in near[name]:
                if other not in variants and other not in kept:
                    most = max(so_far, likeness, key=doubt)
                    variants[other] = Variant(other, into, most)
                    waiting.append((other, most))
    return variants


def _fix(audit: AuditContext, row: int, into: int) -> Fix:
    """Merge a class record with that of the name `into` in its file, or give it that name."""
    file = audit.dataset.categories.file
    here = audit.derived.class_record(into, int(file[row]))
    if file[here] == file[row]:
        return Fix("merge", Safety.UNSAFE, RecordType.CATEGORY, row, {"into": here})
    values = {"field": "name", "value": audit.derived.classes[into]}
    return Fix("set-field", Safety.UNSAFE, RecordType.CATEGORY, row, values)


def _quoted(name: str, likeness: Likeness) -> str:
    """A name in quotes; with the numbers of letters that no eye can tell apart."""
    return ascii(name) if likeness is Likeness.LOOK_ALIKES else repr(name)
