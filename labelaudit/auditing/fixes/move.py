"""To give a box other corners."""

from __future__ import annotations

from labelaudit.auditing.findings import Fix
from labelaudit.auditing.fixes import KINDS, FixKind, Stage
from labelaudit.auditing.fixes.plan import Plan
from labelaudit.auditing.fixes.values import BOX


def _plan(plan: Plan, row: int, fix: Fix) -> None:
    """The box has the new corners, unless its whole file is transformed."""
    if plan.is_removed(fix):
        plan.conflict(row, "the record is dropped")
    elif plan.file_of(fix.row) in plan.transforms:
        plan.conflict(row, "all boxes of the file are transformed")
    else:
        plan.set_field(row, fix, "xyxy", list(fix.values["xyxy"]))


KINDS.add(
    "move",
    FixKind(
        "move",
        words="Move the box.",
        proposal="move {box}",
        documentation="`box`: the new left, top, width, height",
        values={"xyxy": BOX},
        seconds=6.0,
        stage=Stage.FIELDS,
        plan=_plan,
    ),
)
