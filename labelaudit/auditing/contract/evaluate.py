"""A contract held against a dataset and what rules found in it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from labelaudit.auditing.causes import explained_by
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.contract.evidence import ContractEvidence
from labelaudit.auditing.contract.outcome import ContractOutcome
from labelaudit.auditing.contract.records import of_records
from labelaudit.auditing.contract.splits import of_splits
from labelaudit.auditing.contract.targets import of_severities, of_targets
from labelaudit.auditing.findings import Findings
from labelaudit.auditing.findings_file.known import is_known
from labelaudit.auditing.requirements import Contract
from labelaudit.auditing.run import Audited, Options
from labelaudit.dataset.tables import Dataset


def evaluated(contract: Contract, evidence: ContractEvidence) -> ContractOutcome:
    """What came of each requirement of a contract.

    Findings that a target is about, or that are of a severity which the contract limits, are
    `covered`: the contract says how many of them there may be, and nothing else does.
    """
    requirements = [
        *of_records(contract, evidence.audit),
        *of_splits(contract, evidence.audit),
    ]
    covered = np.zeros(len(evidence.findings), bool)
    targets = []
    for requirement, counted_there in of_targets(contract, evidence):
        targets.append(requirement)
        covered |= counted_there
    for requirement, counted_there in of_severities(contract, evidence, covered.copy()):
        requirements.append(requirement)
        covered |= counted_there
    return ContractOutcome((*requirements, *targets), covered[: evidence.reported], contract.strict)


def evidence_of(
    context: AuditContext,
    found: Audited,
    lacks: Mapping[str, str],
    options: Options,
    baseline: frozenset[str] = frozenset(),
) -> ContractEvidence:
    """What a contract is held against, without what a baseline knows.

    Parameters
    ----------
    context:
        of the audit.
    found:
        by it.
    lacks:
        why each chosen rule, by code, had nothing to look at; empty for those that ran.
    options:
        of the audit.
    baseline:
        fingerprints of what is known; with a cause, what it explains is known as well.
    """
    reported, milder, explained = found.findings, found.milder, found.explained
    if baseline:
        causes, reported = _parted(reported, context.dataset, baseline)
        _, milder = _parted(milder, context.dataset, baseline)
        _, explained = _parted(explained, context.dataset, baseline)
        for cause in causes.explains:
            if cause is not None:
                explained = explained.rows(~explained_by(explained, cause))
    told = np.ones(len(reported) + len(milder) + len(explained), bool)
    told[len(reported) + len(milder) :] = False
    return ContractEvidence(
        context,
        Findings.concat([reported, milder, explained]),
        told,
        len(reported),
        frozenset(code for code, why in lacks.items() if not why),
        {code: why for code, why in lacks.items() if why},
        options,
    )


def _parted(
    findings: Findings, dataset: Dataset, baseline: frozenset[str]
) -> tuple[Findings, Findings]:
    """The findings that a baseline knows, and the others."""
    known = is_known(findings, dataset, baseline)
    return findings.rows(known), findings.rows(~known)
