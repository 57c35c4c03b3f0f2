"""How many threads are worth starting, and work that is spread over them."""

from __future__ import annotations

import contextlib
import contextvars
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from queue import Empty, SimpleQueue
from typing import TypeVar, cast

Task = TypeVar("Task")
Answer = TypeVar("Answer")
One = TypeVar("One")
Other = TypeVar("Other")

FEW = 4
"""Tasks for which no thread is started: by then the first would be done. A choice."""

ORPHANED = 143
"""The exit code of a process whose parent is no more: as of one that was told to end (SIGTERM)."""


def cores() -> int:
    """The cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on every system
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def map_groups(
    work: Callable[[Task], Answer], groups: Iterable[Sequence[Task]], threads: int
) -> Iterator[tuple[Task, Answer]]:
    """Each task with what became of it, as soon as it is done; a group is one thread's, in order.

    Parameters
    ----------
    work:
        what is done with a task.
    groups:
        tasks that one thread does, one after the other.
    threads:
        how many run at a time, at most.

    Notes
    -----
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


def mapped(work: Callable[[Task], Answer], tasks: Iterable[Task], threads: int) -> Iterator[Answer]:
    """What becomes of each task, in order, by threads if the first task had to wait for a disk.

    What holds Python's lock takes more than twice the time in threads where files are in memory
    already; where they come over a network, one thread would mostly wait.

    Parameters
    ----------
    work:
        what is done with a task.
    tasks:
        of which the first is done alone.
    threads:
        how many run at a time, at most.
    """
    left = iter(tasks)
    wall, cpu = time.perf_counter(), time.thread_time()
    first = [work(task) for task in islice(left, 1)]
    wall, cpu = time.perf_counter() - wall, time.thread_time() - cpu
    yield from first
    if wall < 3 * cpu:
        yield from map(work, left)
        return
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  # 5 ms, hardly ever needed

    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(work, left)


def ahead(work: Callable[[Task], Answer], tasks: Sequence[Task], threads: int) -> Iterator[Answer]:
    """What becomes of each task, in order, by threads that are some tasks ahead of who takes it.

    For what leaves Python's lock alone, so that it is done while the caller does something else.
    The first error is the caller's, in the place of its answer.

    Parameters
    ----------
    work:
        what is done with a task.
    tasks:
        a few are done by the caller, who then need not wait for a thread.
    threads:
        how many run at a time, at most; twice as many tasks are begun before they are asked for.
    """
    if len(tasks) < FEW:
        yield from map(work, tasks)
        return
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  # as in `mapped`

    left, pool = iter(tasks), ThreadPoolExecutor(threads)
    try:
        begun = deque(pool.submit(work, task) for task in islice(left, 2 * threads))
        while begun:
            answer = begun.popleft().result()
            begun += [pool.submit(work, task) for task in islice(left, 1)]
            yield answer
    finally:  # what was begun is waited for, what was not is left
        pool.shutdown(cancel_futures=True)


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


def end_with_parent(pipe: int) -> None:
    """End this process at once when the pipe of this descriptor does, which its parent holds open.

    The system closes the parent's end however the parent ends, by SIGKILL too, and on every system;
    what is asked of Linux alone (PR_SET_PDEATHSIG) comes when the thread ends that started this.
    """

    def watch() -> None:
        while os.read(pipe, 1):  # no stream: Python could not close one that is being read
            pass
        os._exit(ORPHANED)

    threading.Thread(target=watch, daemon=True).start()


def both(one: Callable[[], One], other: Callable[[], Other]) -> tuple[One, Other]:
    """What two functions return; they run at the same time where there are two cores.

    Each is given one thread of OpenMP and of BLAS. Left alone, scikit-learn starts one a core for
    each of the thousands of small trees, and they spin in between, as do those of BLAS: for 860,000
    labels on two cores that took longer than one thread does, and half as much CPU again.
    """
    from threadpoolctl import ThreadpoolController  # noqa: PLC0415  # only with the extra `detect`

    functions: tuple[Callable[[], object], ...] = (one, other)

    def on_one_core(which: int) -> object:
        # Of OpenMP, each thread has a limit of its own. Of it alone: a thread that is left behind
        # after an error must not put back what it found of BLAS.
        with ThreadpoolController().select(user_api="openmp").limit(limits=1):
            return functions[which]()

    with one_thread_of_blas:
        answers = dict(map_groups(on_one_core, [[0], [1]] if cores() > 1 else [[0, 1]], 2))
    return cast("One", answers[0]), cast("Other", answers[1])


class _OneThreadOfBlas:
    """One thread of BLAS for as long as anybody is within; then as many as before.

    There is one limit for the process. Whoever came second and kept what was found then would leave
    it at one for good; and of several threads, threadpoolctl lets the first alone change it for as
    long as that thread lives. So it is changed by threads that end at once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._within = 0
        self._limit = contextlib.ExitStack()

    def __enter__(self) -> None:
        with self._lock:
            if self._within == 0:
                _elsewhere(self._set)
            self._within += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._within -= 1
            if self._within == 0:
                _elsewhere(self._limit.close)

    def _set(self) -> None:
        from threadpoolctl import ThreadpoolController  # noqa: PLC0415  # as in `both`

        blas = ThreadpoolController().select(user_api="blas")
        if any(one.num_threads != 1 for one in blas.lib_controllers):
            self._limit.enter_context(blas.limit(limits=1))


def _elsewhere(function: Callable[[], None]) -> None:
    """Call a function in a thread of its own."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  # as above

    with ThreadPoolExecutor(1) as threads:
        threads.submit(function).result()


one_thread_of_blas = _OneThreadOfBlas()
"""To be entered by what multiplies many small matrices in several threads of its own."""
