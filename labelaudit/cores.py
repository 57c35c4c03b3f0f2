"""How many threads are worth starting, and work that is spread over them."""

from __future__ import annotations

import contextlib
import contextvars
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import TypeVar

Task = TypeVar("Task")
Answer = TypeVar("Answer")


def cores() -> int:
    """The cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on every system
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def spread(
    work: Callable[[Task], Answer], groups: Iterable[Sequence[Task]], threads: int
) -> Iterator[tuple[Task, Answer]]:
    """Each task with what became of it, as soon as it is done; a group is one thread's, in order.

    The first error is that of the caller. Neither it nor Ctrl+C is waited with: threads end once
    they have done the task in hand. They see the caller's context variables, such as what numpy
    makes of an overflow.
    """
    waiting, every = SimpleQueue[Sequence[Task]](), 0
    for group in groups:
        waiting.put(group)
        every += len(group)
    done, stop = SimpleQueue[tuple[Task, Answer] | BaseException](), threading.Event()
    workers = [
        threading.Thread(
            target=contextvars.copy_context().run,
            args=(_worked, work, waiting, done, stop),
            daemon=True,  # else the interpreter waits for it before it ends by Ctrl+C
        )
        for _ in range(min(threads, waiting.qsize()))
    ]
    for worker in workers:
        worker.start()
    try:
        for _ in range(every):
            answer = done.get()
            if isinstance(answer, BaseException):
                raise answer
            yield answer
    finally:
        stop.set()
    for worker in workers:
        worker.join()


def _worked(
    work: Callable[[Task], Answer],
    waiting: SimpleQueue[Sequence[Task]],
    done: SimpleQueue[tuple[Task, Answer] | BaseException],
    stop: threading.Event,
) -> None:
    """Do group after group, until there is none, an error, or `stop`."""
    with contextlib.suppress(Empty):
        while True:
            for task in waiting.get_nowait():
                if stop.is_set():
                    return
                try:
                    answer = work(task)
                except BaseException as error:  # whatever it is, the caller raises it
                    done.put(error)
                    return
                done.put((task, answer))
