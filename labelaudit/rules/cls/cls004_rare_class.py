from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.auditing.setting_types import Count
from labelaudit.core.columns import MISSING
from labelaudit.rules.cls.usage import CLASS_USE, class_use, counted, first_rows, is_common, listed


@rule(
    "CLS004",
    "rare-class",
    message="{what}",
    severity=Severity.INFO,
    scope=Scope.RECORDS,
    gathers=CLASS_USE,
)
def rare_class(audit: AuditContext, *, max_images: Count = 10, max_each: Count = 10) -> Found:
    """A class that too few images have to learn it, or to hold some out and measure it.

    Why it hurts: with 10 images, a split of 20 % leaves 2 to measure with; the average precision of
    the class is then chance, and weighs as much in the mean as that of every other class.

    Crowds and difficult boxes do not count. A class without any box is an unused-class. Where more
    than `max_each`, and more than half, of the used classes are rare, it is the dataset that is
    small, and that is one finding.

    Settings:
        max_images: a class in so many images, or fewer, is rare.
        max_each: up to so many classes are always reported one by one.

    Example:
        >>> from labelaudit.testing import before_and_after, images
        >>> wrong = images({"a.jpg": ["car 10 10 40 40"], "b.jpg": []})
        >>> right = images({"a.jpg": ["car 10 10 40 40"], "b.jpg": ["car 50 20 60 60"]})
        >>> print(before_and_after(rare_class, wrong, right, max_images=1))
        Found: car is in 1 image only, with 1 box
        labels.json, wrong (-) and right (+):
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
        + {"id": 2, "image_id": 2, "category_id": 1, "bbox": [50, 20, 10, 40]}

    Fix: none. Collect more images, merge the class into another, or do without.

    Source: 10 images is where LVIS draws the line for rare classes (Gupta, Dollár and Girshick
    2019, section 4).
    """
    use = class_use(audit)
    images, boxes, used = use.images, use.evaluated, use.boxes > 0
    rare = np.flatnonzero(used & (images <= max_images))
    every = int(np.count_nonzero(used))
    if is_common(len(rare), every, max_each):
        rarest = rare[np.argsort(images[rare], kind="stable")].tolist()
        names = listed([f"{audit.derived.classes[name]} ({images[name]})" for name in rarest])
        few = counted(max_images, "image")
        what = f"{len(rare):,} of {every:,} classes are in {few} or fewer: {names}"
        return found(category=[MISSING], what=[what])
    return found(
        category=first_rows(audit)[rare],
        what=[
            f"{audit.derived.classes[name]} "
            + _used(int(images[name]), int(boxes[name]), int(use.boxes[name]))
            for name in rare.tolist()
        ],
    )


def _used(images: int, boxes: int, every: int) -> str:
    """How often a class is used, in words; boxes may refer to images that are not there.

    Parameters
    ----------
    images:
        that have a box to be judged.
    boxes:
        to be judged.
    every:
        box.
    """
    if not boxes:
        return f"has {counted(every, 'box')} in all, each a crowd or difficult: none counts"
    where = f"{counted(images, 'image')} only" if images else "no image that exists"
    return f"is in {where}, with {counted(boxes, 'box')}"
