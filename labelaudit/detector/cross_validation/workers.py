"""Workers: processes that run folds, one after the other in each, and their progress."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from labelaudit.core.child_processes import EndedProcess, News, Processes, run_together
from labelaudit.core.executors import Executor
from labelaudit.errors import LabelauditError


def run_folds(
    folder: Path, folds: Sequence[int], executor: Executor, progress: Callable[[float], None]
) -> None:
    """Run folds of a job in processes of one thread each; see `train_fold`.

    Parameters
    ----------
    folder: with the job.
    folds: their numbers.
    executor: where the processes run.
    progress: called with how many folds are done, parts of folds included.

    Raises
    ------
    LabelauditError
        with the last lines of a process that ended in an error, or if the folder is not seen where
        they run.
    """
    if not folds:
        return
    executor.check_reaches(folder)
    parts: dict[int, float] = {}

    def told(news: News) -> None:
        parts[int(news["fold"])] = float(news["part"])
        progress(sum(parts.values()))

    shares = executor.shares(folds)
    run_together([partial(_run, folder, share) for share in shares], told, executor.processes())


def _run(folder: Path, folds: Sequence[int], processes: Processes) -> None:
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
