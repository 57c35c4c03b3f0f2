"""The audit: which rules run, and what of their findings counts."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Any

import numpy as np

from labelaudit.auditing.causes import left_to_causes, unexplained
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.estimates.expected_value import expected_value
from labelaudit.auditing.estimates.ranking import is_ranked
from labelaudit.auditing.findings import Findings, Safety, Severity
from labelaudit.auditing.label_issues import LabelIssues
from labelaudit.auditing.needs import Need, PixelPolicy
from labelaudit.auditing.options.arguments import check_asked
from labelaudit.auditing.options.rule_settings import checked
from labelaudit.auditing.options.words import PIXELS, SAFETIES, SEVERITIES, meaning, meanings
from labelaudit.auditing.requirements import Contract
from labelaudit.auditing.rule import RULES, Rule, RuleDeclaration, declared
from labelaudit.auditing.side_by_side import side_by_side
from labelaudit.core.columns import MISSING, Bools
from labelaudit.core.progress import StageProgress, ignore_progress
from labelaudit.core.registry import instead
from labelaudit.core.rows import take_or_missing
from labelaudit.dataset.arguments import (
    check_dataset,
    check_kind,
    check_taken,
    is_number,
    one_or_several,
)
from labelaudit.dataset.class_hierarchy import NO_HIERARCHY, ClassHierarchy
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import UnknownNameError
from labelaudit.network.settings import NetworkSettings


@dataclass(frozen=True)
class Options:
    """Which rules run, how, and what of their findings counts."""

    select: tuple[str, ...] = ("ALL",)  # codes, prefixes of codes, names or ALL
    ignore: tuple[str, ...] = ()
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # by rule name
    severities: Mapping[str, Severity] = field(default_factory=dict)  # rules promoted or demoted
    safeties: Mapping[str, Safety | None] = field(
        default_factory=dict
    )  # fixes, likewise; None: never
    per_class_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # class: rules
    per_path_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # glob: rules
    min_severity: Severity = Severity.INFO
    network: NetworkSettings | None = None  # that the labels are for
    safe_from: float = math.inf  # fixes of findings that a model holds for so probable are safe
    hierarchy: ClassHierarchy = NO_HIERARCHY  # which classes are kinds of others
    contract: Contract | None = None  # what the dataset is to be
    pixels: PixelPolicy = PixelPolicy.AUTO  # whether images are decoded
    by: tuple[str, ...] = ()  # fields by whose values findings are counted

    def __post_init__(self) -> None:
        """One text may stand for several, and a word for what it means, as in a configuration."""
        rules = "codes or names of rules"
        made: dict[str, Any] = {
            "select": one_or_several(self.select, "select", rules),
            "ignore": one_or_several(self.ignore, "ignore", rules),
            "by": one_or_several(self.by, "by", "names of fields"),
            "min_severity": meaning("min_severity", self.min_severity, SEVERITIES),
            "pixels": meaning("pixels", self.pixels, PIXELS),
            "severities": meanings("severities", self.severities, SEVERITIES),
            "safeties": meanings("safeties", self.safeties, SAFETIES),
        }
        for name in ("per_class_ignores", "per_path_ignores"):
            check_kind(getattr(self, name), Mapping, name, "it has selectors by what it names")
            made[name] = {
                what: one_or_several(selectors, f"{name}[{what!r}]", rules)
                for what, selectors in getattr(self, name).items()
            }
        for name, value in made.items():
            object.__setattr__(self, name, value)
        self._check_others()

    def _check_others(self) -> None:
        """What no word stands for is of its kind."""
        by_rule = "it has settings by the name of a rule: {'tiny-box': {'min_side': 4}}"
        check_kind(self.settings, Mapping, "settings", by_rule)
        check_taken(
            is_number(self.safe_from), self.safe_from, "safe_from", "a probability, 0.95 say"
        )
        for name, kind, source in (
            ("network", NetworkSettings, "labelaudit.network_settings() makes some"),
            ("hierarchy", ClassHierarchy, "labelaudit.read_config() reads one"),
            ("contract", Contract, "labelaudit.read_config() reads one"),
        ):
            if getattr(self, name) is not None:
                check_kind(getattr(self, name), kind, name, source)


FIELDS = frozenset(one.name for one in dataclasses.fields(Options))
"""The names of all choices."""


def chosen_rules(select: Iterable[str], ignore: Iterable[str] = ()) -> list[RuleDeclaration]:
    """The rules that `select` names and `ignore` does not, in the order of their codes.

    Only what they declare: those that run are imported then.

    Raises
    ------
    UnknownNameError
        if a selector names no rule.
    """
    wanted = {code for selector in select for code in codes(selector)}
    unwanted = {code for selector in ignore for code in codes(selector)}
    return [declared(code) for code in sorted(wanted - unwanted)]


def codes(selector: str) -> list[str]:
    """The codes of the rules that a code, the start of codes, a name, or ALL stands for."""
    if selector.upper() == "ALL":
        return list(RULES)
    matching = [code for code in RULES if selector and code.startswith(selector.upper())]
    matching = matching or [code for code in RULES if declared(code).name == selector.lower()]
    if not matching:
        known = [*RULES, *(declared(code).name for code in RULES)]
        families = ", ".join(dict.fromkeys(declared(code).family for code in RULES))
        told = f"the families {families}; `labelaudit rules` lists all {len(RULES)} rules"
        raise UnknownNameError(f"no rule is called {selector!r}{instead(selector, known, told)}")
    return matching


def audit(  # noqa: PLR0913  # fields of `Options`, spelled out for whoever completes them
    dataset: Dataset,
    options: Options | None = None,
    *,
    select: str | Iterable[str] | None = None,
    ignore: str | Iterable[str] | None = None,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    severities: Mapping[str, Severity | str] | None = None,
    safeties: Mapping[str, Safety | str | None] | None = None,
    per_class_ignores: Mapping[str, str | Iterable[str]] | None = None,
    per_path_ignores: Mapping[str, str | Iterable[str]] | None = None,
    min_severity: Severity | str | None = None,
    network: NetworkSettings | None = None,
    safe_from: float | None = None,
    hierarchy: ClassHierarchy | None = None,
    contract: Contract | None = None,
    pixels: PixelPolicy | str | None = None,
    by: str | Iterable[str] | None = None,
    label_issues: LabelIssues | None = None,
    track: Callable[[Sequence[Rule]], Iterable[Rule]] = iter,
    progress: StageProgress = ignore_progress,
) -> Findings:
    """The findings of all chosen rules, by `expected_value`, then by rule and place.

    What is None is as `options` say, or as the rules have it where these are absent, too.

    Parameters
    ----------
    dataset:
        what `labelaudit.load` returned.
    options:
        which rules run and how; all of them with their own defaults if absent.
    select, ignore:
        codes of rules, the beginning of codes, names, or ALL: `"GEO"`, or several in a list.
    settings:
        of rules, by their names or codes: `{"tiny-box": {"min_side": 4}}`.
    severities:
        of rules, otherwise than their own: `{"DUP": "error"}`.
    safeties:
        of the fixes of rules, likewise: `safe`, `unsafe` or `none`.
    per_class_ignores, per_path_ignores:
        rules that are ignored for a class, or for images and files of a pattern.
    min_severity:
        the mildest that is returned: `info`, `warning` or `error`.
    network:
        that the labels are for, from `labelaudit.network_settings`.
    safe_from:
        fixes of findings that a model holds for so probable count as safe.
    hierarchy:
        which classes are kinds of others.
    contract:
        what the dataset is to be, as `labelaudit.read_config` reads it.
    pixels:
        whether images are decoded: `auto`, `always` or `never`.
    by:
        fields that say who drew which boxes, for rules that compare them.
    label_issues:
        what a model makes of the labels, from `labelaudit.by_detector` or `by_predictions`; without
        it, the rules that need it do not run.
    track:
        what goes over the rules: a progress bar, say.
    progress:
        told how far it is with what takes long: decoding images.

    Returns
    -------
    Findings
        a table of them, with the dataset that they are about.

    Raises
    ------
    ArgumentError
        if an argument is not of a kind that is taken; the message says what to call.
    UnknownNameError
        if a selector names no rule, or a setting no argument of its rule.
    ConfigError
        if a word or a setting is not one of those that there are.
    """
    given = {name: value for name, value in locals().items() if name in FIELDS}
    check_dataset(dataset, "audit()")
    if options is not None:
        check_kind(options, Options, "audit(), after the dataset,", "select='GEO' chooses rules")
    check_asked(label_issues, track)
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    options = dataclasses.replace(options or Options(), **changes)
    context = context_of(dataset, options, label_issues, progress)
    return audited(context, options, track=track).findings


@dataclass(frozen=True, eq=False)
class Audited:
    """What an audit found: what it reports, and what it does not."""

    findings: Findings  # what `audit` returns
    milder: Findings  # than the options ask for
    explained: Findings  # by causes that others name


def audited(
    context: AuditContext,
    options: Options,
    *,
    track: Callable[[Sequence[Rule]], Iterable[Rule]] = iter,
) -> Audited:
    """All that the chosen rules find.

    Parameters
    ----------
    context:
        of the dataset, with what rules are asked with.
    options:
        which rules run and how.
    track:
        what goes over the rules.
    """
    dataset = context.dataset
    settings = {code: values for name, values in options.settings.items() for code in codes(name)}
    chosen = chosen_rules(options.select, options.ignore)
    rules = _able(chosen, context)
    if any(Need.DECODED_IMAGES in rule.needs for rule in rules):
        _ = context.appearance  # before any rule runs: the progress tells one thing at a time

    def judge(rule: Rule) -> Findings:
        return run(rule, context, settings.get(rule.code, {}))

    parts = side_by_side(judge, rules, track, len(dataset.boxes))
    every = Findings.concat([Findings.empty(), *parts]).replaced(dataset=dataset)
    told = unexplained(every)
    findings = every.rows(told)
    if any(fix is not None for fix in findings.fix):
        asked = _able(_unchosen_causes(options, chosen), context)
        causes = Findings.concat([Findings.empty(), *map(judge, asked)])
        findings = left_to_causes(findings, suppressed(causes, dataset, options))
    findings, explained = (
        promoted(suppressed(some, dataset, options), options)
        for some in (findings, every.rows(~told))
    )
    reported = findings.severity >= options.min_severity
    return Audited(ordered(findings.rows(reported)), findings.rows(~reported), explained)


def _able(some: Iterable[RuleDeclaration], context: AuditContext) -> list[Rule]:
    """Those of some rules that have something to look at."""
    return [RULES[one.code] for one in some if not one.lacks(context)]


def ordered(findings: Findings) -> Findings:
    """Findings by `expected_value`, then by rule and place."""
    _, rank = np.unique(findings.code, return_inverse=True)
    place = (findings.box, findings.image, findings.file)
    return findings.rows(np.lexsort((*place, rank, -expected_value(findings))))


def context_of(
    dataset: Dataset,
    options: Options,
    label_issues: LabelIssues | None = None,
    progress: StageProgress = ignore_progress,
) -> AuditContext:
    """What rules are asked about a dataset with.

    Parameters
    ----------
    dataset:
        that is audited.
    options:
        which say what the labels are for, and what may be done to find out about them.
    label_issues:
        what a model makes of the labels, if one was asked.
    progress:
        told how far it is with what takes long.
    """
    return AuditContext(
        dataset,
        label_issues,
        hierarchy=options.hierarchy,
        network=options.network,
        pixels=options.pixels,
        by=options.by,
        progress=progress,
    )


def run(rule: Rule, audit: AuditContext, settings: Mapping[str, Any]) -> Findings:
    """The findings of one rule.

    Parameters
    ----------
    rule:
        that is run.
    audit:
        of the dataset.
    settings:
        by name, with dashes or underscores.
    """
    return rule(audit, **checked(rule, settings))


def _unchosen_causes(
    options: Options, chosen: Sequence[RuleDeclaration]
) -> Iterator[RuleDeclaration]:
    """The rules that name causes and were neither chosen nor ignored."""
    known = {rule.code for rule in chosen} | {
        code for selector in options.ignore for code in codes(selector)
    }
    return (one for one in map(declared, RULES) if one.names_causes and one.code not in known)


def suppressed(findings: Findings, dataset: Dataset, options: Options) -> Findings:
    """Findings without those about a class or a path for which their rule is ignored.

    Parameters
    ----------
    findings:
        of all rules.
    dataset:
        the dataset that the findings are about.
    options:
        which classes and paths a rule is ignored for.
    """
    if not options.per_class_ignores and not options.per_path_ignores:
        return findings
    kept = np.ones(len(findings), bool)
    label = take_or_missing(dataset.boxes.label, findings.box)
    label = np.where(findings.category != MISSING, findings.category, label)
    names = np.array([*dataset.class_names, ""], object)[label]
    for class_name, selectors in options.per_class_ignores.items():
        kept &= ~((names == class_name) & _is_any(findings, selectors))
    images = [*dataset.images.name.tolist(), ""]
    files = [*dataset.files.path.tolist(), ""]
    for pattern, selectors in options.per_path_ignores.items():
        image = np.array([fnmatch(name, pattern) for name in images], bool)
        file = np.array([fnmatch(path, pattern) for path in files], bool)
        kept &= ~((image[findings.image] | file[findings.file]) & _is_any(findings, selectors))
    return findings.rows(kept)


def promoted(findings: Findings, options: Options) -> Findings:
    """Findings with the severities and fix safeties that the user gave their rules.

    Where a rule has no fix by the user's word, no probability brings it back. Places of a ranking
    stay infos, and what they propose stays a proposal.
    """
    severity, fixes = findings.severity.copy(), findings.fix.copy()
    ranked = is_ranked(findings)
    for selector, wanted in options.severities.items():
        severity[_is_any(findings, [selector]) & ~ranked] = wanted
    for selector, safety in options.safeties.items():
        for row in np.flatnonzero(_is_any(findings, [selector])):
            fix = fixes[row]
            if safety is None or fix is None:
                fixes[row] = None
            elif not ranked[row]:
                fixes[row] = dataclasses.replace(fix, safety=safety)
    for row in np.flatnonzero(findings.probability >= options.safe_from):
        if fixes[row]:
            fixes[row] = dataclasses.replace(fixes[row], safety=Safety.SAFE)
    return dataclasses.replace(findings, severity=severity, fix=fixes)


def _is_any(findings: Findings, selectors: Iterable[str]) -> Bools:
    wanted = [code for selector in selectors for code in codes(selector)]
    return np.isin(np.array(findings.code.tolist(), object), wanted)
