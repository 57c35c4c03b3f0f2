"""Times as tools write them, in seconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime


def seconds_of(text: object) -> float | None:
    """Seconds since 1970 of a time in ISO 8601, in UTC unless it says otherwise; None of no time.

    >>> seconds_of("1970-01-01 00:00:01.5+00:00"), seconds_of("1970-01-01T01:00:00Z")
    (1.5, 3600.0)
    >>> seconds_of("yesterday")
    """
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
