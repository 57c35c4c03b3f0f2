"""To do several fixes that only make sense together."""

from __future__ import annotations

from labelaudit.auditing.findings import Fix
from labelaudit.auditing.fixes import KINDS, FixKind, Stage
from labelaudit.auditing.fixes.plan import Plan
from labelaudit.auditing.fixes.values import FIXES


def _plan(plan: Plan, row: int, fix: Fix) -> None:
    """Each of the fixes is done, in their order, before those of other findings."""
    for one in fix.values["fixes"]:
        KINDS[one.kind].plan(plan, row, one)


KINDS.add(
    "together",
    FixKind(
        "together",
        words="Change all of these records.",
        proposal="together",
        documentation="`fixes`: those of several records that have one cause, each as a `fix`",
        values={"fixes": FIXES},
        seconds=6.0,
        stage=Stage.FILES,
        plan=_plan,
    ),
)
