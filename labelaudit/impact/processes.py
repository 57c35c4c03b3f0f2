"""Runs in processes of one thread each, as folds are trained.

`python -m labelaudit.impact.processes FILE` does the tasks in a file, one after the other.
"""

from __future__ import annotations

import json
import pickle
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from labelaudit.core.child_processes import News, Processes, run_together
from labelaudit.core.parallel import end_with_parent
from labelaudit.errors import LabelauditError
from labelaudit.impact.one_run import Task, run


def run_tasks(
    tasks: Sequence[Task], workers: int, progress: Callable[[float], None], *, on_gpu: bool
) -> None:
    """Do tasks in processes of one thread each; on a GPU here, one after the other.

    However this process ends, those that it started end with it.

    Parameters
    ----------
    tasks: what is to be done.
    workers: processes.
    progress: told how many tasks are done, parts of tasks included.
    on_gpu: whether networks run on a GPU, which does one thing at a time.

    Raises
    ------
    LabelauditError
        as the first run that failed, or with the last lines of a process that died.
    """
    if on_gpu:
        for number, task in enumerate(tasks):
            run(task, partial(_and_before, progress, number))
        return
    count = min(max(workers, 1), len(tasks))
    parts: dict[str, float] = {}

    def told(news: News) -> None:
        parts[news["folder"]] = float(news["part"])
        progress(sum(parts.values()))

    with tempfile.TemporaryDirectory(prefix="labelaudit-impact-") as folder:
        run_together(
            [
                partial(_run_some, tasks[first::count], Path(folder) / f"{first}.pickle")
                for first in range(count)
            ],
            told,
        )


def _and_before(progress: Callable[[float], None], before: int, part: float) -> None:
    progress(before + part)


def _run_some(tasks: Sequence[Task], path: Path, processes: Processes) -> None:
    """Do some tasks, one after the other; the file, private to this user, tells them."""
    with path.open("wb") as file:
        pickle.dump(list(tasks), file)
    ended = processes.run([sys.executable, "-m", "labelaudit.impact.processes", str(path)])
    if ended is None:
        return
    if ended.news.get("error"):
        raise LabelauditError(ended.news["error"])
    output = " | ".join(ended.last_lines) or "it said nothing; was memory short?"
    place = ended.news.get("folder", tasks[0].folder)
    raise LabelauditError(
        f"{place}: its process {ended.how()}: {output} (what was done is kept: run again)"
    )


def _main(path: str) -> int:
    """Do the tasks in a file, writing how far each is to standard output."""
    end_with_parent(sys.stdin.fileno())
    with Path(path).open("rb") as file:
        tasks: list[Task] = pickle.load(file)  # noqa: S301  # our parent has written it
    Path(path).unlink(missing_ok=True)  # a parent that is killed takes nothing away

    for task in tasks:
        try:
            run(task, partial(_say, task))
        except LabelauditError as error:
            _say(task, 0.0, f"labels {task.name!r}: {error}")
            return 1
        _say(task, 1.0)
    return 0


def _say(task: Task, part: float, error: str = "") -> None:
    """How far a task is, and why it failed if it did, as a line that the parent reads."""
    news = {"folder": str(task.folder), "part": part, "error": error}
    print(json.dumps(news), flush=True)  # noqa: T201  # the parent reads it


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1]))
