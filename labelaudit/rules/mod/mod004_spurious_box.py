from __future__ import annotations

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.label_issues import ErrorKind
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Share
from labelaudit.rules.mod.label_issue_rows import doubts, label_issues_of, leading, places
from labelaudit.rules.mod.proposals import dropped

EVIDENCE = {"crop_log_background": "the crop classifier", "unmatched": "the best detection there"}
"""Evidence for a box on nothing that means something alone, and what messages call it."""


@rule(
    "MOD004",
    "spurious-box",
    message="{label}, {w:g} x {h:g} px, {probably} marks nothing ({p}): {seen}{place}",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    needs=Need.MODEL,
)
def spurious_box(audit: AuditContext, *, min_probability: Share = 0.5) -> Found:
    """A box in which there is no object of any class.

    Why it hurts: the detector learns to see things where there are none.

    Needs a model: `--detector` or `--predictions`. Says nothing about crowd regions, difficult
    boxes and boxes that are too small for the model.

    Settings:
        min_probability: least probability that there is nothing, or least doubt of predictions,
            inclusive.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image, with_label_issues
        >>> audit = with_label_issues(one_image("car 10 10 40 40"), "0 spurious 0.81", other=0.05)
        >>> print(before_and_after(spurious_box, audit))
        Found: car, 30 x 30 px, probably marks nothing (p 0.81): background 0.95, car 0.03
        labels.json, before (-) and after (+) an unsafe fix:
        - {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}

    Fix: drops the box. Unsafe, because an object that a model does not see may be there all the
    same; `--min-probability` says from which probability on you trust it.
    """
    label_issues = label_issues_of(audit)
    box = leading(label_issues, ErrorKind.SPURIOUS, min_probability)
    proposed = dropped(audit, box, Safety.UNSAFE)
    doubt = label_issues.boxes.spurious[box]
    return found(
        box,
        fix=proposed.fix,
        **doubts(doubt, calibrated=label_issues.boxes_calibrated),
        seen=proposed.seen,
        place=places(label_issues.box_features, EVIDENCE, box),
    )
