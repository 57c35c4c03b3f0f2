"""What a rule is made of.

A rule is a function of an `AuditContext`, which holds what several rules need and works it out
once. Its keyword arguments are its settings, its docstring is its documentation page.
"""

from __future__ import annotations

import dataclasses
import inspect
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from labelaudit.auditing.assumed_sizes import with_assumptions
from labelaudit.auditing.causes import Affected, Explained
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Findings, Fix, Safety, Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.scopes.gathering import Gathering
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.auditing.setting_types import ranges
from labelaudit.core.columns import MISSING, Bools, texts
from labelaudit.core.registry import Registry
from labelaudit.core.rows import take_or_missing
from labelaudit.dataset.arguments import check_taken, kind_of
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ArgumentError


@dataclass(frozen=True, eq=False)
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
    explains: Sequence[Explained | None] | None = None,
    affects: Sequence[Affected | None] | None = None,
    severity: Iterable[Severity] | None = None,
    probability: Iterable[float] | None = None,
    doubt: Iterable[float] | None = None,
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
    explains:
        of a finding that names a cause, the findings that follow from it and are folded into it.
    affects:
        of a finding about many labels, those that are wrong by what it says; its own box and image
        otherwise.
    severity:
        of each finding, where it is not the rule's own.
    probability:
        that the label is wrong, (n,), from rules that ask a model; NaN where that is not known.
    doubt:
        how strongly a model, or other annotators, doubt the label, (n,) in [0, 1], to rank by.
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
    known = any(rows is not None for rows in given.values())
    check_taken(known, None, "found()", "rows of a table, found(box=rows) say")
    columns: dict[str, Any] = {
        name: _numbers(name, rows, np.int32) for name, rows in given.items() if rows is not None
    }
    for name, values in (("probability", probability), ("doubt", doubt)):
        if values is not None:
            columns[name] = _numbers(name, values, np.float64)
    count = len(next(iter(columns.values())))
    for name, objects in (("fix", fix), ("explains", explains), ("affects", affects)):
        if objects is not None:
            each = isinstance(objects, Sequence | np.ndarray) and len(objects) == count
            check_taken(each, objects, f"found({name}=)", f"a list of {count:,}, one for each")
            columns[name] = np.empty(count, object)
            columns[name][:] = objects
    return Found(count, columns, evidence)


def _numbers(name: str, given: Iterable[Any], kind: type[np.number[Any]]) -> NDArray[Any]:
    """A column of numbers, (n,).

    Parameters
    ----------
    name:
        of the argument.
    given:
        the numbers.
    kind:
        how they are kept.
    """
    try:
        return np.array(given if hasattr(given, "__len__") else list(given), kind)
    except (TypeError, ValueError) as error:
        takes = f"found({name}=) takes a number for each finding, (n,)"
        raise ArgumentError(f"{takes}, not {kind_of(given)}") from error


@dataclass(frozen=True)
class Rule:
    """A rule: calling it with an audit and settings gives its findings."""

    code: str  # family and number, never reused: GEO001
    name: str  # what is wrong with the data: zero-area
    message: str  # str.format template of columns and evidence
    severity: Severity
    function: Callable[..., Found]
    fix: Safety | None  # the safest of its fixes
    needs: tuple[Need, ...] = ()  # without which it has nothing to look at
    names_causes: bool = False  # whether its findings may explain those of other rules
    scope: Scope = Scope.DATASET  # what a finding follows from, but for what it gathers
    gathers: tuple[Gathering, ...] = ()  # what it has to know of all boxes beside
    keeps: Callable[[AuditContext], Bools] | None = None  # boxes of a file that it looks at

    def __call__(self, audit: AuditContext, **settings: Any) -> Findings:
        """The findings of the rule with these settings, the others at their defaults.

        None at all where the audit has not what the rule needs; see `lacks`.
        """
        if self.lacks(audit):
            return Findings.empty()
        result = self.function(audit, **settings)
        columns = _located(audit.dataset, dict(result.columns))
        columns.setdefault("severity", np.full(result.count, self.severity))
        findings = Findings.of(
            result.count,
            code=np.full(result.count, self.code),
            name=np.full(result.count, self.name),
            **columns,
        )
        words = _messages(self.message, audit, findings, result.evidence)
        words = with_assumptions(words, findings.image, audit.dataset.images)
        return dataclasses.replace(findings, message=texts(words))

    @property
    def declaration(self) -> RuleDeclaration:
        """What tells whether it is to run."""
        return RuleDeclaration(self.code, self.name, self.needs, self.names_causes)

    def lacks(self, audit: AuditContext) -> str:
        """Why the rule has nothing to look at, in words; empty if it has what it needs."""
        return self.declaration.lacks(audit)

    @property
    def family(self) -> str:
        """The letters of the code."""
        return self.declaration.family

    @property
    def settings(self) -> dict[str, Any]:
        """The settings and their defaults."""
        parameters = inspect.signature(self.function).parameters.values()
        return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}

    @property
    def ranges(self) -> Mapping[str, Meta]:
        """The ranges of settings that have one."""
        return ranges(self.function)

    @property
    def summary(self) -> str:
        """The first line of its documentation."""
        return (self.function.__doc__ or "").strip().partition("\n")[0]


