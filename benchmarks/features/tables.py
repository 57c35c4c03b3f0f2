"""The record of what each tool showed, and its tables for people."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from benchmarks.features.wanted import FEATURES
from benchmarks.machine import Machine

TOOLS = ("labelaudit", "ruff", "FiftyOne", "cleanlab", "Datumaro", "CVAT", "Label Studio")
"""In the order of the columns."""

SIGNS = {"yes": "yes", "partly": "partly", "no": "no", "not asked": "-"}
HEAD = """\
# Forty features

Written by `python -m benchmarks.features`; do not edit. What each tool was asked, and what it
showed. How it was asked stands in `benchmarks/features/peers`, a function for each feature; an
answer of another source than `run` is from the tool's documentation. "none of ... in" tells in
which words its own help, names or schema were searched for a feature that it does not have.
"""


@dataclass(frozen=True)
class Cell:
    """What one tool showed of one feature."""

    answer: str  # a key of SIGNS
    seen: str
    source: str  # run, or the address of a page


@dataclass(frozen=True)
class Outcome:
    """What one tool showed."""

    date: str
    machine: Machine | None  # None if it was not run
    versions: dict[str, str]
    cells: dict[str, Cell]  # by key of the feature; what is not there was not asked


def record(new: dict[str, Outcome], folder: Path, page: Path) -> None:
    """Add outcomes to those that were recorded before, and write the tables anew.

    Of a tool that was asked again for some features only, what it showed of the others stays.
    """
    path = folder / "features.json"
    kind = dict[str, Outcome]
    known = msgspec.json.decode(path.read_bytes(), type=kind) if path.exists() else {}
    for name, outcome in new.items():
        before = known[name].cells if name in known and outcome.machine else {}
        known[name] = replace(outcome, cells=before | outcome.cells)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(known)) + b"\n")
    (folder / "features.md").write_text(everything(known), "utf-8")
    if page.exists():
        page.write_text(with_table(page.read_text("utf-8"), known), "utf-8")


def with_table(page: str, known: dict[str, Outcome]) -> str:
    """The page with what stands between its two marks replaced by the table."""
    begin, end = "<!-- features: begin -->\n", "<!-- features: end -->"
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n{table(known)}\n{end}{after}"


def table(known: dict[str, Outcome]) -> str:
    """The features by tools, the sums, and what was run."""
    tools = [name for name in TOOLS if name in known]
    lines = [_line("", "`labelaudit ...`", *tools), f"|---|---|{'---|' * len(tools)}"]
    group = ""
    for feature in FEATURES:
        if feature.group != group:
            group = feature.group
            lines.append(_line(f"**{group}**", *[""] * (len(tools) + 1)))
        answers = [SIGNS[_cell(known[name], feature.key).answer] for name in tools]
        command = f"`{feature.command}`" if feature.command else ""
        lines.append(_line(feature.asks, command, *answers))
    lines.append(_line("**yes, partly**", "", *(_sums(known[name]) for name in tools)))
    return "\n".join(lines) + f"\n\n{_runs(known)}\n"


def everything(known: dict[str, Outcome]) -> str:
    """What each tool showed of each feature."""
    parts = [HEAD, _runs(known), ""]
    for feature in FEATURES:
        parts += [f"## {feature.asks}", "", "| tool | | seen | source |", "|---|---|---|---|"]
        for name in TOOLS:
            if name in known:
                cell = _cell(known[name], feature.key)
                seen = " ".join(cell.seen.replace("|", "/").split())
                parts.append(_line(name, SIGNS[cell.answer], seen, cell.source))
        parts.append("")
    return "\n".join(parts)


def _cell(outcome: Outcome, key: str) -> Cell:
    """What a tool showed of a feature; of one that was not run, what is not documented is a no."""
    absent = (
        Cell("not asked", "", "") if outcome.machine else Cell("no", "not in its documentation", "")
    )
    return outcome.cells.get(key, absent)


def _sums(outcome: Outcome) -> str:
    counts = Counter(_cell(outcome, feature.key).answer for feature in FEATURES)
    return f"**{counts['yes']}, {counts['partly']}**"


def _runs(known: dict[str, Outcome]) -> str:
    """When what was run, and on what machine."""
    said = []
    for name in TOOLS:
        outcome = known.get(name)
        if outcome and outcome.machine:
            versions = ", ".join(f"{one} {version}" for one, version in outcome.versions.items())
            said.append(f"{versions} ({outcome.date}, load {outcome.machine.load:g})")
    machine = next((one.machine for one in known.values() if one.machine), None)
    size = f"{machine.cores} cores, {machine.memory_gib:g} GiB, {machine.system}" if machine else ""
    return f"{size}; run: {'; '.join(said)}."


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
