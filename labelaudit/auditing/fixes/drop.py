"""To remove a record."""

from __future__ import annotations

from labelaudit.auditing.findings import Fix
from labelaudit.auditing.fixes import KINDS, FixKind, Stage
from labelaudit.auditing.fixes.plan import Plan
from labelaudit.dataset.tables import RecordType


def _plan(plan: Plan, row: int, fix: Fix) -> None:
    """The record goes; but not a box that repeats one which goes already."""
    other = int(plan.findings.other[row])
    gone = plan.gone[RecordType.BOX]
    if fix.part is RecordType.BOX and fix.row not in gone and other in gone:
        plan.conflict(row, "the box that it is compared with is dropped, too")
        return
    plan.gone[fix.part].setdefault(fix.row, row)
    plan.applied[row] = True


KINDS.add(
    "drop",
    FixKind(
        "drop",
        words="Remove this label.",
        proposal="drop",
        documentation="the record goes",
        values={},
        seconds=4.0,
        stage=Stage.REMOVALS,
        plan=_plan,
        removes=True,
    ),
)
