"""Progress: a line on standard error that says what is being done, once it has taken a second."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

T = TypeVar("T")

PATIENCE_S = 1.0

LOG_EVERY_S = 60.0
"""Seconds between two lines where there is no terminal."""


FOR_A_CLOCK, FOR_ALL = 44, 80
"""Columns of a terminal that has room for the time that is left, and for a bar and two clocks; the
longest name of a stage takes 30."""

LONGEST_SHARE = len("100% ")


class Stages:
    """What is being done, shown if there is somebody to see it."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._now = ("", 0, 0)  # what is done, how far, of how much
        self._task = progress.add_task("", total=None) if progress else None

    def begin(self, description: str) -> None:
        """Say what is being done from now on."""
        self._now = (description, 0, 0)
        if self._progress is not None and self._task is not None:
            self._progress.reset(self._task, description=description, total=None, start=True)

    def track(self, description: str) -> Callable[[Sequence[T]], Iterable[T]]:
        """What goes over things one by one and says how many are done."""

        def tracked(things: Sequence[T]) -> Iterable[T]:
            self.begin(description)
            for done, thing in enumerate(things):
                self.update(description, done, len(things))
                yield thing

        return tracked

    def update(self, description: str, done: int, total: int) -> None:
        """Say how much of a stage is done; a new description begins a new stage."""
        self._now = (description, done, total)
        if self._progress is None or self._task is None:
            return
        if self._progress.tasks[0].description != description:
            self.begin(description)
        self._progress.update(self._task, completed=done, total=total)

    @property
    def line(self) -> str:
        """What is being done and how far it is: `checking rules, 12 of 70`."""
        description, done, total = self._now
        return f"{description}, {done:,} of {total:,}" if total else description


@contextmanager
def stages(*, quiet: bool) -> Iterator[Stages]:
    """Show stages on standard error, once they take longer than a second.

    Where that is no terminal, a line a minute says how far it is.
    """
    if quiet or not sys.stderr.isatty():
        with nullcontext(Stages(None)) if quiet else _logged() as stage:
            yield stage
        return
    progress = _bar()
    timer = threading.Timer(PATIENCE_S, progress.start)
    timer.daemon = True
    timer.start()
    try:
        yield Stages(progress)
    finally:
        timer.cancel()
        timer.join()
        progress.stop()


@contextmanager
def _logged() -> Iterator[Stages]:
    """Stages that write a line now and then."""
    stage, ended, started = Stages(None), threading.Event(), time.monotonic()

    def log() -> None:
        while not ended.wait(LOG_EVERY_S):
            minutes = (time.monotonic() - started) / 60
            sys.stderr.write(f"labelaudit: {stage.line} ({minutes:.0f} min)\n")
            sys.stderr.flush()

    thread = threading.Thread(target=log, daemon=True)
    thread.start()
    try:
        yield stage
    finally:
        ended.set()
        thread.join()


def _bar() -> Progress:
    # Half the time of a short scan, which in a pipeline has nobody to show it to.
    from rich import progress  # noqa: PLC0415
    from rich.table import Column  # noqa: PLC0415

    from labelaudit.core.terminal import Terminal  # noqa: PLC0415

    terminal = Terminal(sys.stderr)
    shortened = Column(no_wrap=True, overflow="ellipsis", ratio=1)
    columns: list[progress.ProgressColumn] = [
        progress.TextColumn("{task.description}", table_column=shortened),
        progress.TaskProgressColumn(table_column=Column(no_wrap=True, min_width=LONGEST_SHARE)),
    ]
    if terminal.width >= FOR_A_CLOCK:
        columns.append(progress.TimeRemainingColumn())
    if terminal.width >= FOR_ALL:
        columns[0] = progress.TextColumn("{task.description}")
        columns[1:2] = [progress.BarColumn(), progress.MofNCompleteColumn()]
        columns.insert(3, progress.TimeElapsedColumn())
    return progress.Progress(*columns, console=terminal, transient=True)
