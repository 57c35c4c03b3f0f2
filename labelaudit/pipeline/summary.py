"""Why labels do not pass, for an exception: what was found, and what shows and mends it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.scan import Scan
from labelaudit.core.terminal import Terminal
from labelaudit.io.load import PathLike
from labelaudit.reports.commands import scan_again
from labelaudit.reports.text.layout import groups, header
from labelaudit.reports.words import not_checked

WIDTH = 100
"""Columns of a summary: an exception is read in logs, which have no width."""

EXAMPLES = 3
"""Findings of each rule that a summary shows."""


def summary(
    found: Scan,
    verdict: str,
    reasons: Sequence[str],
    *,
    baseline: PathLike | None = None,
    least: Severity = Severity.WARNING,
) -> str:
    """What a person reads who asks why labels do not pass.

    Parameters
    ----------
    found:
        what was found.
    verdict:
        its first line.
    reasons:
        why, a line each.
    baseline:
        as it was given; for the commands.
    least:
        the mildest findings that are shown.
    """
    out = io.StringIO()
    terminal = Terminal(out, width=WIDTH)
    terminal.print(*header(found, WIDTH), sep="\n")
    findings = found.findings.rows(found.findings.severity >= least)
    for line in groups(replace(found, findings=findings, examples=EXAMPLES), terminal):
        terminal.print(line)
    terminal.print("", *not_checked(found), "", sep="\n")
    shown = map(str.rstrip, out.getvalue().rstrip().split("\n"))
    why = (f"  {reason}" for reason in reasons)
    return "\n".join([verdict, *why, "", *shown, "", *_next_steps(found, baseline)])


def _next_steps(found: Scan, baseline: PathLike | None) -> Iterator[str]:
    """The commands that show all findings and that mend some, as far as commands can say it."""
    if not found.dataset.sources:
        yield "labelaudit.audit(dataset, options) returns them all"
        return
    known = [] if baseline is None else ["--baseline", str(baseline)]
    yield f"all of them: {scan_again(found, *known)}"
    if found.safe:
        yield f"mend what can be mended safely: {scan_again(found, '--fix', '-o', 'cleaned')}"
    if found.options.settings or found.options.severities:
        yield "settings and severities of this gate are not in commands, but in labelaudit.toml"
