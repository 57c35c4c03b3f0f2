"""To let another record of its table take over."""

from __future__ import annotations

from labelaudit.auditing.findings import Fix
from labelaudit.auditing.fixes import KINDS, FixKind, Stage
from labelaudit.auditing.fixes.plan import Plan
from labelaudit.auditing.fixes.values import RECORD


def _plan(plan: Plan, row: int, fix: Fix) -> None:
    """What refers to the record refers to the other one; the record goes."""
    into = plan.merged_into(fix.part, int(fix.values["into"]))
    gone = plan.gone[fix.part]
    if fix.row in gone or into in gone or into == fix.row:
        plan.conflict(row, "one of the two records is dropped or merged already")
        return
    plan.into[fix.part][fix.row] = into
    plan.applied[row] = True


KINDS.add(
    "merge",
    FixKind(
        "merge",
        words="Merge this record into the one that it repeats.",
        proposal="merge",
        documentation="`into`: the record that takes over; this one goes",
        values={"into": RECORD},
        seconds=4.0,
        stage=Stage.MERGES,
        plan=_plan,
        removes=True,
    ),
)
