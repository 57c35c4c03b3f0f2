from __future__ import annotations

import sys
from typing import Literal

from labelaudit.cli import CLEAN
from labelaudit.cli.judged_samples import samples_at
from labelaudit.cli.parameters import QueueOption
from labelaudit.cli.quality import estimate_lines
from labelaudit.cli.text_tables import write_json
from labelaudit.core.terminal import Terminal
from labelaudit.label_errors.evaluation.prevalence import estimate_prevalence


def estimate(
    sample: QueueOption,
    /,
    *,
    output_format: Literal["text", "json"] = "text",
) -> int:
    """Say how many labels of a dataset are wrong, from a sample that a person judged.

    Parameters
    ----------
    sample:
        What `labelaudit sample` printed, with verdicts, or the queue of `labelaudit review
        --sample`.
    output_format:
        text for people, json for programs.
    """
    results = [estimate_prevalence(one) for one in samples_at(sample)]
    if output_format == "json":
        [first, *others] = [vars(result) for result in results]
        more = {"others": others} if others else {}
        write_json({"schema_version": 1, **first, **more}, sys.stdout)
        return CLEAN
    terminal = Terminal(sys.stdout)
    for number, result in enumerate(results):
        if number:
            terminal.print()
        for line in estimate_lines(result):
            terminal.print(line)
    return CLEAN
