from __future__ import annotations

import sys
from typing import Literal

from labelaudit.cli import CLEAN
from labelaudit.cli.parameters import QueueOption
from labelaudit.cli.queueing import report, report_lines
from labelaudit.cli.text_tables import write_json
from labelaudit.core.terminal import Terminal
from labelaudit.review.queue.store import Queue


def show(queue: QueueOption, /, *, output_format: Literal["text", "json"] = "text") -> int:
    """Say how far a review is: what was decided, by whom, how fast, and what is still to be found.

    Parameters
    ----------
    queue:
        A review queue, as `labelaudit scan --queue` and `labelaudit review` keep it: a file, or
        postgresql://USER@HOST/DATABASE.
    output_format:
        text for people, json for programs.
    """
    with Queue.existing(queue) as opened:
        numbers = report(opened)
    if output_format == "json":
        write_json(numbers, sys.stdout)
        return CLEAN
    terminal = Terminal(sys.stdout)
    for line in report_lines(numbers):
        terminal.print(line)
    return CLEAN
