from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from labelaudit.cli import CLEAN
from labelaudit.cli.quality import estimate_lines
from labelaudit.cli.tables import write_json
from labelaudit.estimating import estimated
from labelaudit.sampling import read_sample
from labelaudit.terminal import Terminal


def estimate(
    sample: Path,
    /,
    *,
    output_format: Literal["text", "json"] = "text",
) -> int:
    """Say how many labels of a dataset are wrong, from a sample that a person judged.

    Parameters
    ----------
    sample:
        What `labelaudit sample` printed, with verdicts.
    output_format:
        text for people, json for programs.
    """
    result = estimated(read_sample(sample))
    if output_format == "json":
        write_json({"schema_version": 1, **vars(result)}, sys.stdout)
        return CLEAN
    terminal = Terminal(sys.stdout)
    for line in estimate_lines(result):
        terminal.print(line)
    return CLEAN
