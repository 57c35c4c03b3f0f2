"""A short summary in Markdown, for a comment on a pull request or the summary of a step.

Names come from files of anybody: what Markdown or a forge would take for more than text is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TextIO

from labelaudit.auditing.findings_file import entries
from labelaudit.auditing.scan import Scan
from labelaudit.auditing.summary.overview import overview
from labelaudit.core.markup import in_markdown
from labelaudit.core.mirror_names import shown
from labelaudit.core.text import counted
from labelaudit.reports import REPORTS, Report
from labelaudit.reports.places import said, where
from labelaudit.reports.words import (
    BY,
    first_of_ranking,
    not_checked,
    severities,
    share_clauses,
)

MOST_RULES, MOST_GROUPS, MOST_FINDINGS, MOST_LETTERS = 15, 5, 10, 200
"""What a summary shows of each, so that it fits into a comment of any forge; choices."""


def write(scan: Scan, out: TextIO) -> None:
    """Write the summary: how much is wrong, by rule, where most, and the first findings."""
    for part in (_heading(scan), _rules(scan), _worst(scan), _first(scan), _notes(scan)):
        lines = list(part)
        if lines:
            out.write("\n".join([*lines, "", ""]))


def _heading(scan: Scan) -> Iterator[str]:
    dataset = scan.dataset
    names = ", ".join(_text(shown(path)) for path in dataset.sources)
    yield f"### labelaudit: {names}" if names else "### labelaudit"
    yield ""
    found = ", ".join(severities(scan.found)) or "nothing found"
    found += f"; {first_of_ranking(scan)}" if scan.ranked else ""
    known = f"; {counted(scan.known, 'known finding')} left out" if scan.known else ""
    verdict = "**fails**" if scan.fails(scan.fail_on) else "**passes**"
    yield f"{verdict}: {found}{known}"
    yield ""
    images = counted(len(dataset.images), "image")
    boxes = counted(dataset.box_count, "box", "boxes")
    classes = counted(len(dataset.categories), "class", "classes")
    yield f"{images}, {boxes}, {classes}"
    for basis, clauses in share_clauses(overview(scan)).items():
        yield f"<br>{_text(' '.join((BY[basis], ', '.join(clauses))))}"


def _rules(scan: Scan) -> Iterator[str]:
    if not scan.by_rule:
        return
    yield from _header("rule", "severity", "findings", "images", "safe fixes", "unsafe fixes")
    for one in scan.by_rule[:MOST_RULES]:
        name = f"{one.code} {_text(one.name)}"
        numbers = (one.findings, one.images, one.safe, one.unsafe)
        yield _row(name, str(one.severity), *(f"{number:,}" for number in numbers))
    yield from _more(len(scan.by_rule) - MOST_RULES, "rule")


def _worst(scan: Scan) -> Iterator[str]:
    for field, groups in overview(scan).worst.items():
        if groups:
            rates = ", ".join(
                f"{_text(one.name)} ({1000 * one.rate:.3g} of 1,000 boxes)"
                for one in groups[:MOST_GROUPS]
            )
            yield f"Worst by {_text(field)}: {rates}<br>"


def _first(scan: Scan) -> Iterator[str]:
    if not len(scan.findings):
        return
    yield from _header("severity", "rule", "where", "what")
    for entry in entries(scan.findings.rows(slice(MOST_FINDINGS)), scan.dataset):
        yield _row(entry["severity"], entry["code"], _text(where(entry)), _text(said(entry)))
    yield from _more(len(scan.findings) - MOST_FINDINGS, "finding")


def _notes(scan: Scan) -> Iterator[str]:
    for line in not_checked(scan):
        yield f"{_text(line)}<br>"
    for conflict in scan.conflicts[:MOST_FINDINGS]:
        yield f"not fixed: {_text(conflict)}<br>"


def _header(*names: str) -> Sequence[str]:
    return _row(*names), _row(*("---" for _ in names))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _more(count: int, thing: str) -> Sequence[str]:
    return ("", f"and {counted(count, f'more {thing}')}") if count > 0 else ()


def _text(text: str) -> str:
    """A text as Markdown shows it, not too long."""
    return in_markdown(text, MOST_LETTERS)


REPORTS.add(
    "markdown", Report("markdown", "a short summary, for a comment on a pull request", write)
)
