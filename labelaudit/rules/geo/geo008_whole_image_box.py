from __future__ import annotations

import numpy as np

from labelaudit.auditing.causes import Affected
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.auditing.setting_types import Count, Share
from labelaudit.core.columns import Ints
from labelaudit.core.rows import all_but
from labelaudit.rules.geo.bounds import sides
from labelaudit.rules.geo.whole_image_classes import (
    WHOLE_IMAGES,
    Known,
    folds,
    may_be_nearly_all,
    whole_image_boxes,
    whole_images,
)


@rule(
    "GEO008",
    "whole-image-box",
    message="{what} the whole image{beside}",
    severity=Severity.INFO,
    needs=Need.IMAGE_SIZES,
    scope=Scope.IMAGE,
    gathers=WHOLE_IMAGES,
)
def whole_image_box(
    audit: AuditContext,
    *,
    min_share: Share = 0.99,
    max_filled: Share = 0.95,
    min_images: Count = 10,
) -> Found:
    """A box that is the whole image.

    Why it hurts: it says that there is an object, not where. Such boxes come from converting image
    labels to boxes and from forms that need a box to be saved.

    A warning where another box of its class is in the image, which is the object's own: then the
    large one was added by a form or a conversion.

    Where nine of ten images of a class have such a box, that is how its labels were made: one
    finding, not one for each box, and one for all classes where nine of ten images of the dataset
    have one.

    Settings:
        min_share: a box is found that has at least this share of both sides of its image.
        max_filled: a mask that fills less than this share of the box shows that an object was drawn
            that does reach all edges, and the box is not found.
        min_images: fewest images of a class, or of the dataset, that are one finding; fewer are
            told one by one.

    Why these defaults: of 10,919 real boxes one is found, a table in the sample of COCO whose mask
    is four points along the edges of the image, too. The largest box of TACO has 94 % of its image
    ("whole-image-box" in benchmarks/results/rule_defaults.md). What is one finding is a choice.

    Crowds and difficult boxes may be as large. Boxes beyond the image are left to out-of-bounds.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image
        >>> wrong, right = one_image("cat 0 0 640 480"), one_image("cat 90 40 560 480")
        >>> print(before_and_after(whole_image_box, wrong, right))
        Found: cat is 640 x 480 px, the whole image
        labels.json, wrong (-) and right (+):
        - {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 640, 480]}
        + {"id": 1, "image_id": 1, "category_id": 1, "bbox": [90, 40, 470, 440]}

    Fix: none; somebody has to draw the box.
    """
    box = whole_image_boxes(audit, min_share, max_filled)
    if not len(box):
        return found(box, what=[], beside=[])
    known: Known = WHOLE_IMAGES.known(
        audit, lambda: whole_images(audit, box, may_be_nearly_all(audit, box))
    )
    folded, single = folds(audit, box, known, min_images)
    rows = [one.first for one in folded] + single.tolist()
    width, height = sides(audit, single)
    label = [*audit.derived.classes, "no known class"]
    each = zip(audit.derived.box_class[single].tolist(), width, height, strict=True)
    beside = _has_another(audit, single, box)
    return found(
        rows,
        severity=[one.severity for one in folded]
        + [Severity.WARNING if one else Severity.INFO for one in beside],
        affects=[Affected(one.box) for one in folded] + [None] * len(single),
        what=[one.what for one in folded]
        + [f"{label[row]} is {w:g} x {h:g} px," for row, w, h in each],
        beside=[one.beside for one in folded]
        + [", beside another box of its class" if one else "" for one in beside],
    )


def _has_another(audit: AuditContext, box: Ints, whole: Ints) -> list[bool]:
    """Which boxes in `box` share image and class with one that is not in `whole`, (n,)."""
    boxes, label = audit.dataset.boxes, audit.derived.box_class
    near = np.flatnonzero(np.isin(boxes.image, boxes.image[box]) & audit.derived.is_valid)
    near = near[audit.derived.is_evaluated[near]]
    others = near[all_but(len(boxes), whole)[near]]
    known = set(zip(boxes.image[others].tolist(), label[others].tolist(), strict=True))
    pairs = zip(boxes.image[box].tolist(), label[box].tolist(), strict=True)
    return [pair in known for pair in pairs]
