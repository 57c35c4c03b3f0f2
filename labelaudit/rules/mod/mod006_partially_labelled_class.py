from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Count, Share
from labelaudit.core.columns import MISSING
from labelaudit.rules.mod.gaps import gaps, largest_places
from labelaudit.rules.mod.label_issue_rows import (
    at_least,
    category_rows,
    class_words,
    label_issues_of,
)


@rule(
    "MOD006",
    "partially-labelled-class",
    message="{what} is hardly labelled in {where}: the model sees {missing} without a label "
    "({least}), {labelled} are labelled; elsewhere it sees {elsewhere:.0%} without one",
    severity=Severity.WARNING,
    needs=Need.MODEL,
)
def partially_labelled_class(
    audit: AuditContext,
    *,
    min_probability: Share = 0.5,
    min_missing: Count = 5,
    min_share: Share = 0.5,
    max_elsewhere: Share = 0.2,
) -> Found:
    """A class that is labelled in most of the data, and hardly in one split, folder or image.

    Why it hurts: a part of the data was annotated with other classes in mind. Training on it
    teaches that objects of the class are background, as often as they occur there.

    Needs a model: `--detector` or `--predictions`. The counts are a model's, not facts. A source is
    a split, a folder of images or a label file; a single image only if it has no label of the class
    at all, and no source that it is in is reported.

    Settings:
        min_probability: least probability, or doubt of predictions, with which a missing object
            counts, inclusive.
        min_missing: how many it takes in a source, inclusive.
        min_share: least share of the class's objects in the source that have no label, inclusive.
        max_elsewhere: the largest such share in all other sources, inclusive; above, labels
            of the class are missing everywhere, or the model is not to be trusted with it.

    Example:
        >>> from labelaudit.testing import before_and_after, images, with_label_issues
        >>> dataset = images({"old/a.jpg": ["cat 0 0 9 9"] * 8, "new/b.jpg": ["dog 0 0 9 9"]})
        >>> places = [f"{x} 50 {x + 20} 70" for x in range(0, 150, 30)]
        >>> wrong = with_label_issues(dataset, *(f"missing 0.9 1 cat {place}" for place in places))
        >>> cats = [f"cat {place}" for place in places]
        >>> right = images({"old/a.jpg": ["cat 0 0 9 9"] * 8, "new/b.jpg": ["dog 0 0 9 9", *cats]})
        >>> print(before_and_after(partially_labelled_class, wrong, with_label_issues(right)))
        Found: cat is hardly labelled in folder new: the model sees 5 without a label (p 0.5 or
            more), 0 are labelled; elsewhere it sees 0% without one
        labels.json, wrong (-) and right (+):
          {"id": 9, "image_id": 2, "category_id": 2, "bbox": [0, 0, 9, 9]}
        + {"id": 10, "image_id": 2, "category_id": 1, "bbox": [0, 50, 20, 20]}
        + {"id": 11, "image_id": 2, "category_id": 1, "bbox": [30, 50, 20, 20]}
        + (and 3 more)

    There is no fix: see the single objects under missing-box.
    """
    chosen = largest_places(
        gap
        for gap in gaps(audit, min_probability, min_missing)
        if gap.share >= min_share
        and gap.elsewhere <= max_elsewhere
        and not (gap.single and gap.labelled)
    )
    image = [int(np.argmax(gap.images)) if gap.single else MISSING for gap in chosen]
    label = np.array([gap.label for gap in chosen], np.int32)
    calibrated = label_issues_of(audit).missing_calibrated
    return found(
        image=image,
        category=category_rows(audit, label, np.full(len(label), MISSING, np.int32)),
        what=class_words(audit, label),
        where=[gap.where for gap in chosen],
        missing=[gap.missing for gap in chosen],
        labelled=[gap.labelled for gap in chosen],
        elsewhere=[gap.elsewhere for gap in chosen],
        least=[at_least(min_probability, calibrated=calibrated)] * len(chosen),
    )
