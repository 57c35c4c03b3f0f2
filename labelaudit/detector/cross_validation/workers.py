"""Workers: processes that run folds, one after the other in each, and their progress."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from labelaudit.core.child_processes import ChildProcesses, EndedProcess, News, run_together
from labelaudit.errors import LabelauditError


def run_folds(
    folder: Path, folds: Sequence[int], workers: int, progress: Callable[[float], None]
) -> None:
    """Run folds of a job in processes of one thread each; see `train_fold`.

    There are no more processes than workers: each takes seconds of CPU to import torch.

    Parameters
    ----------
    folder: with the job.
    folds: their numbers.
    workers: processes.
    progress: called with how many folds are done, parts of folds included.

    Raises
    ------
    LabelauditError
        with the last lines of a process that ended in an error.
    """
    count = min(max(workers, 1), len(folds))
    parts: dict[int, float] = {}

    def told(news: News) -> None:
        parts[int(news["fold"])] = float(news["part"])
        progress(sum(parts.values()))

    run_together([partial(_run, folder, folds[first::count]) for first in range(count)], told)


def _run(folder: Path, folds: Sequence[int], processes: ChildProcesses) -> None:
    """Run some folds to their end, one after the other."""
    ended = processes.run(_command(folder, folds))
    if ended is not None:
        raise LabelauditError(_failure_message(int(ended.news.get("fold", folds[0])), ended))


def _command(folder: Path, folds: Sequence[int]) -> list[str]:
    """What a process is started with that runs these folds."""
    module = "labelaudit.detector.cross_validation.train_fold"
    return [sys.executable, "-m", module, str(folder), *map(str, folds)]


def _failure_message(fold: int, ended: EndedProcess) -> str:
    """What to say of a process that ended in an error."""
    output = " | ".join(ended.last_lines) or "it said nothing; was memory short?"
    return f"fold {fold}: its process {ended.how()}: {output} (what was done is kept: run again)"