RULES: Registry[Rule] = Registry("rule", "labelaudit.rules", "@rule(")


class RuleDeclaration(NamedTuple):
    """What has to be known of a rule to tell whether it is to run."""

    code: str
    name: str
    needs: tuple[Need, ...]
    names_causes: bool

    @property
    def family(self) -> str:
        """The letters of the code."""
        return self.code.rstrip(string.digits)

    def lacks(self, audit: AuditContext) -> str:
        """Why the rule has nothing to look at, in words; empty if it has what it needs."""
        return next((audit.lacking[need] for need in self.needs if need in audit.lacking), "")


def declared(code: str) -> RuleDeclaration:
    """What a rule declares; the module of one that does not run need not be imported for it."""
    said = RULES.said(code)
    name, needs = (said.get("1"), said.get("needs", ())) if said else (None, None)
    causes = said.get("names_causes", False) if said else None
    if name is None or needs is None or causes is None:
        return RULES[code].declaration
    words = (needs,) if isinstance(needs, str) else needs
    return RuleDeclaration(code, name, tuple(map(_need, words)), causes)


def _need(text: str) -> Need:
    """A need as it is written: `Need.MODEL`, or its value."""
    _, dot, member = text.partition("Need.")
    return Need[member] if dot else Need(text)


def rule(  # noqa: PLR0913  # what a rule declares, by name
    code: str,
    name: str,
    *,
    message: str,
    severity: Severity,
    fix: Safety | None = None,
    needs: str | Iterable[str] = (),
    names_causes: bool = False,
    scope: str = Scope.DATASET,
    gathers: Gathering | Sequence[Gathering] = (),
    keeps: Callable[[AuditContext], Bools] | None = None,
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
    needs:
        what the rule has nothing to look at without, one or several of `Need`: where one is
        lacking, the rule does not run and is reported as not checked.
    names_causes:
        whether findings may explain those of other rules, so that it is asked before one of these
        is fixed, although nobody chose it.
    scope:
        one of `Scope`: what a finding follows from. Where that is not the whole dataset, the rule
        is checked shard by shard, too.
    gathers:
        what the rule has to know of all boxes beside what is in its scope.
    keeps:
        of a rule about files, which boxes, (boxes,), it has to be given of a part of a file, beside
        those that problems name; all of them where it does not say.
    """

    def register(function: Callable[..., Found]) -> Rule:
        names = (needs,) if isinstance(needs, str) else needs
        needed = tuple(map(Need, names))
        made = Rule(
            code,
            name,
            message,
            severity,
            function,
            fix,
            needed,
            names_causes,
            Scope(scope),
            (gathers,) if isinstance(gathers, Gathering) else tuple(gathers),
            keeps,
        )
        RULES.add(code, made)
        return made

    return register


def _located(dataset: Dataset, columns: dict[str, Any]) -> dict[str, Any]:
    """Image and file of each finding, where its box, image, class or problem says them."""
    if "image" not in columns and "box" in columns:
        columns["image"] = take_or_missing(dataset.boxes.image, columns["box"])
    for name, table in (
        ("box", dataset.boxes),
        ("image", dataset.images),
        ("category", dataset.categories),
        ("problem", dataset.problems),
    ):
        if "file" not in columns and name in columns:
            columns["file"] = take_or_missing(table.file, columns[name])
    return columns


def _messages(
    template: str, audit: AuditContext, findings: Findings, evidence: Mapping[str, Any]
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


def _standard(
    name: str, audit: AuditContext, findings: Findings
) -> Any:  # Any: a column of any type
    """The columns that every message may name."""
    dataset = audit.dataset
    if name in ("label", "other_label"):
        names = [*dataset.class_names, "no known class"]
        row = findings.box if name == "label" else findings.other
        return [names[label] for label in take_or_missing(dataset.boxes.label, row)]
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
