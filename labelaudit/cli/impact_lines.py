"""The price of noise for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from labelaudit.cli.text_tables import LONGEST_NAME, heading, table_of
from labelaudit.core.terminal import beginning
from labelaudit.core.text import plain
from labelaudit.impact.report import headline, interval
from labelaudit.impact.summary import ImpactSummary


def lines(result: ImpactSummary) -> Iterator[Text | Table]:
    """What an experiment says, and its tables."""
    yield Text.assemble(
        (plain(result.dataset), "bold"),
        f" · {result.learned:,} images learned · {result.held_out:,} held out · "
        f"{result.seeds} seeds · {result.network}",
    )
    for line in headline(result):
        yield Text(plain(line))
    yield heading("What fixes are worth", "points of mAP, with 95 % intervals")
    table = table_of("labels", "changed", "mAP", "against labels as they are", right=3)
    for one in (*result.of_group("labels"), *result.of_group("review")):
        gain = "" if one is result.sets[0] else interval(one.gain)
        table.add_row(one.words, f"{one.changed:,}", interval(one.map, signed=False), gain)
    yield table
    noise = result.of_group("noise")
    if noise:
        yield heading("What noise would cost", f"planted after: {result.best.words}")
        table = table_of("labels made wrong", "mAP", "points", right=2)
        for one in noise:
            table.add_row(one.words, interval(one.map, signed=False), interval(one.gain))
        yield table
    best = result.of_group("review")[-1] if result.of_group("review") else result.best
    yield heading("By class", f"after: {best.words}")
    table = table_of("class", "objects held out", "against labels as they are", right=2)
    for row in best.classes:
        name = beginning(plain(row.name), LONGEST_NAME)
        table.add_row(name, f"{row.objects:,}", interval(row.gain))
    yield table
