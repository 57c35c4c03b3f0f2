from __future__ import annotations

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.label_issues import ErrorKind
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Overlap, Share
from labelaudit.rules.mod.label_issue_rows import doubts, label_issues_of, leading, places
from labelaudit.rules.mod.proposals import MOST_MOVED, reframed

EVIDENCE = {
    "box_loss": "box loss",
    "anchor_iou_distance": "the misfit to the model's box",
    "nearest_iou_distance": "the misfit to the nearest detection",
    "objectlab_misplaced": "ObjectLab",
}
"""Evidence for a loose box that means something alone, and what messages call it."""


@rule(
    "MOD003",
    "loose-box",
    message="{label}, {w:g} x {h:g} px, is {probably} badly framed ({p}): {seen}{place}",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    needs=Need.MODEL,
)
def loose_box(
    audit: AuditContext, *, min_probability: Share = 0.5, max_overlap: Overlap = MOST_MOVED
) -> Found:
    """A box that does not fit its object: too large, too small, shifted, or around two.

    Why it hurts: the detector learns to frame badly, and below an overlap of 0.5 training and
    evaluation take it for a false box and a missed object.

    Needs a model: `--detector` or `--predictions`. Says nothing about crowd regions, difficult
    boxes and boxes that are too small for the model.

    Settings:
        min_probability: least probability that the box is loose, or least doubt of predictions,
            inclusive.
        max_overlap: no correction is proposed where the model's box overlaps the given one by more:
            models agree with right boxes by 0.83 to 0.86 themselves.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image, with_label_issues
        >>> audit = with_label_issues(one_image("car 10 10 40 40"), "0 loose_box 0.88 20 10 60 40")
        >>> print(before_and_after(loose_box, audit))
        Found: car, 30 x 30 px, is probably badly framed (p 0.88): the model's box, 40 x 30 px,
            overlaps it by 0.40
        labels.json, before (-) and after (+) an unsafe fix:
        - {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
        + {"id": 1, "image_id": 1, "category_id": 1, "bbox": [20, 10, 40, 30]}

    Fix: moves the box to where the model sees the object. Unsafe, because a model can be wrong;
    `--min-probability` says from which probability on you trust it.
    """
    label_issues = label_issues_of(audit)
    box = leading(label_issues, ErrorKind.LOOSE_BOX, min_probability)
    proposed = reframed(audit, box, Safety.UNSAFE, max_overlap=max_overlap)
    doubt = label_issues.boxes.loose_box[box]
    return found(
        box,
        fix=proposed.fix,
        **doubts(doubt, calibrated=label_issues.boxes_calibrated),
        seen=proposed.seen,
        place=places(label_issues.box_features, EVIDENCE, box),
    )
