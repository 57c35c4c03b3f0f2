"""When records were made, as labelling tools write it: times of ISO 8601, or seconds since 1970."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable

import numpy as np

from labelaudit.core.columns import Floats

EARLIEST, LATEST = 946_684_800, 4_102_444_800
"""The years 2000 and 2100, in seconds since 1970: other numbers are hardly times of labels."""

MILLI = 1_000
"""Milliseconds since 1970 are told by their size."""


def seconds_of(values: Iterable[str]) -> Floats:
    """Times in seconds since 1970, (n,); NaN of what is no time. Without a zone, UTC is meant."""
    return np.array([_seconds(value) for value in values], np.float64)


def _seconds(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        return _of_iso(value)
    if EARLIEST * MILLI <= number < LATEST * MILLI:
        number /= MILLI
    return number if EARLIEST <= number < LATEST else math.nan


def _of_iso(value: str) -> float:
    try:
        time = datetime.datetime.fromisoformat(value.strip())
    except ValueError:
        return math.nan
    aware = time if time.tzinfo else time.replace(tzinfo=datetime.UTC)
    try:
        return aware.timestamp()
    except OverflowError:  # the year 1 in a zone
        return math.nan


def in_words(seconds: float) -> str:
    """A time in UTC to the second, or the day alone where it is midnight.

    >>> in_words(1_709_251_200), in_words(1_709_251_261.5)
    ('2024-03-01', '2024-03-01 00:01:01')
    """
    time = datetime.datetime.fromtimestamp(math.floor(seconds), datetime.UTC)
    return f"{time:%Y-%m-%d}" if seconds % 86_400 == 0 else f"{time:%Y-%m-%d %H:%M:%S}"
