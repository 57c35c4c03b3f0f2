"""Rules and the audit that runs them.

A rule is a function of an `Audit`, which holds what several rules need and works it out once. Its
keyword arguments are its settings, its docstring is its documentation page.
"""

from __future__ import annotations

import dataclasses
import inspect
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from labelaudit.copies import exact_copies, originals, worth
from labelaudit.dataset import Dataset, Headers
from labelaudit.errors import ConfigError, UnknownNameError
from labelaudit.findings import Findings, Fix, Safety, Severity
from labelaudit.geometry import Pairs, overlapping_pairs
from labelaudit.headers import read_headers
from labelaudit.registry import Registry, suggestion
from labelaudit.table import MISSING, Bools, Floats, Ints, Rows, texts

FARTHEST = 1e9
"""Pixels: no coordinate of any image is beyond. The largest of a JPEG are below 65,536."""


class Audit:
    """A dataset with everything that more than one rule works out from it."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset

    @cached_property
    def classes(self) -> list[str]:
        """The distinct class names of all files, in order of appearance."""
        return list(dict.fromkeys(self.dataset.class_names))

    @cached_property
    def class_of(self) -> Rows:
        """The index in `classes` of each class record, (len(categories),)."""
        place = {name: row for row, name in enumerate(self.classes)}
        return np.array([place[name] for name in self.dataset.class_names], dtype=np.int32)

    @cached_property
    def box_class(self) -> Rows:
        """The index in `classes` of each box, (n,); MISSING without a class.

        Two class records of one name, in two files or in one, are one class here.
        """
        return np.append(self.class_of, np.int32(MISSING))[self.dataset.boxes.label]

    @cached_property
    def image_size(self) -> Floats:
        """Width and height of the image of each box, (n, 2); NaN where no image has such a size."""
        size = np.vstack([self.dataset.images.size, [[np.nan, np.nan]]])
        possible = (size >= 1) & (size <= FARTHEST)
        return np.where(possible, size, np.nan)[self.dataset.boxes.image]

    @cached_property
    def placed(self) -> Bools:
        """Which boxes have corners where an image could be, (n,): finite, at most `FARTHEST`."""
        placed = np.ones(len(self.dataset.boxes), bool)
        # Side by side: a reduction over rows of four takes three times as long.
        for side in self.dataset.boxes.xyxy.T:
            placed &= np.abs(side) <= FARTHEST
        return placed

    @cached_property
    def sound(self) -> Bools:
        """Which boxes are finite and have an inside, (n,): only these can be compared."""
        left, top, right, bottom = self.dataset.boxes.xyxy.T
        sound: Bools = (left < right) & (top < bottom)
        for side in (left, top, right, bottom):
            sound &= np.isfinite(side)
        return sound

    @cached_property
    def judged(self) -> Bools:
        """Which boxes stand for one object that is to be judged, (n,): no crowd, not difficult."""
        return ~(self.dataset.boxes.crowd | self.dataset.boxes.difficult)

    @cached_property
    def worth(self) -> Ints:
        """How much each record says beside its box, (n,): which of several copies to keep."""
        return worth(self.dataset)

    @cached_property
    def copy_of(self) -> Rows:
        """The best box with exactly the corners and the class of each, (n,): mostly itself."""
        boxes = self.dataset.boxes
        group = boxes.image.astype(np.int64) * (len(self.classes) + 1) + self.box_class + 1
        compared = self.placed & self.judged  # without an image, the group is negative anyway
        return exact_copies(boxes, np.where(compared, group, MISSING), self.worth)

    @cached_property
    def pairs(self) -> Pairs:
        """Pairs of boxes in one image of which one covers at least half of the other.

        Only boxes that are sound, placed and judged, and of exact copies only the best: a thousand
        copies of one box are no half million pairs.
        """
        single = self.copy_of == np.arange(len(self.copy_of))
        compared = self.sound & self.placed & self.judged & single
        group = np.where(compared, self.dataset.boxes.image, MISSING)
        return overlapping_pairs(self.dataset.boxes.xyxy, group, min_inside=0.5)

    @cached_property
    def original(self) -> Rows:
        """The box that each is a copy of, in class and but for rounding in corners, (n,)."""
        return originals(self.dataset, self.copy_of, self.pairs, self.box_class, self.worth)

    @cached_property
    def distinct_pairs(self) -> Pairs:
        """The `pairs` of which neither box is a copy of another."""
        single = self.original == np.arange(len(self.original))
        return self.pairs.rows(single[self.pairs.first] & single[self.pairs.second])

    @cached_property
    def headers(self) -> Headers:
        """The header of each image that was found on disk, one row per image."""
        if len(self.dataset.headers):
            return self.dataset.headers
        return read_headers(self.dataset.images.path)


@dataclass(frozen=True)
class Found:
    """What a rule's function returns: rows, fixes and evidence, before there are messages."""

    count: int
    columns: Mapping[str, Any]  # Any: arrays and lists of `count` values
    evidence: Mapping[str, Any]


