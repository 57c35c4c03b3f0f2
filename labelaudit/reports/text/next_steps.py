"""What to type next, after a report: commands that work as they stand."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from labelaudit.auditing.estimates.ranking import RANKING
from labelaudit.auditing.scan import Scan
from labelaudit.core.shell import command
from labelaudit.core.text import plain
from labelaudit.io.formats import conversion_before_fixing
from labelaudit.reports.commands import scan_again

MORE = 100
"""Of each ranking, in the command that shows more; a choice."""


def next_steps(scan: Scan) -> Iterator[Text]:
    """A command in a line, behind what it is for: the line ends with it, so that it is copied."""
    for purpose, line in _steps(scan):
        yield Text(f"  {purpose}: ", "dim").append(line, "bold")


def _steps(scan: Scan) -> Iterator[tuple[str, str]]:
    if not scan.by_rule:
        return
    if scan.dataset.sources:
        convert = conversion_before_fixing(scan.dataset)
        if convert and (scan.safe or scan.unsafe):
            yield "to convert them", plain(convert)
        elif (scan.safe or scan.unsafe) and "--shards" not in scan.command:
            wanted = () if scan.safe else ("--unsafe-fixes",)
            yield "what would change", scan_again(scan, *wanted, "--diff")
        if any(count.findings > scan.examples for count in scan.by_rule):
            yield "all findings", scan_again(scan, "--output-format", "jsonl")
        if scan.ranked and "--predictions" in scan.command and "--ranked" not in scan.command:
            only = () if "--select" in scan.command else ("--select", RANKING)
            more = ("--ranked", str(MORE), "--examples", str(MORE))
            yield "more of the ranking", scan_again(scan, *only, *more)
    yield "what a rule means", command("rules", scan.by_rule[0].name)
