"""To give a box another class."""

from __future__ import annotations

from labelaudit.auditing.findings import Fix
from labelaudit.auditing.fixes import KINDS, FixKind, Stage
from labelaudit.auditing.fixes.plan import Plan
from labelaudit.auditing.fixes.values import CLASS


def _plan(plan: Plan, row: int, fix: Fix) -> None:
    """The box has the new class."""
    plan.set_field(row, fix, "label", int(fix.values["label"]))


KINDS.add(
    "relabel",
    FixKind(
        "relabel",
        words="Change its class to {class}.",
        proposal="relabel {class}",
        documentation="`class`: the new class, and its record `category`",
        values={"label": CLASS},
        seconds=5.0,
        stage=Stage.FIELDS,
        plan=_plan,
    ),
)