def found(  # noqa: PLR0913  # columns of a table, by name
    box: Iterable[int] | None = None,
    *,
    image: Iterable[int] | None = None,
    other: Iterable[int] | None = None,
    category: Iterable[int] | None = None,
    problem: Iterable[int] | None = None,
    file: Iterable[int] | None = None,
    fix: Sequence[Fix | None] | None = None,
    severity: Iterable[Severity] | None = None,
    probability: Iterable[float] | None = None,
    **evidence: Iterable[Any],
) -> Found:
    """Findings of one rule, one for each row number given.

    Parameters
    ----------
    box, image, other, category, problem, file:
        row numbers, (n,) each; at least one of them. Image and file follow from the box where
        absent.
    fix:
        the proposed fix of each finding, or None.
    severity:
        of each finding, where it is not the rule's own.
    probability:
        that the label is wrong, (n,), from rules that ask a model.
    evidence:
        values that the rule's message names, (n,) each.
    """
    given = {
        "box": box,
        "image": image,
        "other": other,
        "category": category,
        "problem": problem,
        "file": file,
        "severity": severity,
    }
    columns: dict[str, Any] = {
        name: np.array(rows if hasattr(rows, "__len__") else list(rows), np.int32)
        for name, rows in given.items()
        if rows is not None
    }
    if probability is not None:
        columns["probability"] = np.asarray(probability, np.float64)
    count = len(next(iter(columns.values())))
    if fix is not None:
        columns["fix"] = np.empty(count, object)
        columns["fix"][:] = fix
    return Found(count, columns, evidence)


@dataclass(frozen=True)
class Rule:
    """A rule: calling it with an audit and settings gives its findings."""

    code: str  # family and number, never reused: GEO001
    name: str  # what is wrong with the data: zero-area
    message: str  # str.format template of columns and evidence
    severity: Severity
    function: Callable[..., Found]
    fix: Safety | None  # the safest of its fixes
    absorbs: Mapping[Severity, tuple[str, ...]]  # what its findings of a severity explain; see rule

    def __call__(self, audit: Audit, **settings: Any) -> Findings:
        """The findings of the rule with these settings, the others at their defaults."""
        result = self.function(audit, **settings)
        columns = _located(audit.dataset, dict(result.columns))
        columns.setdefault("severity", np.full(result.count, self.severity))
        findings = Findings.of(
            result.count,
            code=np.full(result.count, self.code),
            name=np.full(result.count, self.name),
            **columns,
        )
        message = texts(_messages(self.message, audit, findings, result.evidence))
        return dataclasses.replace(findings, message=message)

    @property
    def family(self) -> str:
        """The letters of the code."""
        return self.code.rstrip(string.digits)

    @property
    def settings(self) -> dict[str, Any]:
        """The settings and their defaults."""
        parameters = inspect.signature(self.function).parameters.values()
        return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}

    @property
    def summary(self) -> str:
        """The first line of its documentation."""
        return (self.function.__doc__ or "").strip().partition("\n")[0]


RULES: Registry[Rule] = Registry("rule", "labelaudit.rules")


def rule(
    code: str,
    name: str,
    *,
    message: str,
    severity: Severity,
    fix: Safety | None = None,
    absorbs: Mapping[Severity, tuple[str, ...]] = MappingProxyType({}),
) -> Callable[[Callable[..., Found]], Rule]:
    """Make a function of an audit a rule, and register it under its code.

    Parameters
    ----------
    code, name, severity:
        see `Rule`.
    message:
        a `str.format` template. It may name `label`, `other_label`, `class_name`, `image`, `x`,
        `y`, `w`, `h` (the box in pixels), `image_w`, `image_h`, and every keyword that the function
        gives `found`.
    fix:
        the safest fix that the rule proposes; None if it proposes none.
    absorbs:
        prefixes of codes, by the severity of a finding that explains them: findings of these codes
        at boxes of the same file are folded into it, or in all files if it names none.
    """

    def register(function: Callable[..., Found]) -> Rule:
        made = Rule(code, name, message, severity, function, fix, absorbs)
        RULES.add(code, made)
        return made

    return register


def _located(dataset: Dataset, columns: dict[str, Any]) -> dict[str, Any]:
    """Image and file of each finding, where its box, image, class or problem says them."""
    if "image" not in columns and "box" in columns:
        columns["image"] = np.append(dataset.boxes.image, MISSING)[columns["box"]]
    for name, table in (
        ("box", dataset.boxes),
        ("image", dataset.images),
        ("category", dataset.categories),
        ("problem", dataset.problems),
    ):
        if "file" not in columns and name in columns:
            columns["file"] = np.append(table.file, MISSING)[columns[name]]
    return columns


