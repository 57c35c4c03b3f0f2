"""What all shards have found, as one scan."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from labelaudit.auditing.causes import unexplained
from labelaudit.auditing.findings import Findings
from labelaudit.auditing.findings_file.known import is_known
from labelaudit.auditing.rule import RULES
from labelaudit.auditing.run import Options, ordered, promoted, suppressed
from labelaudit.auditing.scan import Scan
from labelaudit.auditing.shards.audit_shard import Gathered, ShardReport, found_by
from labelaudit.auditing.shards.kept import repointed
from labelaudit.auditing.shards.plan import ShardPlan
from labelaudit.dataset.merge import joined
from labelaudit.dataset.tables import Dataset


def merged_scan(  # what was kept, and what is told with it, by name
    reports: Sequence[ShardReport],
    options: Options,
    plan: ShardPlan,
    known: Gathered,
    *,
    sources: Sequence[Path] = (),
    baseline: frozenset[str] = frozenset(),
) -> Scan:
    """The scan of all shards: what rules found in each, and what they find in all records.

    Parameters
    ----------
    reports:
        of the shards, one at least; records follow each other in this order.
    options, plan:
        that they were made by.
    known:
        of all shards.
    sources:
        the files and folders that the shards were read from.
    baseline:
        fingerprints of what is known.

    Raises
    ------
    FormatError
        if shards are of different formats.
    """
    whole = joined([report.dataset for report in reports])
    dataset = dataclasses.replace(whole.dataset, sources=tuple(sources))
    found = [
        repointed(report.findings, rows)
        for report, rows in zip(reports, whole.new_rows, strict=True)
    ]
    context = known.context(dataset, options)
    found.append(found_by(plan.last, context, options))
    every = Findings.concat([Findings.empty(), *found]).replaced(dataset=dataset)
    findings = _reported(every, dataset, options)
    if baseline:
        findings = findings.rows(~is_known(findings, dataset, baseline))
    lacks = {code: RULES[code].lacks(context) for code in (*plan.asked, *plan.unchecked)}
    reasons = {code: reason or plan.unchecked.get(code, "") for code, reason in lacks.items()}
    return Scan(
        dataset,
        findings,
        rules=tuple(RULES[code] for code in plan.asked if not reasons[code]),
        not_checked={code: reasons[code] for code in sorted(reasons) if reasons[code]},
        options=options,
        baseline=baseline,
    )


def _reported(every: Findings, dataset: Dataset, options: Options) -> Findings:
    """What counts of all findings, in order: what no other explains and nobody ignores."""
    findings = every.rows(unexplained(every))
    findings = promoted(suppressed(findings, dataset, options), options)
    return ordered(findings.rows(findings.severity >= options.min_severity))
