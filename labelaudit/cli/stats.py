from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from labelaudit.cli import CLEAN
from labelaudit.cli.parameters import DatasetSource, PartChoice
from labelaudit.cli.text_tables import statistics_tables, write_json
from labelaudit.core.terminal import Terminal
from labelaudit.dataset.statistics import statistics


def stats(
    paths: tuple[Path, ...],
    /,
    *,
    source: DatasetSource = DatasetSource(),
    part: PartChoice = PartChoice(),
    output_format: Literal["text", "json"] = "text",
) -> int:
    """Count what a dataset holds: images, boxes and their sizes, classes, splits.

    Parameters
    ----------
    paths:
        The dataset, as it would be given to a scan.
    output_format:
        text for people, json for programs.
    """
    numbers = statistics(source.load(paths, part=part))
    if output_format == "json":
        write_json(numbers, sys.stdout)
        return CLEAN
    terminal = Terminal(sys.stdout)
    for table in statistics_tables(numbers):
        terminal.print(table)
    return CLEAN
