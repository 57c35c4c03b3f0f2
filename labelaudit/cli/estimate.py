from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from labelaudit.cli import CLEAN
from labelaudit.cli.quality import estimate_lines
from labelaudit.cli.text_tables import write_json
from labelaudit.core.terminal import Terminal
from labelaudit.label_errors.evaluation.prevalence import estimate_prevalence
from labelaudit.label_errors.evaluation.sample import read_sample


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
    result = estimate_prevalence(read_sample(sample))
    if output_format == "json":
        write_json({"schema_version": 1, **vars(result)}, sys.stdout)
        return CLEAN
    terminal = Terminal(sys.stdout)
    for line in estimate_lines(result):
        terminal.print(line)
    return CLEAN
