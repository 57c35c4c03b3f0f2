"""Findings by a field, a short table each, in the text report."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from labelaudit.auditing.estimates.breakdown import FieldBreakdown, FieldGroup, worst
from labelaudit.core.terminal import FittedTable, beginning
from labelaudit.core.text import counted, plain
from labelaudit.reports.words import stands_out_words

MOST_ROWS = 8
"""Values that are listed; of more, those that stand out first."""

LONGEST_NAME = 30
"""Columns of a value."""

STYLES = {"worse": "bold yellow", "better": "green", "": ""}


def breakdown_lines(one: FieldBreakdown) -> Iterator[Text | Table]:
    """A heading, a table of the values, and how many there are more."""
    title = Text.assemble(("by ", ""), (plain(one.field), "bold"))
    yield title.append(" · findings per 1,000 boxes, highest lower limit first", "dim")
    shown = worst(one.groups, MOST_ROWS)
    table = FittedTable()
    table.add_column("")
    for name in ("boxes", "images", "found", "per 1,000"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("95 %", no_wrap=True)
    table.add_column("")
    for group in shown:
        table.add_row(*_cells(group))
    yield table
    more = [group for group in one.groups if group not in shown]
    notes = []
    if more:
        out = sum(bool(group.stands_out) for group in more)
        notes.append(
            counted(len(more), "more value") + (f", {out:,} of which stand out" if out else "")
        )
    if one.elsewhere:
        notes.append(f"{counted(one.elsewhere, 'finding')} about none of them")
    if notes:
        yield Text(f"  ... {'; '.join(notes)}", "dim")


def _cells(group: FieldGroup) -> Iterator[Text]:
    name = beginning(plain(group.value), LONGEST_NAME) if group.value else "(none)"
    yield Text(f"  {name}", STYLES[group.stands_out])
    for number in (group.boxes, group.images, group.findings):
        yield Text(f"{number:,}")
    yield Text(_rate(group.rate) if group.boxes else "")
    yield Text(f"{_rate(group.low)} .. {_rate(group.high)}" if group.boxes else "", "dim")
    yield Text(stands_out_words(group), STYLES[group.stands_out])


def _rate(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
