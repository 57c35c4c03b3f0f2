"""The record of what was found, and its tables for people."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import Machine
from benchmarks.records import joined

HEAD = """\
# Planted defects

Written by `python -m benchmarks.recall`; do not edit. How it is measured stands in
[docs/comparison.md](../../docs/comparison.md). "Symptoms" are remarks about single records where
the whole file is wrong; a tool that "refused" ended without a report on anything in the file.
"""
TITLES = {"coco": "COCO", "voc": "Pascal VOC", "yolo": "YOLO"}
SIGNS = {"found": "found", "symptoms": "symptoms", "missed": "\N{MIDDLE DOT}", "refused": "refused"}


@dataclass(frozen=True)
class Row:
    """One kind of defect."""

    family: str
    kind: str
    rule: str  # of labelaudit, by which the tests want it found
    verdicts: dict[str, str]  # by tool


@dataclass(frozen=True)
class Outcome:
    """What the tools found in one format."""

    date: str
    machine: Machine
    versions: dict[str, str]
    false_alarms: dict[str, dict[str, int]]  # on the clean twin, by tool and its own code
    rows: list[Row]

    @property
    def tools(self) -> list[str]:
        """Their names, ours first."""
        return list(self.false_alarms)


def record(format_: str, outcome: Outcome, folder: Path, page: Path) -> None:
    """Add an outcome to those recorded before, and write all tables anew."""
    kept = joined(folder / "recall.json", {format_: outcome}, dict[str, Outcome])
    known = {name: kept[name] for name in TITLES if name in kept}
    every = [HEAD, *(tables(name, one) for name, one in known.items())]
    (folder / "recall.md").write_text("\n".join(every), encoding="utf-8")
    if page.exists():
        text = page.read_text(encoding="utf-8")
        page.write_text(with_summaries(text, known), encoding="utf-8")


def with_summaries(page: str, known: dict[str, Outcome]) -> str:
    """The page with what stands between its two marks replaced by the summaries."""
    begin, end = "<!-- recall: begin -->\n", "<!-- recall: end -->"
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    parts = [f"### {TITLES[name]}\n\n{summary(one)}\n{_footer(one)}" for name, one in known.items()]
    return f"{before}{begin}\n" + "\n".join(parts) + f"\n{end}{after}"


def tables(format_: str, outcome: Outcome) -> str:
    """One outcome as Markdown: the sums, then every kind of defect."""
    return f"## {TITLES[format_]}\n\n{summary(outcome)}\n{_kinds(outcome)}\n{_footer(outcome)}"


def summary(outcome: Outcome) -> str:
    """How many kinds each tool found, by family, and its false alarms."""
    lines = [_line("defects", "kinds", *outcome.tools), _rule(1, len(outcome.tools) + 1)]
    families = Counter(row.family for row in outcome.rows)
    for family, count in sorted(families.items()):
        rows = [row for row in outcome.rows if row.family == family]
        lines.append(_line(family, str(count), *(_counts(rows, tool) for tool in outcome.tools)))
    every = [_counts(outcome.rows, tool) for tool in outcome.tools]
    lines.append(_line("**all**", f"**{len(outcome.rows)}**", *(f"**{sums}**" for sums in every)))
    alarms = [str(sum(outcome.false_alarms[tool].values())) for tool in outcome.tools]
    lines.append(_line("false alarms on the clean twin", "", *alarms))
    return "\n".join(lines) + "\n"


def _counts(rows: list[Row], tool: str) -> str:
    """How many a tool found, and in how many files it said anything else than nothing."""
    counts = Counter(row.verdicts[tool] for row in rows)
    others = [f"{counts[name]} {name}" for name in ("symptoms", "refused") if counts[name]]
    return str(counts["found"]) + (f" ({', '.join(others)})" if others else "")


def _kinds(outcome: Outcome) -> str:
    lines = [_line("defect", "rule", *outcome.tools), _rule(2 + len(outcome.tools), 0)]
    family = ""
    for row in outcome.rows:
        if row.family != family:
            family = row.family
            lines.append(_line(f"**{family}**", "", *("" for _ in outcome.tools)))
        signs = [SIGNS[row.verdicts[tool]] for tool in outcome.tools]
        lines.append(_line(row.kind, row.rule, *signs))
    return "\n".join(lines) + "\n"


def _footer(outcome: Outcome) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in outcome.versions.items())
    return f"{outcome.date}; {outcome.machine}; {versions}.\n"


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _rule(left: int, right: int) -> str:
    return f"|{'---|' * left}{'--:|' * right}"
