"""The record of what was measured, and the table for people."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill

from benchmarks.machine import Machine
from benchmarks.process import Usage
from benchmarks.records import joined

HEAD = """\
# Speed

Written by `python -m benchmarks.speed`; do not edit. Every figure is of a whole process, from its
start to its end. The tools of a table ran in turn, round after round; the figures are medians. The
ratio is the wall time divided by that of labelaudit. MB are millions of bytes; the peak is resident
memory, of the largest process where a tool starts several.
"""
COLUMNS = (
    "| tool | wall s | fastest to slowest | CPU s | peak MB | ratio |\n|---|--:|--:|--:|--:|--:|"
)


@dataclass(frozen=True)
class Row:
    """All runs of one contender."""

    name: str
    runs: list[Usage]

    @property
    def failure(self) -> str:
        """How it failed, if any run did."""
        codes = sorted({run.exit_code for run in self.runs} - {0})
        return f"failed, exit code {codes[0]}" if codes else ""

    @property
    def wall_s(self) -> float:
        """The median wall time."""
        return statistics.median(run.wall_s for run in self.runs)


@dataclass(frozen=True)
class Outcome:
    """What one experiment showed."""

    title: str
    date: str
    machine: Machine
    versions: dict[str, str]
    size_mb: float | None  # of the file, or of all files of a folder; None if none is read
    rows: list[Row]  # labelaudit's first
    remark: str = ""  # what there is to know about the table


def record(outcomes: dict[str, Outcome], folder: Path) -> None:
    """Add `outcomes`, by experiment, to those recorded before and write the tables anew."""
    known = joined(folder / "speed.json", outcomes, dict[str, Outcome])
    (folder / "speed.md").write_text("\n".join([HEAD, *map(table, known.values())]))


def table(outcome: Outcome) -> str:
    """One outcome as Markdown."""
    tools = ", ".join(f"{name} {version}" for name, version in outcome.versions.items())
    rounds = max(len(row.runs) for row in outcome.rows)
    ours = outcome.rows[0]
    rows = "\n".join(_line(row, None if ours.failure else ours.wall_s) for row in outcome.rows)
    remark = f"{fill(outcome.remark, 100)}\n\n" if outcome.remark else ""
    size = "" if outcome.size_mb is None else f" ({outcome.size_mb:,.1f} MB)"
    return (
        f"## {outcome.title}{size}\n\n{remark}{COLUMNS}\n{rows}\n\n"
        f"{outcome.date}, {rounds} rounds; {outcome.machine}; {tools}.\n"
    )


def _line(row: Row, ours_s: float | None) -> str:
    """One contender as a line of the table."""
    if row.failure:
        return f"| {row.name} | {row.failure} | | | | |"
    walls = [run.wall_s for run in row.runs]
    cpu = statistics.median(run.cpu_s for run in row.runs)
    peak = statistics.median(run.peak_mb for run in row.runs)
    ratio = f"{row.wall_s / ours_s:.2f}" if ours_s else ""
    return (
        f"| {row.name} | {row.wall_s:.2f} | {min(walls):.2f} to {max(walls):.2f} "
        f"| {cpu:.2f} | {peak:,.0f} | {ratio} |"
    )
