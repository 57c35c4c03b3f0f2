"""Fixing: from a dataset and findings to a new dataset in which their fixes are done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from labelaudit.auditing.findings import Findings, Fix, Safety
from labelaudit.auditing.fixes import KINDS
from labelaudit.auditing.fixes.plan import Plan
from labelaudit.auditing.fixes.removals import removals
from labelaudit.auditing.options.arguments import check_findings
from labelaudit.core.columns import MISSING, Bools, Rows
from labelaudit.dataset.arguments import check_dataset, check_taken
from labelaudit.dataset.tables import (
    Boxes,
    Categories,
    Dataset,
    DatasetPart,
    Images,
    RecordPlace,
    RecordType,
)
from labelaudit.errors import ArgumentError


@dataclass(frozen=True, eq=False)
class Applied:
    """What came of applying fixes."""

    dataset: Dataset
    applied: Bools  # (n,) which findings are fixed
    conflicts: list[str]  # why a fix was not done, one line each
    box: Rows  # (boxes now,) the row that each box had before; MISSING if it is new
    image: Rows  # (images now,) the row that each image had before
    removed: Mapping[RecordType, int]  # records that are gone, none for a type that lost none


def fixable(findings: Findings, *, unsafe: bool = False) -> Bools:
    """Which findings have a fix that may be applied, (n,): safe ones, with `unsafe` these, too.

    Never one that is only proposed, which takes a decision about it.
    """
    check_findings(findings, "fixable()")
    allowed = (Safety.SAFE, Safety.UNSAFE) if unsafe else (Safety.SAFE,)
    return np.array([fix is not None and fix.safety in allowed for fix in findings.fix], bool)


def apply(
    dataset: Dataset,
    findings: Findings,
    unwritable: Mapping[RecordPlace, str] = MappingProxyType({}),
) -> Applied:
    """The dataset with the fixes of all findings that have one.

    Fixes of one record are ordered: a transform of its whole file, then its removal, then changes
    to its fields, the worst finding first. One that an earlier one rules out is not done and is
    reported. A duplicate is not removed if the box that it repeats was.

    Parameters
    ----------
    dataset:
        that is fixed.
    findings:
        about it.
    unwritable:
        records that are left as they are, with the reason: their fixes are conflicts.

    Raises
    ------
    ArgumentError
        if these are no dataset and findings about it.
    FixError
        if a fix names a record or field that does not exist.
    UnknownNameError
        if a fix is of a kind that does not exist.
    """
    check_dataset(dataset, "apply()")
    check_findings(findings, "apply(), after the dataset,")
    takes = "reasons by RecordPlace(part, file, record)"
    check_taken(isinstance(unwritable, Mapping), unwritable, "unwritable=", takes)
    _check_about(findings, dataset)
    plan = Plan(dataset, findings)
    unwritable = {**unwritable, **_shared_records(dataset)}
    rows = np.flatnonzero(np.array([fix is not None for fix in findings.fix], bool))
    worst_first = rows[np.argsort(-findings.severity[rows].astype(int), kind="stable")].tolist()
    fixes: list[tuple[int, Fix]] = [(row, findings.fix[row]) for row in worst_first]
    kinds = {name: KINDS[name] for name in {fix.kind for _, fix in fixes}}
    for row, fix in sorted(fixes, key=lambda one: kinds[one[1].kind].stage):
        if reason := unwritable and _refusal(dataset, fix, unwritable):
            plan.conflict(row, reason)
        else:
            kinds[fix.kind].plan(plan, row, fix)
    result = plan.result()
    removed = removals(dataset, result, len(plan.new_boxes))
    return Applied(result, plan.applied, plan.conflicts, plan.box, plan.image, removed)


def _shared_records(dataset: Dataset) -> Mapping[RecordPlace, str]:
    """The records that a part of a dataset shares with what is not looked at, and so leaves."""
    if dataset.part == DatasetPart():
        return {}
    reason = f"its class is also that of boxes beyond {dataset.part}, which are not looked at"
    places = zip(dataset.categories.file.tolist(), dataset.categories.record.tolist(), strict=True)
    return {RecordPlace(RecordType.CATEGORY, *place): reason for place in places}


def _check_about(findings: Findings, dataset: Dataset) -> None:
    """Raise `ArgumentError` if findings are about a dataset of other records."""
    about = findings.dataset
    if about is None or about is dataset:
        return
    counts = [(len(d.images), len(d.boxes), len(d.categories)) for d in (about, dataset)]
    if counts[0] != counts[1]:
        raise ArgumentError(
            f"these findings are about another dataset: {about!r}, not {dataset!r}; "
            "labelaudit.audit(dataset) finds those of this one"
        )


def _refusal(dataset: Dataset, fix: Fix, unwritable: Mapping[RecordPlace, str]) -> str | None:
    """Why a fix cannot be written, if it changes a record that cannot be."""
    for one in fix.values.get("fixes", ()):
        if reason := _refusal(dataset, one, unwritable):
            return reason
    if fix.part is RecordType.FILE:  # all boxes of a file, or of all files
        return next((why for at, why in unwritable.items() if fix.row in (at.file, MISSING)), None)
    if "image" in fix.values:
        file = int(dataset.images.file[fix.values["image"]])
        return unwritable.get(RecordPlace(RecordType.BOX, file, MISSING))
    records: Images | Categories | Boxes = dataset.boxes
    if fix.part is not RecordType.BOX:
        records = dataset.images if fix.part is RecordType.IMAGE else dataset.categories
    place = RecordPlace(fix.part, int(records.file[fix.row]), int(records.record[fix.row]))
    return unwritable.get(place)
