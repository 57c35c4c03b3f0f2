"""Doing again what others, or a lost connection, stood in the way of."""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from labelaudit.review.queue.schema import TryAgainError

T = TypeVar("T")
P = ParamSpec("P")

TRIES = 6
"""How often something is begun, at most."""


def tried_again(act: Callable[P, T]) -> Callable[P, T]:
    """What is one transaction and may be done twice, done again if it could not be.

    That is so where two came into each other's way, or the connection to a server was lost, maybe
    after it had been written: a request that was sent twice under one `uuid` counts once.
    """

    @functools.wraps(act)
    def acted(*arguments: P.args, **options: P.kwargs) -> T:
        for number in range(1, TRIES):
            try:
                return act(*arguments, **options)
            except TryAgainError:
                # By chance, so that those who met do not meet again.
                time.sleep(random.uniform(0, 0.01 * 2**number))  # noqa: S311  # no secret
        return act(*arguments, **options)

    return acted
