"""Borders of one colour around pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelaudit.core.columns import Bools, Floats, Ints

WIDEST = 0.3
"""Share of a picture that its border takes on one side, at most; a choice."""

FLAT = 4.0
"""Standard deviation of grey values in a row of a border, and how far two may differ; a choice."""

EDGE = 12.0
"""Mean difference from the border of what lies right inside of it, in grey values; a choice.

A sky that gets darker slowly has no border.
"""


def inner_parts(pictures: NDArray[np.float32]) -> Floats:
    """What is inside of a border of one colour, in fractions: left, top, right, bottom, (n, 4).

    Pictures are (n, side, side) grey values; without a border, everything is inside.
    """
    side = pictures.shape[1]
    left = _border(pictures.swapaxes(1, 2))
    top = _border(pictures)
    right = _border(pictures.swapaxes(1, 2)[:, ::-1])
    bottom = _border(pictures[:, ::-1])
    inside: Floats = np.stack([left, top, side - right, side - bottom], axis=1) / side
    return inside


def _border(rows: NDArray[np.float32]) -> Floats:
    """How many rows from the first on are border, (n,), the one that is so in part as half."""
    most = int(WIDEST * rows.shape[1])
    some = rows[:, : most + 2]
    mean = some.mean(axis=2)
    flat: Bools = (some.std(axis=2) <= FLAT) & (np.abs(mean - mean[:, :1]) <= FLAT)
    flat[:, -1] = False
    count: Ints = np.argmin(flat, axis=1)
    inside = np.minimum(count + 1, most + 1)  # the row at `count` may be border in part
    which = np.arange(len(rows))
    edge = np.abs(some[which, inside] - mean[:, :1]).mean(axis=1) >= EDGE
    mixed = np.abs(some[which, count] - mean[:, :1]).mean(axis=1)
    full = np.abs(some[which, inside] - mean[:, :1]).mean(axis=1)
    part = 1 - np.clip(mixed / np.maximum(full, 1e-6), 0, 1)
    found: Floats = np.where((count > 0) & (count <= most) & edge, count + part, 0)
    return found
