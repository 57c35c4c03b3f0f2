from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.core.columns import Bools
from labelaudit.dataset.tables import ProblemKind, RecordType
from labelaudit.rules.geo.fix_choices import either, restored_or_dropped


@rule(
    "GEO003",
    "not-finite",
    message="{label} has the corners {corners}: no image has such a place",
    severity=Severity.ERROR,
    fix=Safety.SAFE,
    scope=Scope.IMAGE,
)
def not_finite(audit: AuditContext) -> Found:
    """A box with a coordinate that is NaN, infinite, or beyond 1e9 pixels.

    Why it hurts: one NaN in a batch makes the loss NaN and, after the next step, every weight.

    A box that could not be read at all is reported where that is said, and not here again. All
    other geometry rules leave these boxes alone.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image
        >>> print(before_and_after(not_finite, one_image("car 10 10 40 40", "car 50 20 nan 60")))
        Found: car has the corners 50, 20, nan, 60: no image has such a place
        labels.json, before (-) and after (+) a safe fix:
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
        - {"id": 2, "image_id": 1, "category_id": 1, "bbox": [50, 20, NaN, 40]}

    Fix: gives the box the extent of its mask; without mask and keypoints, drops it. Safe where a
    corner is NaN, because nobody can read it; but unsafe to drop a box that is only too large or
    infinite: clipping may make it usable.
    """
    xyxy = audit.dataset.boxes.xyxy
    box = np.flatnonzero(~audit.derived.in_range)
    box = box[~_told(audit)[box]]
    fixes = either(
        ~np.asarray(np.isnan(xyxy[box]).any(axis=1)),
        restored_or_dropped(audit, box, Safety.UNSAFE),
        restored_or_dropped(audit, box, Safety.SAFE),
    )
    corners = [", ".join(f"{corner:g}" for corner in row) for row in xyxy[box].tolist()]
    return found(box, fix=fixes, corners=corners)


def _told(audit: AuditContext) -> Bools:
    """Which boxes are known not to have been understood, (n,): rules about records report them."""
    problems, fields = audit.dataset.problems, audit.dataset.facts.box_fields
    lost = np.zeros(len(problems), bool)
    for kind in (ProblemKind.MISSING_FIELD, ProblemKind.UNREADABLE_FIELD, ProblemKind.TRUNCATED):
        lost |= problems.kind == kind.value
    for row in np.flatnonzero(lost):
        field = problems.field[row]
        lost[row] = not field or field.startswith(fields)
    told = np.zeros(len(audit.dataset.boxes) + 1, bool)
    told[problems.row[lost & (problems.part == RecordType.BOX.value)]] = True
    return told[:-1]
