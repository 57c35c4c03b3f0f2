"""To add a box that is missing."""

from __future__ import annotations

from labelaudit.auditing.findings import Fix
from labelaudit.auditing.fixes import KINDS, FixKind, Stage
from labelaudit.auditing.fixes.plan import Plan
from labelaudit.auditing.fixes.values import BOX, CLASS, IMAGE
from labelaudit.dataset.tables import RecordType


def _plan(plan: Plan, row: int, fix: Fix) -> None:
    """The image has one more box, unless it goes."""
    if int(fix.values["image"]) in plan.gone[RecordType.IMAGE]:
        plan.conflict(row, "the image is dropped")
        return
    plan.new_boxes.append(fix)
    plan.applied[row] = True


KINDS.add(
    "add",
    FixKind(
        "add",
        words="Add a box of class {class}.",
        proposal="add {class} {box}",
        documentation="`image`, `class`, `box` of a new object",
        values={"image": IMAGE, "xyxy": BOX, "label": CLASS},
        seconds=6.0,
        stage=Stage.ADDITIONS,
        plan=_plan,
        adds_box=True,
    ),
)
