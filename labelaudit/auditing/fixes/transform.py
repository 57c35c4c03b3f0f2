"""To convert every box of a file."""

from __future__ import annotations

from labelaudit.auditing.findings import Fix
from labelaudit.auditing.fixes import KINDS, FixKind, Stage
from labelaudit.auditing.fixes.plan import Plan
from labelaudit.auditing.fixes.values import plain
from labelaudit.boxes.conventions import TRANSFORMS
from labelaudit.core.columns import MISSING
from labelaudit.core.registry import instead
from labelaudit.errors import FixError


def _plan(plan: Plan, row: int, fix: Fix) -> None:
    """All boxes of the file are converted, or those of all files if the fix names none."""
    name = fix.values["name"]
    if name not in TRANSFORMS:
        raise FixError(f"no transform is called {name!r}{instead(name, TRANSFORMS)}")
    files = range(len(plan.dataset.files)) if fix.row == MISSING else [fix.row]
    if any(file in plan.transforms for file in files):
        plan.conflict(row, "another transform of the same file comes first")
        return
    plan.transforms.update(dict.fromkeys(files, name))
    plan.applied[row] = True


KINDS.add(
    "transform",
    FixKind(
        "transform",
        words="Convert all boxes of the file.",
        proposal="transform",
        documentation="`name`: a conversion of all boxes of the file",
        values={"name": plain("name")},
        seconds=6.0,
        stage=Stage.FILES,
        plan=_plan,
    ),
)
