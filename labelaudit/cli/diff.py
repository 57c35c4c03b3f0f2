from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from cyclopts.types import NonNegativeInt

from labelaudit.cli import CLEAN, FINDINGS
from labelaudit.cli.parameters import DatasetSource
from labelaudit.cli.text_tables import comparison_lines, write_json
from labelaudit.core.terminal import Terminal
from labelaudit.dataset.compare import compare


def diff(
    before: Path,
    after: Path,
    /,
    *,
    source: DatasetSource = DatasetSource(),
    examples: NonNegativeInt = 3,
    output_format: Literal["text", "json"] = "text",
) -> int:
    """Say what changed between two versions of a dataset, whatever their ids, order or format.

    Exits with 0 if nothing changed, with 1 if something did.

    Parameters
    ----------
    before:
        The dataset as it was.
    after:
        The dataset as it is.
    examples:
        How many changes of each kind the text shows.
    output_format:
        text for people, json for programs.
    """
    comparison = compare(source.load([before]), source.load([after]))
    if output_format == "json":
        write_json({"schema_version": 1, "differences": comparison.differences}, sys.stdout)
    else:
        terminal = Terminal(sys.stdout)
        for line in comparison_lines(comparison, examples):
            terminal.print(line)
    return FINDINGS if comparison.differences else CLEAN
