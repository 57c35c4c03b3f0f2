"""To set one field of a record."""

from __future__ import annotations

from labelaudit.auditing.findings import Fix
from labelaudit.auditing.fixes import KINDS, FixKind, Stage
from labelaudit.auditing.fixes.plan import Plan
from labelaudit.auditing.fixes.values import plain


def _plan(plan: Plan, row: int, fix: Fix) -> None:
    """The field, a column or what the source calls it, has the new value."""
    plan.set_field(row, fix, fix.values["field"], fix.values["value"])


KINDS.add(
    "set-field",
    FixKind(
        "set-field",
        words="Set a field of the record.",
        proposal="set-field {field} = {value}",
        documentation="`field` and its new `value`",
        values={"field": plain("field"), "value": plain("value")},
        seconds=5.0,
        stage=Stage.FIELDS,
        plan=_plan,
    ),
)
