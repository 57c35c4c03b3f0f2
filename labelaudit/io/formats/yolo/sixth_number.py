"""A number behind the box of a label, which no trainer reads: Ultralytics leaves the image out."""

from __future__ import annotations

from labelaudit.dataset.format_facts import LEFT_OUT

CONFIDENCE, OTHER = "confidence", "sixth number"
SIXTH = (CONFIDENCE, OTHER)
"""What notes call it: one from 0 to 1, and anything else, as a track or an angle."""

WITH_SIXTH = 6
"""Words of a line with a class, a box and a number behind it."""


def left_out(_: str) -> str:
    """What is written of it: nothing, so that the label is one."""
    return LEFT_OUT
