"""What the page says of the whole: how bad it is, where, and what was not looked at."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from labelaudit.auditing.estimates.breakdown import FieldBreakdown, FieldGroup, breakdown, worst
from labelaudit.auditing.needs import ASKED_WITH
from labelaudit.auditing.scan import Scan
from labelaudit.auditing.summary.overview import ErrorShare, Overview
from labelaudit.core.text import counted, rounded
from labelaudit.dataset.fields import Fields
from labelaudit.images.whereabouts import are_inside, whereabouts
from labelaudit.reports.words import (
    BASES,
    LIMITS,
    count_words,
    family_or_name,
    percent,
    ranking_words,
)

MOST_GROUPS = 500
"""Values of a field that are listed; of more, those that stand out first. A choice."""


@dataclass(frozen=True)
class Share:
    """How much is wrong of one thing."""

    of: str  # what it is a number of, in words
    number: str  # 63, at least 10, or none found
    percent: str  # 2.0 %; empty where there is nothing that it is a part of
    interval: str  # 95 % limits: 41 to 92; empty where there is none
    basis: str


def shares(seen: Overview) -> list[Share]:
    """The shares of boxes and images with errors, and objects without a label."""
    found = [
        _share(seen.boxes, f"with errors, of {counted(seen.boxes.of, 'box', 'boxes')}"),
        _share(seen.images, f"with errors, of {counted(seen.images.of, 'image')}"),
    ]
    if seen.missing:
        found.append(_share(seen.missing, "objects without a label", part=False))
    return found


def _share(share: ErrorShare, of: str, *, part: bool = True) -> Share:
    number, interval = rounded(share.errors), ""
    if share.high is not None:
        interval = f"{LIMITS[share.basis]}: {rounded(share.low)} to {rounded(share.high)}"
    elif share.errors:
        number = f"at least {number}"
    else:
        number, part = "none found", False
    return Share(of, number, percent(share.share) if part else "", interval, BASES[share.basis])


@dataclass(frozen=True)
class FieldTable:
    """Findings by one field."""

    one: FieldBreakdown
    groups: Sequence[FieldGroup]  # that are listed
    top: float  # findings per 1,000 boxes where scales end

    @property
    def left_out(self) -> int:
        """Values that are not listed."""
        return len(self.one.groups) - len(self.groups)


def field_tables(scan: Scan) -> list[FieldTable]:
    """Findings by class, by split and by what the scan counts by."""
    dataset, fields = scan.dataset, Fields(scan.dataset)
    known = {one.field: one for one in scan.breakdowns}
    names = ["class", *(["split"] if dataset.splits else []), *scan.options.by]
    tables = []
    for name in dict.fromkeys(names):
        one = known.get(name) or breakdown(fields.column(name), scan.findings, dataset)
        if not one.groups:
            continue
        groups = worst(one.groups, MOST_GROUPS)
        ends = [group.rate for group in groups if group.boxes]
        tables.append(FieldTable(one, groups, max([2 * one_end for one_end in ends] or [0.0])))
    return tables


def unchecked(scan: Scan) -> list[tuple[str, list[str]]]:
    """Why rules did not run, and which; those that nobody asked for last."""
    rules: dict[str, list[str]] = {}
    for code, reason in scan.not_checked.items():
        rules.setdefault(reason, []).append(code)
    return [
        (
            f"nobody asked for it: {ASKED_WITH[reason]} does" if reason in ASKED_WITH else reason,
            list(dict.fromkeys(family_or_name(code, codes) for code in codes)),
        )
        for reason, codes in sorted(rules.items(), key=lambda item: item[0] in ASKED_WITH)
    ]


def limits(scan: Scan) -> list[str]:
    """What else keeps the report from being about everything, a sentence each."""
    dataset, told = scan.dataset, []
    where = whereabouts(dataset)
    if len(dataset.images) and not are_inside(dataset) and where.found < where.listed:
        told.append(f"Of {counted(where.listed, 'image')}, {where.found:,} were found.")
    if scan.known:
        told.append(f"{counted(scan.known, 'known finding')} of the baseline left out.")
    if scan.options.min_severity:
        told.append(f"Findings milder than {scan.options.min_severity!s} are left out.")
    if scan.options.per_class_ignores or scan.options.per_path_ignores:
        told.append("The configuration leaves out rules for some classes or paths.")
    told += [f"Not fixed: {conflict}" for conflict in scan.conflicts]
    return told


def opinion_words(scan: Scan) -> list[str]:
    """Whose second opinion it is, what it did not judge, and what its numbers mean."""
    issues = scan.label_issues
    if issues is None:
        return []
    judged, boxes = int(issues.boxes.was_scored.sum()), len(issues.boxes)
    source = issues.source.rpartition(os.sep)[2]  # a file, without its folders on this machine
    words = [f"Second opinion by {source}: judged {judged:,} of {counted(boxes, 'box', 'boxes')}."]
    if issues.abstention_reasons:
        why = ", ".join(f"{count:,} ({why})" for why, count in issues.abstention_reasons.items())
        words.append(f"Not judged, which does not mean right: {why}.")
    if issues.max_share is not None:
        words.append(f"{_sentence(ranking_words(judged, issues.max_share))}.")
    if issues.counts:
        words.append(f"{_sentence(count_words(issues.counts))}.")
    return [*words, *issues.notes]


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
