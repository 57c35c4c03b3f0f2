"""Child processes of one thread each that say in lines of JSON how far they are.

Plain ones: multiprocessing would run the caller's main module again, and forking a process with
threads can hang. However this process ends, they end with it (`parallel.end_with_parent`).
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

News: TypeAlias = Mapping[str, Any]
"""A line of a process, an object of JSON; Any: what JSON holds."""

LAST_LINES = 3
"""Lines of a process that ended in an error which are shown."""

KEPT_MEMORY = 1 << 30
"""Bytes that glibc keeps for the next layer instead of giving them back to the system after each.

A training step asks for the same megabytes again and again. In a probe on BCCD (two folds, one
epoch), 161 CPU seconds for 177, of these 6.5 for 17.6 in the system, and no more memory.
"""

POLL_S = 0.2
"""How long to wait for news before looking whether a process has failed."""


@dataclass(frozen=True)
class EndedProcess:
    """A process that ended in an error, by itself."""

    code: int  # negative: the signal that killed it
    news: News  # the last that it said; empty if it said nothing
    last_lines: Sequence[str]  # of its errors

    def how(self) -> str:
        """How it ended, to go on after "its process"."""
        if self.code < 0:
            return f"was killed by signal {-self.code}"
        return f"ended with code {self.code}"


class Processes(Protocol):
    """Programs that run, wherever that is."""

    news: queue.SimpleQueue[News]  # what they say

    def run(self, command: Sequence[str]) -> EndedProcess | None:
        """Run a program to its end; None if that was no error, or what `stop` has made."""

    def stop(self) -> None:
        """End all programs, and start no other."""


class ChildProcesses:
    """The processes that run on this machine."""

    def __init__(self) -> None:
        self.news: queue.SimpleQueue[News] = queue.SimpleQueue()
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def run(self, command: Sequence[str]) -> EndedProcess | None:
        """Run a command to its end; None if that was no error, or what `stop` has made.

        It is a program of ours: its output is news, and it ends when its input does.
        """
        with self._lock:
            if self._stopped:
                return None
            process = subprocess.Popen(  # noqa: S603  # our own module
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                env=child_environment(),
            )
            self._running.add(process)
        news, last_lines = self._read(process)
        with self._lock:
            self._running.discard(process)
            stopped = self._stopped
        if not process.returncode or stopped:
            return None
        return EndedProcess(process.returncode, news, last_lines)

    def stop(self) -> None:
        """End all processes, and start no other."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                process.kill()

    def _read(self, process: subprocess.Popen[str]) -> tuple[News, list[str]]:
        """Pass on what a process says until it ends; the last of it, and of its errors."""
        assert process.stdin is not None  # noqa: S101  # all were asked for
        assert process.stdout is not None  # noqa: S101
        assert process.stderr is not None  # noqa: S101
        last_lines: deque[str] = deque(maxlen=LAST_LINES)
        # Both pipes are read at once: a process that fills one of them would wait for ever.
        reader = threading.Thread(target=last_lines.extend, args=(process.stderr,), daemon=True)
        reader.start()
        news: News = {}
        for line in process.stdout:
            said = _news(line)
            if said is None:
                last_lines.append(line)
            else:
                news = said
                self.news.put(news)
        reader.join()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            pipe.close()
        return news, [line.strip() for line in last_lines if line.strip()]


def _news(line: str) -> News | None:
    """What a line of a process's output tells; None if a library printed it."""
    try:
        said = json.loads(line)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def run_together(
    jobs: Sequence[Callable[[Processes], None]],
    told: Callable[[News], None],
    processes: Processes | None = None,
) -> None:
    """Do all jobs at the same time, each of which runs processes; raises what the first has raised.

    No process is left behind, be it after an error or when the user interrupts.

    Parameters
    ----------
    jobs: each with a thread of its own.
    told: what the processes say, line by line, in the caller's thread.
    processes: what jobs run them by; on this machine if absent.
    """
    processes = ChildProcesses() if processes is None else processes
    with ThreadPoolExecutor(max(len(jobs), 1)) as threads:
        running = [threads.submit(job, processes) for job in jobs]
        try:
            while not all(one.done() for one in running):
                with suppress(queue.Empty):
                    told(processes.news.get(timeout=POLL_S))
                for one in running:
                    if one.done():
                        one.result()
            for one in running:
                one.result()
        finally:
            processes.stop()


def child_environment() -> dict[str, str]:
    """The environment of a process: this package, one thread, and memory that is kept.

    What the user sets for glibc stays.
    """
    home = str(Path(__file__).parents[2])
    paths = [home, os.environ.get("PYTHONPATH", "")]
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    kept = dict.fromkeys(("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"), str(KEPT_MEMORY))
    return kept | os.environ | threads | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
