"""Scans: an audit together with what is known already and what was fixed, as reports show it."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from labelaudit.auditing.class_conflicts.confused_classes import conflicts_of
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.estimates.expected_value import expected_value
from labelaudit.auditing.estimates.ranking import is_ranked
from labelaudit.auditing.findings import Findings, Severity
from labelaudit.auditing.fixes.apply import apply, fixable
from labelaudit.auditing.fixes.removals import removed_boxes
from labelaudit.auditing.label_issues import JudgedBoxes, JudgedSample, LabelIssues
from labelaudit.auditing.options.arguments import check_asked
from labelaudit.auditing.rule import RULES, Rule
from labelaudit.auditing.run import (
    Options,
    audited,
    chosen_rules,
    codes,
    context_of,
)
from labelaudit.boxes.ops import iou
from labelaudit.boxes.pairs import Pairs
from labelaudit.core.columns import MISSING, Bools
from labelaudit.core.later import later
from labelaudit.core.progress import StageProgress, ignore_progress
from labelaudit.core.rows import unique
from labelaudit.core.text import counted
from labelaudit.dataset.arguments import check_dataset, check_kind
from labelaudit.dataset.fields import Fields, check_fields
from labelaudit.dataset.months import by_month
from labelaudit.dataset.tables import Dataset, RecordPlace, RecordType
from labelaudit.errors import ConfigError

if TYPE_CHECKING:
    from labelaudit.auditing.contract.outcome import ContractOutcome
    from labelaudit.auditing.estimates.breakdown import FieldBreakdown

_is_known = later("labelaudit.auditing.findings_file.known", "is_known")

CONFLICTING_CLASSES = "DUP003"

ROUNDS = 10
"""How often fixes are applied to what earlier fixes brought to light, before giving up."""


@dataclass(frozen=True)
class RuleCount:
    """What one rule found."""

    code: str
    name: str
    severity: Severity  # the worst of its findings
    findings: int
    by_severity: Mapping[Severity, int]  # worst first, without those that do not occur
    images: int  # with a finding
    safe: int  # findings with a safe fix
    unsafe: int  # findings with an unsafe fix
    removed_safely: int  # boxes that the safe fixes remove
    removed: int  # boxes that all fixes remove


@dataclass(frozen=True)
class ClassConflict:
    """Two classes that stand on one object."""

    first: str
    second: str
    count: int  # findings
    share: float  # of the boxes of the rarer class, how many are in conflict
    overlap: float  # mean intersection over union


@dataclass(frozen=True, eq=False, repr=False)
class Scan:
    """What a scan looked at and what it found."""

    dataset: Dataset
    findings: Findings  # without those that the baseline knows
    rules: tuple[Rule, ...]  # that ran
    # Chosen rules that had nothing to look at, by code, and why, in words.
    not_checked: Mapping[str, str] = field(default_factory=dict)
    label_issues: LabelIssues | None = None  # what a model makes of the labels
    options: Options = field(default_factory=Options)
    baseline: frozenset[str] = frozenset()  # fingerprints of findings that are known
    known: int = 0  # findings that the baseline knows
    fixed: Mapping[str, int] = field(default_factory=dict)  # rule name: fixes applied
    removed: Mapping[RecordType, int] = field(default_factory=dict)  # by fixes: records gone
    conflicts: tuple[str, ...] = ()  # fixes that could not be applied, and why
    contract: ContractOutcome | None = None  # what came of it; None where there is none
    config: Path | None = None
    command: tuple[str, ...] = ()  # what was typed after `labelaudit scan` to have just this
    seconds: float = 0.0  # from reading the first byte
    examples: int = 3  # findings of each rule that a report for people shows
    top_images: int | None = None  # that a report names; None: as it likes
    fail_on: Severity = Severity.WARNING  # the mildest finding that fails it, as reports show
    samples: tuple[JudgedSample, ...] = ()  # what people judged, one for each unit at most
    judged_boxes: JudgedBoxes = field(default_factory=JudgedBoxes.empty)  # in these samples

    def __repr__(self) -> str:
        counts = (f"{count:,} {severity}" for severity, count in self.by_severity.items())
        unchecked = counted(len(self.not_checked), "rule")
        found = ", ".join(counts) or "nothing found"
        return f"<Scan of {self.dataset!r}: {found}; {unchecked} not checked>"

    @cached_property
    def by_rule(self) -> list[RuleCount]:
        """The rules that found something: those of the most valuable finding, then of the most."""
        safe, any_fix = (fixable(self.findings, unsafe=unsafe) for unsafe in (False, True))
        numbers: dict[str, int] = {}
        codes = self.findings.code.tolist()
        rule = np.array([numbers.setdefault(code, len(numbers)) for code in codes], np.int64)
        counts = []
        for code, number in numbers.items():
            here = rule == number
            images = self.findings.image[here]
            by_severity = _by_severity(self.findings.rows(here))
            counts.append(
                RuleCount(
                    code=code,
                    name=str(self.findings.name[here][0]),
                    severity=next(iter(by_severity)),
                    findings=int(np.count_nonzero(here)),
                    by_severity=by_severity,
                    images=len(unique(images[images != MISSING])),
                    safe=int(np.count_nonzero(safe & here)),
                    unsafe=int(np.count_nonzero(any_fix & ~safe & here)),
                    removed_safely=self._removed_by(safe & here),
                    removed=self._removed_by(any_fix & here),
                )
            )
        best = dict.fromkeys(numbers, 0.0)
        for code, value in zip(codes, expected_value(self.findings).tolist(), strict=True):
            best[code] = max(best[code], value)
        return sorted(counts, key=lambda count: (-best[count.code], -count.findings, count.code))

    def _removed_by(self, which: Bools) -> int:
        """How many boxes the fixes of some findings, (n,), remove."""
        some = self.findings.rows(np.flatnonzero(which))
        return int(np.count_nonzero(removed_boxes(self.dataset, some)))

    @cached_property
    def removed_safely(self) -> int:
        """How many boxes the safe fixes remove."""
        return self._removed_by(fixable(self.findings))

    @cached_property
    def by_severity(self) -> dict[Severity, int]:
        """How many findings there are of each severity that occurs, worst first."""
        return _by_severity(self.findings)

    @cached_property
    def class_conflicts(self) -> list[ClassConflict]:
        """Which two classes the findings say are on one object, most often first."""
        rule = self.findings.rows(self.findings.code == CONFLICTING_CLASSES)
        pairs = Pairs.of(
            len(rule),
            first=rule.box,
            second=rule.other,
            overlap=iou(self.dataset.boxes.xyxy[rule.box], self.dataset.boxes.xyxy[rule.other]),
        )
        audit = AuditContext(self.dataset)
        table = conflicts_of(audit, pairs)
        columns = (table.first, table.second, table.count, table.share, table.overlap)
        return [
            ClassConflict(
                audit.derived.classes[first], audit.derived.classes[second], count, share, overlap
            )
            for first, second, count, share, overlap in zip(
                *(column.tolist() for column in columns), strict=True
            )
        ]

    @property
    def safe(self) -> int:
        """How many findings have a safe fix."""
        return sum(count.safe for count in self.by_rule)

    @property
    def unsafe(self) -> int:
        """How many findings have an unsafe fix."""
        return sum(count.unsafe for count in self.by_rule)

    @cached_property
    def breakdowns(self) -> tuple[FieldBreakdown, ...]:
        """The findings by each field that the options name."""
        if not self.options.by:
            return ()
        from labelaudit.auditing.estimates.breakdown import breakdown  # noqa: PLC0415  # few ask

        fields = Fields(self.dataset)
        return tuple(
            breakdown(by_month(fields.column(name)), self.findings, self.dataset)
            for name in self.options.by
        )

    def has(self, severity: Severity) -> bool:
        """Whether there is a finding at least as bad as `severity`, but for those of a ranking."""
        return bool((self._counted & (self.findings.severity >= severity)).any())

    def fails(self, severity: Severity) -> bool:
        """Whether the contract is broken, or a finding is so bad that it does not speak of."""
        if self.contract is None:
            return self.has(severity)
        uncovered = self._counted & ~self.contract.covered
        return self.contract.failed or bool((self.findings.severity[uncovered] >= severity).any())

    @cached_property
    def found(self) -> dict[Severity, int]:
        """As `by_severity`, but for places of a ranking."""
        return _by_severity(self.findings.rows(self._counted))

    @property
    def ranked(self) -> int:
        """How many findings are places of a ranking, which fail nothing."""
        return int(np.count_nonzero(~self._counted))

    @property
    def _counted(self) -> Bools:
        """Which findings may fail it, (n,)."""
        return ~is_ranked(self.findings)


def _by_severity(findings: Findings) -> dict[Severity, int]:
    counts = np.bincount(findings.severity, minlength=len(Severity)).tolist()
    return {severity: counts[severity] for severity in sorted(Severity)[::-1] if counts[severity]}


def scan(
    dataset: Dataset,
    options: Options | None = None,
    *,
    baseline: frozenset[str] = frozenset(),
    label_issues: LabelIssues | None = None,
    track: Callable[[Sequence[Rule]], Iterable[Rule]] = iter,
    progress: StageProgress = ignore_progress,
) -> Scan:
    """Audit a dataset and leave out what the baseline knows; for the rest, see `audit`.

    Parameters
    ----------
    dataset:
        that is audited.
    options:
        which rules run, with which settings; the defaults if absent.
    baseline:
        fingerprints of what is known.
    label_issues:
        what a model makes of the labels, for rules that need it.
    track:
        passes on the rules as they run, to show how far it is.
    progress:
        told how far it is with what takes long: decoding images.

    Raises
    ------
    ConfigError
        if no rule is left to run, or none of those that a selector names had anything to look at:
        nothing was checked, which must not look like nothing was found; or if the labels have no
        field of a name by which findings are to be counted.
    """
    check_dataset(dataset, "scan()")
    if options is not None:
        check_kind(options, Options, "options=", "labelaudit.Options(select='GEO') makes some")
    check_asked(label_issues, track)
    options = options or Options()
    check_fields(dataset, options.by)
    context = context_of(dataset, options, label_issues, progress)
    lacks = _lacks(context, options)
    if not lacks:
        raise ConfigError("no rule is left to run: everything that is selected is also ignored")
    for selector in options.select if any(lacks.values()) else ():
        reasons = dict.fromkeys(lacks[code] for code in codes(selector) if code in lacks)
        if reasons and all(reasons):
            raise ConfigError(f"{selector} was selected and not checked: {'; '.join(reasons)}")
    return _scanned(context, options, baseline, lacks, track=track)


def _lacks(context: AuditContext, options: Options) -> dict[str, str]:
    """Why each chosen rule, by code, has nothing to look at; empty for those that have."""
    return {one.code: one.lacks(context) for one in chosen_rules(options.select, options.ignore)}


def _scanned(
    context: AuditContext,
    options: Options,
    baseline: frozenset[str],
    lacks: Mapping[str, str],
    *,
    track: Callable[[Sequence[Rule]], Iterable[Rule]] = iter,
) -> Scan:
    """`scan`, be there any rule that can run or not.

    Parameters
    ----------
    context:
        of the dataset, with what rules are asked with.
    options, baseline, track:
        see `scan`.
    lacks:
        why each chosen rule, by code, has nothing to look at.
    """
    dataset = context.dataset
    found = audited(context, options, track=track)
    findings = found.findings
    if baseline:
        findings = findings.rows(~_is_known(findings, dataset, baseline))
    contract = None
    if options.contract is not None:
        # Only here: few have one, and a scan need not wait for it.
        from labelaudit.auditing.contract.evaluate import (  # noqa: PLC0415
            evaluated,
            evidence_of,
        )

        evidence = evidence_of(context, found, lacks, options, baseline)
        contract = evaluated(options.contract, evidence)
    return Scan(
        dataset,
        findings,
        rules=tuple(RULES[code] for code, reason in lacks.items() if not reason),
        not_checked={code: reason for code, reason in lacks.items() if reason},
        label_issues=context.label_issues,
        options=options,
        baseline=baseline,
        known=len(found.findings) - len(findings),
        contract=contract,
    )


def _of_causes(findings: Findings) -> Bools:
    """Which findings are of rules of which one explains others, (n,).

    A rule may name what all of its findings explain at the first of them.
    """
    explains = np.array([explains is not None for explains in findings.explains], bool)
    return np.isin(findings.code, np.unique(findings.code[explains]))


def fixed(
    before: Scan,
    *,
    unsafe: bool,
    unwritable: Mapping[RecordPlace, str] = MappingProxyType({}),
) -> Scan:
    """The scan of the dataset after its safe fixes, or all of them, were applied.

    A fix may bring something to light (a box that was moved is now the duplicate of another), so
    that applying and scanning take turns until nothing is left to fix. No model is asked again:
    what it said of boxes that were left as they were, still stands; of others it said nothing.
    Findings of rules that name the cause of others are fixed first, by themselves: what is left
    once a cause is gone is found anew.

    Parameters
    ----------
    before:
        the scan whose findings are fixed.
    unsafe:
        whether fixes are applied that are not safe.
    unwritable:
        records that are left as they are, with the reason.
    """
    from labelaudit.auditing.fixes.carry_over import carry_over  # noqa: PLC0415  # only where one fixes

    now, counts, removed = before, Counter[str](), Counter[RecordType]()
    conflicts: list[str] = []
    for _ in range(ROUNDS):
        findings = now.findings.rows(fixable(now.findings, unsafe=unsafe))
        causes = findings.rows(_of_causes(findings))
        applied = apply(now.dataset, causes, unwritable)
        if applied.applied.any():
            findings = causes
        else:
            applied = apply(now.dataset, findings, unwritable)
        conflicts = list(applied.conflicts)
        if not applied.applied.any():
            break
        counts.update(findings.name[applied.applied].tolist())
        removed.update(applied.removed)
        label_issues = now.label_issues and carry_over(now.label_issues, now.dataset, applied)
        context = context_of(applied.dataset, now.options, label_issues)
        now = _scanned(context, now.options, now.baseline, _lacks(context, now.options))
    return dataclasses.replace(
        now, fixed=dict(counts), removed=dict(removed), conflicts=tuple(conflicts)
    )
