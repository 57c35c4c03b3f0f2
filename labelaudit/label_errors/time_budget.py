"""As many images as a given time allows: some are looked at, then more, by what those took."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from labelaudit.errors import ConfigError

T = TypeVar("T")

FIRST = 50
"""Images that are looked at first, to see how long one takes; a choice."""

GROWTH = 10
"""Times as many images as before that are looked at next, at most: what many take is told by what a
tenth of them took. The rounds before are then an eighth of all, or less where features are kept."""

WORTH = 2
"""Times as many images that another round has to have, or it would say hardly more; a choice."""

SAFETY = 0.8
"""The part of the time that is left for which a round is planned; a choice."""


def within(
    seconds: float,
    every: int,
    judged: Callable[[int], T],
    clock: Callable[[], float] = time.monotonic,
) -> tuple[T, int]:
    """What came of as many images as a time allows, and how many these were.

    A round that takes longer than those before let expect is not stopped: something is always
    found, and the time may be exceeded by it.

    Parameters
    ----------
    seconds:
        the time.
    every:
        images that there are.
    judged:
        looks at so many of them; those of fewer are among those of more.
    clock:
        seconds of a clock that only goes forward.

    Raises
    ------
    ConfigError
        if there is no time.
    """
    if not seconds > 0:
        raise ConfigError(f"a time to look at images in has to be above 0, found {seconds:g} s")
    end, count = clock() + seconds, min(FIRST, every)
    while True:
        begun = clock()
        found = judged(count)
        now = clock()
        an_image = max(now - begun, 1e-9) / count
        affordable = int(min(SAFETY * (end - now) / an_image, GROWTH * count, every))
        # All of them are worth a round, too, be they hardly more: nothing is to be estimated then.
        if affordable <= count or affordable < min(WORTH * count, every):
            return found, count
        count = affordable
