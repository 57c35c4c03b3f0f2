"""The audit: which rules run, and what of their findings counts."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from typing import Any

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.expected_value import expected_value
from labelaudit.auditing.findings import Explained, Findings, Safety, Severity
from labelaudit.auditing.label_issues import LabelIssues
from labelaudit.auditing.rule import RULES, Rule
from labelaudit.core.columns import MISSING, Bools, texts
from labelaudit.core.parallel import cores, map_groups
from labelaudit.core.registry import suggestion
from labelaudit.core.rows import take_or_missing
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ConfigError, UnknownNameError

WORTHWHILE = 50_000
"""Boxes from which on rules are run in several threads."""

MOST_THREADS = 2
"""Rules that run at the same time, at most: what each of them works out is in memory, and two of
the families, duplicates and geometry, take most of the time."""


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
    safe_from: float = math.inf  # fixes of findings that a model holds for so probable are safe


def chosen_rules(select: Iterable[str], ignore: Iterable[str] = ()) -> list[Rule]:
    """The rules that `select` names and `ignore` does not, in the order of their codes.

    Raises
    ------
    UnknownNameError
        if a selector names no rule.
    """
    wanted = {code for selector in select for code in codes(selector)}
    unwanted = {code for selector in ignore for code in codes(selector)}
    return [RULES[code] for code in sorted(wanted - unwanted)]


def codes(selector: str) -> list[str]:
    """The codes of the rules that a code, the start of codes, a name, or ALL stands for."""
    if selector.upper() == "ALL":
        return list(RULES)
    named = [code for code in RULES if RULES[code].name == selector.lower()]
    matching = named or [code for code in RULES if selector and code.startswith(selector.upper())]
    if not matching:
        known = [*RULES, *(rule.name for rule in RULES.values())]
        raise UnknownNameError(f"no rule is called {selector!r}{suggestion(selector, known)}")
    return matching


def audit(
    dataset: Dataset,
    options: Options | None = None,
    *,
    label_issues: LabelIssues | None = None,
    track: Callable[[Sequence[Rule]], Iterable[Rule]] = iter,
    **changes: Any,
) -> Findings:
    """The findings of all chosen rules, by `expected_value`, then by rule and place.

    Parameters
    ----------
    dataset:
        what `labelaudit.load` returned.
    options:
        which rules run and how; all of them with their own defaults if absent.
    label_issues:
        what a model makes of the labels, from `labelaudit.by_detector` or `by_predictions`; without
        it, the rules that need it do not run.
    track:
        what goes over the rules: a progress bar, say.
    changes:
        fields of `Options` by name, instead of building one: `audit(dataset, select=["GEO"])`.

    Raises
    ------
    UnknownNameError
        if a selector names no rule, or a setting no argument of its rule.
    """
    options = dataclasses.replace(options or Options(), **changes)
    shared = AuditContext(dataset, label_issues)
    settings = {code: values for name, values in options.settings.items() for code in codes(name)}
    chosen = chosen_rules(options.select, options.ignore)
    rules = [rule for rule in chosen if not rule.lacks(shared)]

    def judge(rule: Rule) -> Findings:
        return run(rule, shared, settings.get(rule.code, {}))

    parts = _side_by_side(judge, rules, track, len(dataset.boxes))
    findings = Findings.concat([Findings.empty(), *parts])
    findings = folded(findings)
    if any(fix is not None for fix in findings.fix):
        asked = [rule for rule in _unchosen_causes(options, chosen) if not rule.lacks(shared)]
        causes = Findings.concat([Findings.empty(), *map(judge, asked)])
        findings = left_to_causes(findings, suppressed(causes, dataset, options))
    findings = suppressed(findings, dataset, options)
    findings = promoted(findings, options)
    findings = findings.rows(findings.severity >= options.min_severity)
    _, rank = np.unique(findings.code, return_inverse=True)
    place = (findings.box, findings.image, findings.file)
    return findings.rows(np.lexsort((*place, rank, -expected_value(findings))))


def _side_by_side(
    judge: Callable[[Rule], Findings],
    rules: Sequence[Rule],
    track: Callable[[Sequence[Rule]], Iterable[Rule]],
    boxes: int,
) -> list[Findings]:
    """What each of `rules` finds, in their order; on some cores where there are many boxes.

    The rules of a family share what they work out, so one thread takes all of them.
    """
    if boxes < WORTHWHILE:
        return [judge(rule) for rule in track(rules)]
    families = {rule.family: [one for one in rules if one.family == rule.family] for rule in rules}
    steps = iter(track(rules))  # one further for each rule that is done, whichever it is
    next(steps, None)
    found = {}
    for rule, findings in map_groups(judge, families.values(), min(cores(), MOST_THREADS)):
        found[rule.code] = findings
        next(steps, None)
    return [found[rule.code] for rule in rules]


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


def checked(rule: Rule, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a rule as the arguments of its function.

    Raises
    ------
    UnknownNameError
        if the rule has no such setting.
    ConfigError
        if a value is not of the kind of its default.
    """
    arguments = {}
    for written, value in settings.items():
        name = written.replace("-", "_")
        if name not in rule.settings:
            known = [known.replace("_", "-") for known in rule.settings]
            hint = suggestion(written, known) if known else "; it has none"
            raise UnknownNameError(f"rule {rule.name} has no setting {written!r}{hint}")
        default = rule.settings[name]
        if not _is_like(default, value):
            raise ConfigError(
                f"{written} of rule {rule.name} must be {_kind(default)}, found {value!r}"
            )
        arguments[name] = tuple(value) if isinstance(default, tuple) else value
    return arguments