def _messages(
    template: str, audit: Audit, findings: Findings, evidence: Mapping[str, Any]
) -> list[str]:
    names = {name for _, name, _, _ in string.Formatter().parse(template) if name}
    values = {}
    for name in names:
        given = evidence.get(name)
        column = _standard(name, audit, findings) if given is None else given
        values[name] = column.tolist() if isinstance(column, np.ndarray) else list(column)
    if not names:
        return [template] * len(findings)
    keys = list(values)
    rows = zip(*values.values(), strict=True)
    return [template.format_map(dict(zip(keys, row, strict=True))) for row in rows]


def _standard(name: str, audit: Audit, findings: Findings) -> Any:  # Any: a column of any type
    """The columns that every message may name."""
    dataset = audit.dataset
    if name in ("label", "other_label"):
        names = [*dataset.class_names, "no known class"]
        row = findings.box if name == "label" else findings.other
        return [names[label] for label in np.append(dataset.boxes.label, MISSING)[row]]
    if name == "class_name":
        names = [*dataset.class_names, "no known class"]
        return [names[row] for row in findings.category]
    if name == "image":
        return [dataset.images.name[row] if row != MISSING else "?" for row in findings.image]
    if name in ("image_w", "image_h"):
        size = np.vstack([dataset.images.size, [[np.nan, np.nan]]])[findings.image]
        return size[:, ("image_w", "image_h").index(name)]
    left, top, right, bottom = dataset.boxes.xyxy[findings.box].T
    with np.errstate(invalid="ignore"):
        return {"x": left, "y": top, "w": right - left, "h": bottom - top}[name]


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
    track: Callable[[Sequence[Rule]], Iterable[Rule]] = iter,
    **changes: Any,
) -> Findings:
    """The findings of all chosen rules, worst first, then by rule and place.

    Parameters
    ----------
    dataset:
        what `labelaudit.load` returned.
    options:
        which rules run and how; all of them with their own defaults if absent.
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
    shared = Audit(dataset)
    settings = {code: values for name, values in options.settings.items() for code in codes(name)}
    rules = chosen_rules(options.select, options.ignore)
    parts = [run(rule, shared, settings.get(rule.code, {})) for rule in track(rules)]
    findings = Findings.concat([Findings.empty(), *parts])
    findings = absorbed(findings, rules)
    findings = suppressed(findings, dataset, options)
    findings = promoted(findings, options)
    findings = findings.rows(findings.severity >= options.min_severity)
    _, rank = np.unique(findings.code, return_inverse=True)
    worst = -findings.severity.astype(np.int64)
    return findings.rows(np.lexsort((findings.box, findings.image, findings.file, rank, worst)))


def run(rule: Rule, audit: Audit, settings: Mapping[str, Any]) -> Findings:
    """The findings of one rule, with settings by name (dashes or underscores)."""
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


def absorbed(findings: Findings, rules: Iterable[Rule]) -> Findings:
    """Findings without those that another finding about their whole file explains."""
    for rule in rules:
        for severity, prefixes in rule.absorbs.items():
            own = findings.code == rule.code
            file = findings.file[own & (findings.severity == severity)]
            here = np.isin(findings.file, file) | (file == MISSING).any()
            explained = here & (findings.box != MISSING) & ~own
            codes = findings.code[explained].tolist()
            explained[explained] = [code.startswith(prefixes) for code in codes]
            findings = findings.rows(~explained)
    return findings


def suppressed(findings: Findings, dataset: Dataset, options: Options) -> Findings:
    """Findings without those about a class or a path for which their rule is ignored."""
    kept = np.ones(len(findings), bool)
    label = np.append(dataset.boxes.label, MISSING)[findings.box]
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
    """Findings with the severities and fix safeties that the user gave their rules."""
    severity, fixes = findings.severity.copy(), findings.fix.copy()
    for selector, wanted in options.severities.items():
        severity[_is_any(findings, [selector])] = wanted
    for selector, safety in options.safeties.items():
        for row in np.flatnonzero(_is_any(findings, [selector])):
            fix = fixes[row]
            fixes[row] = dataclasses.replace(fix, safety=safety) if fix and safety else None
    return dataclasses.replace(findings, severity=severity, fix=fixes)


def _is_any(findings: Findings, selectors: Iterable[str]) -> Bools:
    wanted = [code for selector in selectors for code in codes(selector)]
    return np.isin(np.array(findings.code.tolist(), object), wanted)
