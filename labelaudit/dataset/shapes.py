"""Masks and keypoints with all of their points.

A dataset holds extents and areas only (`labelaudit.dataset.tables.Masks`): points are read again
from the source by whoever needs them, which is who converts a dataset into another format.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from labelaudit.core.columns import Floats


@dataclass(frozen=True)
class Shape:
    """The mask and the keypoints of one object, in pixels of its image."""

    polygons: tuple[Floats, ...] = ()  # (points, 2) each: x, y
    rle: Mapping[str, Any] | None = None  # size and counts, as COCO writes them
    keypoints: Floats | None = None  # (k, 3): x, y, and visibility 0, 1 or 2


def joined(polygons: Sequence[Floats]) -> Floats:
    """One polygon around the same area as several, (points, 2).

    Each is reached from those before by a bridge without width, there and back, between the two
    points that are nearest to each other; the format of YOLO knows no other way. All go around the
    same way as the first: areas of rings that go around the other way would count as holes.

    >>> near, far = np.array([[0, 0], [1, 0], [1, 1.0]]), np.array([[3, 0], [4, 0], [4, 1.0]])
    >>> joined([near, far]).tolist()  # doctest: +NORMALIZE_WHITESPACE
    [[0.0, 0.0], [1.0, 0.0], [3.0, 0.0], [4.0, 0.0], [4.0, 1.0], [3.0, 0.0], [1.0, 0.0],
     [1.0, 1.0]]
    """
    ring = polygons[0]
    for part in polygons[1:]:
        distance = ((ring[:, None] - part[None]) ** 2).sum(axis=2)
        here, there = np.unravel_index(int(distance.argmin()), distance.shape)
        around = np.roll(part, -int(there), axis=0)
        if _turn(part) * _turn(polygons[0]) < 0:
            around = np.roll(around[::-1], 1, axis=0)
        ring = np.concatenate([ring[: here + 1], around, around[:1], ring[here:]])
    return ring


def _turn(polygon: Floats) -> float:
    """Twice the area inside a polygon, negative if it goes around the other way."""
    x, y = polygon.T
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))
