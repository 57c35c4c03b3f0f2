"""Word of progress: what long work says of how far it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

StageProgress: TypeAlias = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""


def ignore_progress(*_: object) -> None:
    """Does nothing: for callers that show no progress."""
