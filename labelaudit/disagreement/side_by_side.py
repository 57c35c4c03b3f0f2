"""Two things at a time, each on a core of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from threadpoolctl import threadpool_limits

from labelaudit.cores import cores, spread

One = TypeVar("One")
Other = TypeVar("Other")


def both(one: Callable[[], One], other: Callable[[], Other]) -> tuple[One, Other]:
    """What two functions return; they run at the same time where there are two cores.

    Each is given one thread of OpenMP. Left alone, scikit-learn starts one a core for each of the
    thousands of small trees, and they spin in between: for 860,000 labels on two cores that took
    longer than one thread does, and half as much CPU again.
    """
    functions: tuple[Callable[[], object], ...] = (one, other)

    def on_one_core(which: int) -> object:
        # Of OpenMP alone, which each thread limits for itself: BLAS has one limit for the process.
        with threadpool_limits(1, user_api="openmp"):
            return functions[which]()

    answers = dict(spread(on_one_core, [[0], [1]] if cores() > 1 else [[0, 1]], 2))
    return cast("One", answers[0]), cast("Other", answers[1])
