"""What the trials cost, in seconds of a processor."""

from __future__ import annotations

import os
from collections.abc import Iterable


def cpu_seconds() -> float:
    """User and system time of this process until now, with the children that it waited for."""
    now = os.times()
    return now.user + now.system + now.children_user + now.children_system


def in_minutes(seconds: Iterable[float | None]) -> str:
    """The sum of what was noted, for the line under a table; nothing if all of it was not.

    Where some was not noted, the sum is said to be the least that it can be.

    >>> in_minutes([90.0, 90.0]), in_minutes([90.0, None]), in_minutes([None])
    ('; 3.0 min of CPU', '; at least 1.5 min of CPU', '')
    """
    every = list(seconds)
    noted = [one for one in every if one is not None]
    if not noted:
        return ""
    least = "at least " if len(noted) < len(every) else ""
    return f"; {least}{sum(noted) / 60:.1f} min of CPU"
