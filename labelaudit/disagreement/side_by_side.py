"""Two things at a time, each on a core of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import threadpool_limits

from labelaudit.cores import cores

One = TypeVar("One")
Other = TypeVar("Other")


def both(one: Callable[[], One], other: Callable[[], Other]) -> tuple[One, Other]:
    """What two functions return; they run at the same time where there are two cores.

    Each is given one thread of OpenMP. Left alone, scikit-learn starts one a core for each of the
    thousands of small trees, and they spin in between: for 860,000 labels on two cores that took
    longer than one thread does, and half as much CPU again.
    """
    with ThreadPoolExecutor(min(cores(), 2)) as pool:
        answers = pool.submit(_on_one_core, one), pool.submit(_on_one_core, other)
        return answers[0].result(), answers[1].result()


def _on_one_core(function: Callable[[], One]) -> One:
    with threadpool_limits(1):  # of the thread that asks for it
        return function()
