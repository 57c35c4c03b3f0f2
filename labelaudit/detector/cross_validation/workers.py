"""Workers: processes that run folds, one after the other in each, and their progress."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from labelaudit.errors import LabelauditError

LAST_LINES = 3
"""Lines of a process that ended in an error which are shown."""

KEPT_MEMORY = 1 << 30
"""Bytes that glibc keeps for the next layer instead of giving them back to the system after each.

A training step asks for the same megabytes again and again. In a probe on BCCD (two folds, one
epoch), 161 CPU seconds for 177, of these 6.5 for 17.6 in the system, and no more memory.
"""

POLL_S = 0.2
"""How long to wait for news of progress before looking whether a process has failed."""


def run_folds(
    folder: Path, folds: Sequence[int], workers: int, progress: Callable[[float], None]
) -> None:
    """Run folds of a job in processes of one thread each; see `train_fold`.

    There are no more processes than workers: each takes seconds of CPU to import torch.

    Plain child processes: multiprocessing would run the caller's main module again, and forking a
    process with threads can hang. However this process ends, they end with it.

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
    processes = _Processes(folder)
    count = min(max(workers, 1), len(folds))
    with ThreadPoolExecutor(max(count, 1)) as threads:
        running = [threads.submit(processes.run, folds[first::count]) for first in range(count)]
        try:
            _wait(running, processes, progress)
        finally:
            # After an error, or when the user interrupts: no process is left behind.
            processes.stop()


class _Processes:
    """The processes that run."""

    def __init__(self, folder: Path) -> None:
        self.parts: queue.SimpleQueue[tuple[int, float]] = queue.SimpleQueue()
        self._folder = folder
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def run(self, folds: Sequence[int]) -> None:
        """Run some folds to their end, one after the other."""
        with self._lock:
            if self._stopped:
                return
            process = subprocess.Popen(  # noqa: S603  # our own module
                _command(self._folder, folds),
                stdin=subprocess.PIPE,  # it ends when this does; see `end_with_parent`
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                env=_environment(),
            )
            self._running.add(process)
        fold, last_lines = self._read_output(process, folds[0])
        with self._lock:
            self._running.discard(process)
            stopped = self._stopped
        if process.returncode and not stopped:
            raise LabelauditError(_failure_message(fold, process.returncode, last_lines))

    def stop(self) -> None:
        """End all processes, and start no other."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                process.kill()

    def _read_output(self, process: subprocess.Popen[str], fold: int) -> tuple[int, list[str]]:
        """Pass on how far a process is until it ends; its last fold and lines of its errors."""
        assert process.stdin is not None  # noqa: S101  # all were asked for
        assert process.stdout is not None  # noqa: S101
        assert process.stderr is not None  # noqa: S101
        last_lines: deque[str] = deque(maxlen=LAST_LINES)
        # Both pipes are read at once: a process that fills one of them would wait for ever.
        stderr_reader = threading.Thread(
            target=last_lines.extend, args=(process.stderr,), daemon=True
        )
        stderr_reader.start()
        for line in process.stdout:
            news = json.loads(line)
            fold = int(news["fold"])
            self.parts.put((fold, float(news["part"])))
        stderr_reader.join()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            pipe.close()
        return fold, [word.strip() for word in last_lines if word.strip()]


def _wait(
    running: Sequence[Future[None]], processes: _Processes, progress: Callable[[float], None]
) -> None:
    """Pass on how far all are until they end; raises what the first to fail has raised."""
    parts: dict[int, float] = {}
    while not all(one.done() for one in running):
        with suppress(queue.Empty):
            fold, part = processes.parts.get(timeout=POLL_S)
            parts[fold] = part
            progress(sum(parts.values()))
        for one in running:
            if one.done():
                one.result()
    for one in running:
        one.result()


def _command(folder: Path, folds: Sequence[int]) -> list[str]:
    """What a process is started with that runs these folds."""
    module = "labelaudit.detector.cross_validation.train_fold"
    return [sys.executable, "-m", module, str(folder), *map(str, folds)]


def _environment() -> dict[str, str]:
    """The environment of a process: this package, one thread, and memory that is kept.

    What the user sets for glibc stays.
    """
    home = str(Path(__file__).parents[3])
    paths = [home, os.environ.get("PYTHONPATH", "")]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    kept = dict.fromkeys(("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"), str(KEPT_MEMORY))
    return kept | os.environ | threads | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}


def _failure_message(fold: int, code: int, last_lines: Sequence[str]) -> str:
    """What to say of a process that ended in an error."""
    how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
    output = " | ".join(last_lines) or "it said nothing; was memory short?"
    return f"fold {fold}: its process {how}: {output} (what was done is kept: run again)"
