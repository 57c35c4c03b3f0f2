"""Fixing: from a dataset and findings to a new dataset in which their fixes are done."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.findings import Findings, Fix, Safety
from labelaudit.auditing.fixes import KINDS
from labelaudit.auditing.fixes.plan import Plan
from labelaudit.core.columns import Bools, Rows
from labelaudit.dataset.tables import Dataset


@dataclass(frozen=True, eq=False)
class Applied:
    """What came of applying fixes."""

    dataset: Dataset
    applied: Bools  # (n,) which findings are fixed
    conflicts: list[str]  # why a fix was not done, one line each
    box: Rows  # (boxes now,) the row that each box had before; MISSING if it is new
    image: Rows  # (images now,) the row that each image had before


def fixable(findings: Findings, *, unsafe: bool = False) -> Bools:
    """Which findings have a fix that may be applied, (n,): safe ones, or all with `unsafe`."""
    return np.array(
        [fix is not None and (unsafe or fix.safety is Safety.SAFE) for fix in findings.fix], bool
    )


def apply(dataset: Dataset, findings: Findings) -> Applied:
    """The dataset with the fixes of all findings that have one.

    Fixes of one record are ordered: a transform of its whole file, then its removal, then changes
    to its fields, the worst finding first. One that an earlier one rules out is not done and is
    reported. A duplicate is not removed if the box that it repeats was.

    Raises
    ------
    FixError
        if a fix names a record or field that does not exist.
    UnknownNameError
        if a fix is of a kind that does not exist.
    """
    plan = Plan(dataset, findings)
    rows = np.flatnonzero(np.array([fix is not None for fix in findings.fix], bool))
    worst_first = rows[np.argsort(-findings.severity[rows].astype(int), kind="stable")].tolist()
    fixes: list[tuple[int, Fix]] = [(row, findings.fix[row]) for row in worst_first]
    kinds = {name: KINDS[name] for name in {fix.kind for _, fix in fixes}}
    for row, fix in sorted(fixes, key=lambda one: kinds[one[1].kind].stage):
        kinds[fix.kind].plan(plan, row, fix)
    return Applied(plan.result(), plan.applied, plan.conflicts, plan.box, plan.image)
