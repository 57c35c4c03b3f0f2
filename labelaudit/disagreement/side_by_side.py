"""Two things at a time, each on a core of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TypeVar, cast

from threadpoolctl import ThreadpoolController

from labelaudit.cores import cores, spread

One = TypeVar("One")
Other = TypeVar("Other")


def both(one: Callable[[], One], other: Callable[[], Other]) -> tuple[One, Other]:
    """What two functions return; they run at the same time where there are two cores.

    Each is given one thread of OpenMP and of BLAS. Left alone, scikit-learn starts one a core for
    each of the thousands of small trees, and they spin in between, as do those of BLAS: for 860,000
    labels on two cores that took longer than one thread does, and half as much CPU again.
    """
    functions: tuple[Callable[[], object], ...] = (one, other)

    def on_one_core(which: int) -> object:
        # Of OpenMP, each thread has a limit of its own. Of it alone: a thread that is left behind
        # after an error must not put back what it found of BLAS.
        with ThreadpoolController().select(user_api="openmp").limit(limits=1):
            return functions[which]()

    with _one_thread_of_blas:
        answers = dict(spread(on_one_core, [[0], [1]] if cores() > 1 else [[0, 1]], 2))
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
        self._limit = ExitStack()

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
        blas = ThreadpoolController().select(user_api="blas")
        if any(one.num_threads != 1 for one in blas.lib_controllers):
            self._limit.enter_context(blas.limit(limits=1))


def _elsewhere(function: Callable[[], None]) -> None:
    """Call a function in a thread of its own."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(function).result()


_one_thread_of_blas = _OneThreadOfBlas()
