"""To give a record another id."""

from __future__ import annotations

from labelaudit.auditing.findings import Fix
from labelaudit.auditing.fixes import KINDS, FixKind, Stage
from labelaudit.auditing.fixes.plan import Plan
from labelaudit.auditing.fixes.values import plain


def _plan(plan: Plan, row: int, fix: Fix) -> None:
    """The record has the new id."""
    plan.set_field(row, fix, "id", fix.values["id"])


KINDS.add(
    "renumber",
    FixKind(
        "renumber",
        words="Give it another id.",
        proposal="renumber",
        documentation="`id`: the new id",
        values={"id": plain("id")},
        seconds=5.0,
        stage=Stage.FIELDS,
        plan=_plan,
    ),
)
