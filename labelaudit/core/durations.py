"""Times as people write and say them."""

from __future__ import annotations

import math
import re

from labelaudit.errors import ConfigError

_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "min": 60, "s": 1}
_PART = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(d|h|min|m|s)\s*", re.IGNORECASE)


def duration(text: str) -> float:
    """The seconds of a time as a person writes it.

    Raises
    ------
    ConfigError
        if it is none, or no time at all.

    >>> duration("2h"), duration("1h30m"), duration("1 h 30 min 30 s"), duration("0.5s")
    (7200.0, 5400.0, 5430.0, 0.5)
    """
    parts, end = [], 0
    while found := _PART.match(text, end):
        parts.append(float(found[1]) * _SECONDS[found[2].lower()])
        end = found.end()
    seconds = sum(parts)
    if end < len(text) or not 0 < seconds < math.inf:
        raise ConfigError(f"{text!r} is no time; write 2h, 90m, 45s or 1h30m, say")
    return seconds


def in_words(seconds: float) -> str:
    """A time as a person says it, in whole hours, minutes and seconds, or in what is below one.

    >>> in_words(7200), in_words(5430), in_words(45.2), in_words(0.5), in_words(59.6)
    ('2 h', '1 h 30 min 30 s', '45 s', '0.5 s', '1 min')
    """
    if seconds < 1:
        return f"{seconds:.2g} s"
    minutes, rest = divmod(round(seconds), 60)
    parts = (minutes // 60, "h"), (minutes % 60, "min"), (rest, "s")
    return " ".join(f"{number:,} {unit}" for number, unit in parts if number)
