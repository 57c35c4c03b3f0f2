from __future__ import annotations

from labelaudit.auditing.class_conflicts.merge_advice import (
    MAX_PART,
    MIN_CONFUSED,
    MIN_COUNT,
    MergeWorthy,
    merge_worthy,
)
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Count, Share
from labelaudit.core.text import counted
from labelaudit.rules.cls.usage import first_rows
from labelaudit.rules.net.classes_told import remarks


@rule(
    "NET004",
    "merge-worthy-class",
    message="{class_name} might be merged into {other_class}: {what}{more}",
    severity=Severity.INFO,
    needs=Need.NETWORK,
)
def merge_worthy_class(
    audit: AuditContext,
    *,
    max_part: Share = MAX_PART,
    min_confused: Share = MIN_CONFUSED,
    min_count: Count = MIN_COUNT,
    max_classes: Count = 10,
) -> Found:
    """A class that is rare beside another one, and confused with it.

    Why it hurts: a small network has few features to spare; what separates a rare class from a
    common one that even the labels mix up, it cannot learn, and every such label teaches the common
    class a mistake. One class of both is often what the task needs, and always easier: in
    `labelaudit train` that is `merge = {car = ["van"]}`, undone by taking it out.

    Asked for with a network (`--train-size`, `--network`), since it is advice and no error. Counted
    are boxes of the two classes on one object (conflicting-classes) and, where a model was asked,
    labels at whose boxes it scores the other class higher than the given one, and by .25 or more,
    whether they are right or not: what it cannot tell apart counts here, what is probably labelled
    wrong is told by confused-classes.

    Settings:
        max_part: boxes of the rare class for one of the common class, at most, inclusive.
        min_confused: confusions for a box of the rare class, at least, inclusive.
        min_count: so many confusions at least, inclusive.
        max_classes: of how many classes it is told, those of the most confusions.

    Why these defaults: choices. Nothing in BCCD, cards, COCO and TACO is found by labels alone.

    Example:
        >>> from labelaudit.network.settings import network_settings
        >>> from labelaudit.testing import before_and_after, one_image
        >>> network = network_settings(train_size=320)
        >>> cars = [f"car {x} 0 {x + 30} 30" for x in range(0, 600, 40)]
        >>> vans = [f"van {x} 0 {x + 30} 30" for x in range(0, 120, 40)]
        >>> merged = [van.replace("van", "car") for van in vans]
        >>> wrong = AuditContext(one_image(*cars, *vans), network=network)
        >>> right = AuditContext(one_image(*cars, *merged), network=network)
        >>> print(before_and_after(merge_worthy_class, wrong, right))
        Found: van might be merged into car: 3 boxes beside 15, 3 of them on one object with one
        labels.json, wrong (-) and right (+):
          {"id": 15, "image_id": 1, "category_id": 1, "bbox": [560, 0, 30, 30]}
        - {"id": 16, "image_id": 1, "category_id": 2, "bbox": [0, 0, 30, 30]}
        - {"id": 17, "image_id": 1, "category_id": 2, "bbox": [40, 0, 30, 30]}
        - {"id": 18, "image_id": 1, "category_id": 2, "bbox": [80, 0, 30, 30]}
        + {"id": 16, "image_id": 1, "category_id": 1, "bbox": [0, 0, 30, 30]}
        + {"id": 17, "image_id": 1, "category_id": 1, "bbox": [40, 0, 30, 30]}
        + {"id": 18, "image_id": 1, "category_id": 1, "bbox": [80, 0, 30, 30]}
          {"id": 1, "name": "car"}
        - {"id": 2, "name": "van"}

    There is no fix: whether the task needs both is not in the labels.
    """
    every = merge_worthy(audit, max_part=max_part, min_confused=min_confused, min_count=min_count)
    worthy = every[: max(max_classes, 0)]
    return found(
        category=first_rows(audit)[[one.rare for one in worthy]],
        other_class=[audit.derived.classes[one.other] for one in worthy],
        what=[_words(one) for one in worthy],
        more=remarks(len(worthy), len(every)),
    )


def _words(one: MergeWorthy) -> str:
    words = f"{counted(one.boxes, 'box', 'boxes')} beside {one.other_boxes:,}, "
    words += f"{one.conflicts:,} of them on one object with one"
    labels = counted(one.taken, "label")
    return f"{words}, {labels} that the model takes for the other" if one.asked else words
