"""Findings as a notebook shows them: a table of the first ones, with pictures before and after."""

from __future__ import annotations

from labelaudit.auditing.findings import Finding, Findings
from labelaudit.core.terminal import beginning
from labelaudit.core.text import counted, plain
from labelaudit.notebook.marks import after, before, proposal, surroundings
from labelaudit.notebook.pictures import Pictures, data_address
from labelaudit.notebook.style import figure, page, severity, table, words

MOST_SHOWN = 10
"""Findings that are shown, each with two pictures at most: the output of a cell is kept in its
notebook, and stays below half a megabyte; a choice."""

SIDE = 140
"""Pixels of the page that the longer side of a picture takes."""

LONGEST = 400
"""Characters of a message that are shown; the whole is in `.message`."""


def findings_html(findings: Findings) -> str:
    """The first findings as a table with pictures."""
    if not len(findings):
        return page("<p>No findings.</p>")
    pictures = None if findings.dataset is None else Pictures(findings.dataset)
    rows = [
        (
            f"{severity(str(one.severity))}<br>{words(one.name)}<br>{_faint(one.code)}",
            _figures(one, pictures),
            _said(one),
        )
        for one in findings[:MOST_SHOWN]
    ]
    left = len(findings) - len(rows)
    more = (
        f'<p class="faint">{counted(left, "more finding")}: findings[{MOST_SHOWN}:], '
        "findings.filter(...)</p>"
        if left
        else ""
    )
    summary = f"<p>{words(repr(findings).removeprefix('<Findings: ').removesuffix('>'))}</p>"
    return page(summary, table(("Rule", "Before and after", "What is wrong"), rows), more)


def finding_html(finding: Finding) -> str:
    """One finding; its picture is in the table of findings that it comes from."""
    rows = [
        ("rule", words(f"{finding.name} {finding.code}")),
        ("severity", severity(str(finding.severity))),
        ("where", _said(finding)),
    ]
    return page(table(("Finding", ""), rows))


def _figures(finding: Finding, pictures: Pictures | None) -> str:
    """The pictures of a finding; words where there is nothing to draw."""
    if pictures is None or finding.image is None:
        return _faint("no image")
    now, then = before(finding), after(finding)
    if finding.image_path is None and not now and not then:
        return _faint("image not at hand")
    extent = surroundings([*now, *(then or ())], pictures.size(finding.image))
    shown = []
    for marks, caption in ((now, "before"), (then, "after")):
        if marks is None:
            continue
        names = ", ".join(dict.fromkeys(mark.name for mark in marks if mark.name))
        picture = pictures.drawn(finding.image, extent, marks, 2 * SIDE)
        said = f"{caption}: {counted(len(marks), 'box', 'boxes')} {names}"
        title = f"{caption}: {beginning(plain(names), 24)}" if names else caption
        shown.append(figure(data_address(picture), said, title, picture.width // 2))
    return "".join(shown)


def _said(finding: Finding) -> str:
    """Where a finding is and what it says, as HTML."""
    where = finding.image_name or finding.source or ""
    lines = [f"<strong>{words(where)}</strong>"] if where else []
    lines.append(words(beginning(finding.message, LONGEST)))
    if finding.xyxy is not None:
        sides = ", ".join(f"{side:g}" for side in finding.xyxy)
        lines.append(_faint(f"{finding.class_name or 'no class'} {sides}"))
    if finding.probability is not None:
        lines.append(_faint(f"probability {finding.probability:.2f}"))
    if finding.fix is not None:
        lines.append(_faint(f"{finding.fix.safety} fix: {proposal(finding)}"))
    return "<br>".join(lines)


def _faint(text: str) -> str:
    return f'<span class="faint">{words(text)}</span>'
