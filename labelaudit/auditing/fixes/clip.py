"""To cut a box and its mask off at the edges of their image."""

from __future__ import annotations

from labelaudit.auditing.findings import Fix
from labelaudit.auditing.fixes import KINDS, FixKind, Stage
from labelaudit.auditing.fixes.plan import Plan
from labelaudit.auditing.fixes.values import BOX


def _plan(plan: Plan, row: int, fix: Fix) -> None:
    """The box has the new corners, and nothing of its mask is beyond the image."""
    KINDS["move"].plan(plan, row, fix)
    if plan.applied[row]:
        plan.clipped.add(fix.row)


KINDS.add(
    "clip",
    FixKind(
        "clip",
        words="Cut the box and its mask off at the edges of the image.",
        proposal="clip {box}",
        documentation="`box`: what is left of it; what its mask has beyond the image goes",
        values={"xyxy": BOX},
        seconds=4.0,
        stage=Stage.FIELDS,
        plan=_plan,
    ),
)
