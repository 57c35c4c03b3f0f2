from __future__ import annotations

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.label_issues import ErrorKind
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Share
from labelaudit.rules.mod.label_issue_rows import (
    class_words,
    clipped,
    doubts,
    label_issues_of,
    leading,
    open_places,
)
from labelaudit.rules.mod.proposals import added


@rule(
    "MOD001",
    "missing-box",
    message="{what}, {w:.0f} x {h:.0f} px at {x:.0f}, {y:.0f}, is {probably} not labelled ({p}): "
    "{seen}",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    needs=Need.MODEL,
)
def missing_box(audit: AuditContext, *, min_probability: Share = 0.5) -> Found:
    """An object that a detector sees and nobody labelled.

    Why it hurts: training takes every place without a box for background, so that each forgotten
    object teaches the detector not to see its like.

    Needs a model: `--detector` or `--predictions`. Says nothing about places inside of crowd
    regions and difficult boxes, nor about an object whose label is found to be loose there, or is
    broken: without an inside, inverted or outside of its image, as rules of GEO say.

    Settings:
        min_probability: least probability that an object is there, or least doubt of predictions,
            inclusive.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image, with_label_issues
        >>> audit = with_label_issues(
        ...     one_image("car 10 10 40 40"), "missing 0.93 0 car 100 20 160 50"
        ... )
        >>> print(before_and_after(missing_box, audit))
        Found: car, 60 x 30 px at 100, 20, is probably not labelled (p 0.93): the detector's score
            is 0.91
        labels.json, before (-) and after (+) an unsafe fix:
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
        + {"id": 2, "image_id": 1, "category_id": 1, "bbox": [100, 20, 60, 30], "area": 1800,
            "iscrowd": 0}

    Fix: adds the box. Unsafe, because a detector can be wrong; `--min-probability` says from which
    probability on you trust it.
    """
    label_issues = label_issues_of(audit)
    loose = leading(label_issues, ErrorKind.LOOSE_BOX, min_probability)
    probable = label_issues.missing.probability >= min_probability
    chosen = label_issues.missing.rows(probable & open_places(audit, loose))
    box = clipped(chosen.xyxy, audit.dataset.images.size[chosen.image])
    proposed = added(audit, chosen, Safety.UNSAFE)
    return found(
        image=chosen.image,
        fix=proposed.fix,
        what=class_words(audit, chosen.label),
        **doubts(chosen.probability, calibrated=label_issues.missing_calibrated),
        seen=proposed.seen,
        x=box[:, 0],
        y=box[:, 1],
        w=box[:, 2] - box[:, 0],
        h=box[:, 3] - box[:, 1],
    )
