"""Targets: how much rules may find, in a class, a split or at one value of a field."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.contract.evidence import ContractEvidence
from labelaudit.auditing.contract.outcome import (
    MOST_RECORDS,
    Requirement,
    Status,
    of_parts,
    passed_if,
    unknown,
)
from labelaudit.auditing.contract.words import as_share, listed
from labelaudit.auditing.estimates.ranking import is_ranked
from labelaudit.auditing.findings import Findings, Severity
from labelaudit.auditing.needs import FOR_TRAINING
from labelaudit.auditing.requirements import Contract, ContractTarget
from labelaudit.auditing.rule import RULES
from labelaudit.core.columns import MISSING, Bools, Ints
from labelaudit.core.registry import suggestion
from labelaudit.core.text import counted
from labelaudit.dataset.fields import FieldColumn, Fields
from labelaudit.errors import ConfigError

MOST_VALUES = 1000
"""Values of a field for each of which a target may hold; more are no field to tell sources by."""


@dataclass(frozen=True, eq=False)
class TargetScope:
    """What a target counts, and of how much."""

    findings: Bools  # (n,) of the evidence
    boxes: Bools  # (b,)
    images: Bools  # (i,)

    def without(self, findings: Bools, boxes: Bools, images: Bools) -> TargetScope:
        """The part of it that is in these, too.

        Parameters
        ----------
        findings, boxes, images:
            see `TargetScope`.
        """
        return TargetScope(self.findings & findings, self.boxes & boxes, self.images & images)


class _NotEvaluatedError(Exception):
    """Why a target cannot be evaluated."""


def of_targets(
    contract: Contract, evidence: ContractEvidence
) -> Iterator[tuple[Requirement, Bools]]:
    """What came of each target, and which findings it counts, (n,)."""
    fields = Fields(evidence.audit.dataset)
    for number, target in enumerate(contract.targets):
        yield _of_target(f"targets[{number}]", target, evidence, fields)


def of_severities(
    contract: Contract, evidence: ContractEvidence, covered: Bools
) -> Iterator[tuple[Requirement, Bools]]:
    """What came of the most errors and warnings, and which findings they count, (n,).

    Parameters
    ----------
    contract, evidence:
        that is held against this.
    covered:
        (n,) which findings a target is about.
    """
    limits = ((Severity.ERROR, contract.errors), (Severity.WARNING, contract.warnings))
    for severity, most in limits:
        if most is not None:
            here = evidence.told & ~covered & (evidence.findings.severity == severity)
            yield _of_severity(severity, most, (contract, evidence), here), here


def _of_severity(
    severity: Severity, most: int, held: tuple[Contract, ContractEvidence], here: Bools
) -> Requirement:
    contract, evidence = held
    key = f"{severity}s"
    about = ", but for what has a target" if contract.targets else ""
    expected = f"at most {counted(most, str(severity))}{about}"
    count = int(here.sum())
    if count <= most:
        blind = _unseen(severity, contract, evidence)
        if blind:
            return unknown(key, expected, blind)
    by_rule: dict[str, int] = {}
    for name in evidence.findings.name[here].tolist():
        by_rule[name] = by_rule.get(name, 0) + 1
    often = sorted(by_rule, key=lambda name: -by_rule[name])
    what = f": {listed([f'{by_rule[name]:,} {name}' for name in often])}" if often else ""
    found = f"{counted(count, str(severity))}{what}"
    return passed_if(count <= most, key, expected, found, _worst(evidence.findings, here))


def _unseen(severity: Severity, contract: Contract, evidence: ContractEvidence) -> str:
    """Why nobody knows whether there are more of a severity; empty if all rules looked.

    A rule that has nothing to compare, as splits, or that asks a model, is not missed: see
    `needs.FOR_TRAINING`.
    """
    blind: dict[str, list[str]] = {}
    gone = set(evidence.audit.lacking) & set(FOR_TRAINING)
    for code, reason in evidence.not_checked.items():
        if RULES[code].severity == severity and gone & set(RULES[code].needs):
            blind.setdefault(reason, []).append(RULES[code].name)
    known = evidence.ran | set(evidence.not_checked)
    left_out = [RULES[code].name for code in sorted(contract.rules - known) if code in RULES]
    if left_out:
        blind["left out of this scan"] = left_out
    return "; ".join(f"{listed(names)} ({reason})" for reason, names in blind.items())


def _of_target(
    key: str, target: ContractTarget, evidence: ContractEvidence, fields: Fields
) -> tuple[Requirement, Bools]:
    """What came of a target, and which findings it counts, (n,).

    Parameters
    ----------
    key:
        where it stands.
    target:
        that is evaluated.
    evidence:
        that it is held against.
    fields:
        of the dataset.
    """
    nothing = np.zeros(len(evidence.findings), bool)
    expected = _expected(target)
    try:
        scope = _scope(target, evidence, fields)
        every = fields.column(target.by) if target.by else None
    except (_NotEvaluatedError, ConfigError) as error:
        return unknown(key, expected, str(error)), nothing
    if every is None:
        return _evaluated(key, target, evidence, scope), scope.findings
    if len(every.values) > MOST_VALUES:
        why = f"{target.by} has {len(every.values):,} values, {MOST_VALUES:,} at most have a target"
        return unknown(key, expected, why), nothing
    parts = []
    for row, value in enumerate(every.values.tolist()):
        here = _at_value(scope, every, row, evidence)
        part = dataclasses.replace(target, by="", where={**target.where, every.name: value})
        parts.append(_evaluated(f"{key}.{value}", part, evidence, here))
    if not parts:
        return unknown(key, expected, f"nothing has a value of {target.by}"), nothing
    return of_parts(key, expected, parts), scope.findings


def _expected(target: ContractTarget) -> str:
    """A target in words."""
    limits = []
    if target.max is not None:
        limits.append(f"at most {target.max:,}")
    if target.max_share is not None:
        limits.append(f"at most {as_share(target.max_share)}")
    about = [f"{field}={value}" for field, value in target.where.items()]
    about += [f"split={target.split}"] if target.split is not None else []
    about += [f"each {target.by}"] if target.by else []
    of = f" of {target.class_name}" if target.class_name is not None else ""
    of += f" in {', '.join(about)}" if about else ""
    mild = f" ({target.severity} or worse)" if target.severity > Severity.INFO else ""
    return f"{_rule_words(target)}{of}: {', '.join(limits)}{mild}"


def _rule_words(target: ContractTarget) -> str:
    return RULES[target.codes[0]].name if len(target.codes) == 1 else target.rule


def _scope(target: ContractTarget, evidence: ContractEvidence, fields: Fields) -> TargetScope:
    """What a target counts.

    Raises
    ------
    _NotEvaluatedError
        if nothing has the class, the split or the value.
    ConfigError
        if there is no field of a name.
    """
    dataset, findings = evidence.audit.dataset, evidence.findings
    scope = TargetScope(
        np.isin(findings.code.astype(object), np.array(target.codes, object))
        & (findings.severity >= target.severity)
        & ~is_ranked(findings),
        np.ones(len(dataset.boxes), bool),
        np.ones(len(dataset.images), bool),
    )
    if target.class_name is not None:
        scope = _of_class(scope, target.class_name, evidence)
    for name, value in target.where.items():
        scope = _of_field(scope, fields.column(name), value, evidence)
    if target.split is not None:
        scope = _of_split(scope, target.split, evidence)
    return scope


def _unseen_by(target: ContractTarget, evidence: ContractEvidence) -> str:
    """Why nobody knows whether rules of a target would find more; empty if all of them looked."""
    for code in target.codes:
        name = RULES[code].name
        if code in evidence.not_checked:
            return f"{name} was not checked: {evidence.not_checked[code]}"
        if code not in evidence.ran:
            return f"{name} is left out of this scan"
        ignored = evidence.options.per_class_ignores.get(target.class_name or "", ())
        if any(_stands_for(selector, code) for selector in ignored):
            return f"{name} is ignored for {target.class_name}"
    return ""


def _stands_for(selector: str, code: str) -> bool:
    is_start = code.startswith(selector.upper())
    return is_start or selector.upper() == "ALL" or selector.lower() == RULES[code].name


def _of_class(scope: TargetScope, name: str, evidence: ContractEvidence) -> TargetScope:
    derived, findings = evidence.audit.derived, evidence.findings
    if name not in derived.classes:
        raise _NotEvaluatedError(f"no class is called {name!r}{suggestion(name, derived.classes)}")
    number = derived.classes.index(name)
    label = derived.box_class
    of_box = np.append(label, MISSING)[findings.box]
    of_category = np.append(derived.class_of, MISSING)[findings.category]
    known = (findings.box != MISSING) | (findings.category != MISSING)
    _check_all_known(scope, known, "a class", evidence)
    here = np.where(findings.category != MISSING, of_category, of_box) == number
    boxes = label == number
    images = np.zeros(len(scope.images) + 1, bool)
    images[evidence.audit.dataset.boxes.image[boxes]] = True
    return scope.without(here, boxes, images[:-1])


def _of_split(scope: TargetScope, name: str, evidence: ContractEvidence) -> TargetScope:
    """Of a split, in which an image may be beside others."""
    dataset = evidence.audit.dataset
    if name not in dataset.splits:
        why = f"no split is called {name!r}{suggestion(name, dataset.splits)}"
        raise _NotEvaluatedError(why if dataset.splits else "there are no splits")
    members = dataset.split_members
    listed_here = members.image[members.split == dataset.splits.index(name)]
    inside = np.zeros(len(dataset.images) + 1, bool)
    inside[listed_here] = True
    inside[-1] = False
    image = evidence.findings.image
    _check_all_known(scope, image != MISSING, "an image, and so of no split", evidence)
    return scope.without(inside[image], inside[dataset.boxes.image], inside[:-1])


def _of_field(
    scope: TargetScope, column: FieldColumn, value: str, evidence: ContractEvidence
) -> TargetScope:
    values = column.values.tolist()
    if value not in values:
        raise _NotEvaluatedError(f"nothing has {column.name}={value!r}{suggestion(value, values)}")
    return _at_value(scope, column, values.index(value), evidence)


def _at_value(
    scope: TargetScope, column: FieldColumn, row: int, evidence: ContractEvidence
) -> TargetScope:
    findings = evidence.findings
    of_box = np.append(column.box, MISSING)[findings.box]
    of_image = np.append(column.image, MISSING)[findings.image]
    here = np.where(findings.box != MISSING, of_box, of_image) == row
    return scope.without(here, column.box == row, column.image == row)


def _check_all_known(
    scope: TargetScope, known: Bools, what: str, evidence: ContractEvidence
) -> None:
    """Refuse to count findings of which nobody knows whether they are in a scope."""
    strange = np.flatnonzero(scope.findings & ~known)
    if len(strange):
        name = str(evidence.findings.name[strange[0]])
        raise _NotEvaluatedError(f"findings of {name} are not about {what}")


def _counted(
    key: str, target: ContractTarget, evidence: ContractEvidence, scope: TargetScope
) -> Requirement:
    """What came of a target by what rules found.

    Parameters
    ----------
    key:
        where it stands.
    target:
        that is evaluated.
    evidence:
        that it is held against.
    scope:
        what it counts.
    """
    findings, here = evidence.findings, scope.findings
    expected, count = _expected(target), int(here.sum())
    worst = _worst(findings, here)
    folded = int((here & ~evidence.told).sum())
    explained = f", {folded:,} of them explained by others" if folded else ""
    few = target.max is None or count <= target.max
    if target.max_share is None:
        return passed_if(few, key, expected, f"{count:,}{explained}", worst)
    hit, of, things = measured(findings, here, scope)
    if things == "":
        why = f"{counted(count, 'finding')}, neither of a box nor of an image: say max instead"
        return unknown(key, expected, why) if few else passed_if(False, key, expected, why, worst)
    if not of:
        why = f"there are no {things} to have a share of"
        return unknown(key, expected, why)
    found = f"{as_share(hit / of)} ({hit:,} of {of:,} {things}){explained}"
    holds = few and hit <= target.max_share * of + 1e-9
    return passed_if(holds, key, expected, found, worst)


def _evaluated(
    key: str, target: ContractTarget, evidence: ContractEvidence, scope: TargetScope
) -> Requirement:
    """What came of a target once it is known what it counts.

    A rule that did not look may have found more: what it leaves below the limits has not passed.

    Parameters
    ----------
    key, target, evidence, scope:
        see `_counted`.
    """
    requirement = _counted(key, target, evidence, scope)
    blind = _unseen_by(target, evidence)
    if blind and requirement.status is not Status.FAILED:
        return unknown(key, requirement.expected, blind)
    return requirement


def measured(findings: Findings, here: Bools, scope: TargetScope) -> tuple[int, int, str]:
    """How many boxes have a finding, of how many; or images, where findings are not about boxes.

    Parameters
    ----------
    findings:
        (n,) of which some count.
    here:
        (n,) which of them.
    scope:
        the boxes and images that they are of.

    Returns
    -------
    tuple[int, int, str]
        how many, of how many, and of what: nothing where findings are about neither.
    """
    rows = np.flatnonzero(here)
    box: Ints = np.unique(findings.box[rows][findings.box[rows] != MISSING])
    image: Ints = np.unique(findings.image[rows][findings.image[rows] != MISSING])
    if len(box) or not len(rows):
        return len(box), int(scope.boxes.sum()), "boxes"
    if len(image):
        return len(image), int(scope.images.sum()), "images"
    return 0, 0, ""


def _worst(findings: Findings, here: Bools) -> Findings:
    """The worst of some findings: the most severe, then the most doubted, then in order."""
    rows = np.flatnonzero(here)
    doubt = np.nan_to_num(findings.model_doubt[rows], nan=-1.0)
    order = np.lexsort((rows, -doubt, -findings.severity[rows].astype(np.int64)))
    return findings.rows(rows[order][:MOST_RECORDS])
