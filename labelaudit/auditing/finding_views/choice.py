"""Which findings are asked for, by rule, severity, image, class, split and fix; and their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from labelaudit.auditing.estimates.expected_value import expected_value
from labelaudit.auditing.finding_views.records import classes_of
from labelaudit.auditing.findings import Findings, Safety, Severity
from labelaudit.auditing.options.words import SEVERITIES, meaning
from labelaudit.auditing.run import codes
from labelaudit.core.columns import MISSING, Bools, Ints
from labelaudit.core.registry import suggestion
from labelaudit.core.table import fields
from labelaudit.dataset.arguments import each, one_or_several
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ArgumentError, UnknownNameError

FIXES: Mapping[str, Callable[[Safety | None], bool]] = {
    "safe": lambda safety: safety is Safety.SAFE,
    "unsafe": lambda safety: safety is Safety.UNSAFE,
    "any": lambda safety: safety is not None,
}
"""Which findings have such a fix, by the safety of theirs."""

PATTERN = "*?["
"""What makes a name of an image a pattern."""


def filtered(
    findings: Findings,
    *,
    select: str | Iterable[str],
    ignore: str | Iterable[str],
    min_severity: Severity | str,
    images: str | Iterable[str] | None,
    classes: str | Iterable[str] | None,
    splits: str | Iterable[str] | None,
    fix: Safety | str | None,
) -> Bools:
    """Which findings are all of this, (n,).

    Parameters
    ----------
    findings:
        that are chosen from.
    select, ignore, min_severity, images, classes, splits, fix:
        see `Findings.filter`.
    """
    kept = _of_rules(findings, one_or_several(select, "select", "codes or names of rules"))
    kept &= ~_of_rules(findings, one_or_several(ignore, "ignore", "codes or names of rules"))
    kept &= findings.severity >= meaning("min_severity", min_severity, SEVERITIES)
    for names, which, what in (
        (images, _of_images, "images"),
        (classes, _of_classes, "classes"),
        (splits, _in_splits, "splits"),
    ):
        if names is not None:
            given = each(names) if isinstance(names, str) else names
            wanted = one_or_several(given, what, f"names of {what}")
            kept &= which(findings, _dataset(findings, what), wanted)
    if fix is not None:
        allowed = meaning("fix", fix, FIXES)
        kept &= np.array([allowed(one and one.safety) for one in findings.fix], bool)
    return kept


OBJECTS = ("fix", "explains", "affects")
"""Columns that nothing is put in order by."""


def ordered(findings: Findings, by: str, *, descending: bool) -> Ints:
    """The rows of findings in the order of a column, equal ones as they stand, (n,).

    Parameters
    ----------
    findings:
        that are put in order.
    by:
        a column, or one of `MADE`.
    descending:
        the largest first.
    """
    names = [field.name for field in fields(Findings) if field.name not in OBJECTS]
    if by not in names and by not in MADE:
        known = [*names, *MADE]
        raise UnknownNameError(
            f"findings have no column {by!r} to be sorted by{suggestion(by, known)}; there are "
            f"{', '.join(known)}"
        )
    values = MADE[by](findings) if by in MADE else getattr(findings, by)
    _, rank = np.unique(values, return_inverse=True)
    rank = rank.astype(np.int64)
    absent = np.isnan(values) if values.dtype.kind == "f" else values == _nothing(values)
    key = np.where(absent, len(rank) + 1, -rank if descending else rank)
    return np.argsort(key, kind="stable")


def _nothing(values: Any) -> Any:  # Any: a column of any type
    return MISSING if values.dtype.kind == "i" else "" if values.dtype.kind == "T" else None


def _image_names(findings: Findings) -> Any:  # Any: texts
    names = np.append(_dataset(findings, "image_name").images.name, np.array([""], "T"))
    return names[findings.image]


def _class_names(findings: Findings) -> Any:  # Any: texts
    names = [*_dataset(findings, "class_name").class_names, ""]
    return np.array(names, np.dtypes.StringDType())[classes_of(findings)]


MADE: Mapping[str, Callable[[Findings], Any]] = {  # Any: see _nothing
    "image_name": _image_names,
    "class_name": _class_names,
    "expected_value": expected_value,
}
"""What findings are sorted by that is no column of theirs."""


def _dataset(findings: Findings, what: str) -> Dataset:
    if findings.dataset is None:
        raise ArgumentError(
            f"{what} of findings are known by their dataset, which nobody gave: "
            "findings.replaced(dataset=dataset)"
        )
    return findings.dataset


def _of_rules(findings: Findings, selectors: Iterable[str]) -> Bools:
    wanted = [code for selector in selectors for code in codes(selector)]
    return np.isin(np.array(findings.code.tolist(), object), wanted)


def _of_images(findings: Findings, dataset: Dataset, wanted: Iterable[str]) -> Bools:
    names: list[str] = dataset.images.name.tolist()
    rows: set[int] = set()
    for one in wanted:
        here = {row for row, name in enumerate(names) if name == one}
        if not here and any(sign in one for sign in PATTERN):
            here = {row for row, name in enumerate(names) if fnmatchcase(name, one)}
        elif not here:
            raise UnknownNameError(f"no image is called {one!r}{suggestion(one, names)}")
        rows |= here
    return np.isin(findings.image, list(rows))


def _of_classes(findings: Findings, dataset: Dataset, wanted: Iterable[str]) -> Bools:
    names = dataset.class_names
    for one in wanted:
        if one not in names:
            raise UnknownNameError(f"no class is called {one!r}{suggestion(one, names)}")
    rows = [row for row, name in enumerate(names) if name in set(wanted)]
    return np.isin(classes_of(findings), rows)


def _in_splits(findings: Findings, dataset: Dataset, wanted: Iterable[str]) -> Bools:
    for one in wanted:
        if one not in dataset.splits:
            hint = suggestion(one, dataset.splits)
            raise UnknownNameError(f"no split is called {one!r}{hint}")
    members = dataset.split_members
    rows = [dataset.splits.index(one) for one in wanted]
    inside = members.image[np.isin(members.split, rows) & (members.image != MISSING)]
    return np.isin(findings.image, inside)