def _is_like(default: Any, value: Any) -> bool:  # Any: whatever a configuration holds
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, float):
        return isinstance(value, int | float)
    if isinstance(default, tuple):
        items = value if isinstance(value, list | tuple) else None
        return items is not None and all(_is_like(default[0], item) for item in items if default)
    return isinstance(value, type(default))


def _kind(default: Any) -> str:  # Any: see _is_like
    kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
    if isinstance(default, tuple):
        return f"a list, each {_kind(default[0])}" if default else "a list"
    return kinds[type(default)]


def folded(findings: Findings) -> Findings:
    """Findings without those that follow from the cause which another of them names.

    What is explained itself explains nothing, so the causes that no other one may explain are
    heard first.
    """
    causes = np.flatnonzero(np.array([one is not None for one in findings.explains], bool))
    codes = [one.all_codes for one in findings.explains[causes]]
    below = [sum(code.startswith(each) for each in codes) for code in findings.code[causes]]
    kept = np.ones(len(findings), bool)
    for row in causes[np.argsort(np.array(below, np.int64), kind="stable")].tolist():
        if kept[row]:
            own = findings.code == findings.code[row]
            kept &= own | ~_explained(findings, findings.explains[row])
    return findings.rows(kept)


def _unchosen_causes(options: Options, chosen: Sequence[Rule]) -> Iterator[Rule]:
    """The rules that name causes and were neither chosen nor ignored."""
    known = {rule.code for rule in chosen} | {
        code for selector in options.ignore for code in codes(selector)
    }
    return (rule for rule in RULES.values() if rule.names_causes and rule.code not in known)


def left_to_causes(findings: Findings, causes: Findings) -> Findings:
    """Findings without the fixes of those that an error explains which nobody asked for.

    Parameters
    ----------
    findings:
        of the rules that were chosen.
    causes:
        of rules that were not. By those that are no errors, boxes are hardly elsewhere: what they
        explain can be fixed one by one.
    """
    fix, message = findings.fix.copy(), findings.message.tolist()
    for row in np.flatnonzero(causes.severity == Severity.ERROR).tolist():
        if causes.explains[row] is not None:
            for place in np.flatnonzero(_explained(findings, causes.explains[row])).tolist():
                if fix[place] is not None:
                    fix[place] = None
                    message[place] += f"; {causes.name[row]} ({causes.code[row]}) may be the cause"
    return dataclasses.replace(findings, fix=fix, message=texts(message))


def _explained(findings: Findings, explains: Explained) -> Bools:
    """Which findings are of the rules and at the records that one explains, (n,)."""
    here = np.isin(findings.file, explains.file) | np.isin(findings.image, explains.image)
    here |= np.isin(findings.box, explains.box) | np.isin(findings.category, explains.category)
    here |= np.isin(findings.problem, explains.problem)
    found = np.flatnonzero(here)
    here[found] = [code.startswith(explains.codes) for code in findings.code[found].tolist()]
    for other in explains.also:
        here |= _explained(findings, other)
    return here


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

    Where a rule has no fix by the user's word, no probability brings it back.
    """
    severity, fixes = findings.severity.copy(), findings.fix.copy()
    for selector, wanted in options.severities.items():
        severity[_is_any(findings, [selector])] = wanted
    for selector, safety in options.safeties.items():
        for row in np.flatnonzero(_is_any(findings, [selector])):
            fix = fixes[row]
            fixes[row] = dataclasses.replace(fix, safety=safety) if fix and safety else None
    for row in np.flatnonzero(findings.probability >= options.safe_from):
        if fixes[row]:
            fixes[row] = dataclasses.replace(fixes[row], safety=Safety.SAFE)
    return dataclasses.replace(findings, severity=severity, fix=fixes)


def _is_any(findings: Findings, selectors: Iterable[str]) -> Bools:
    wanted = [code for selector in selectors for code in codes(selector)]
    return np.isin(np.array(findings.code.tolist(), object), wanted)
