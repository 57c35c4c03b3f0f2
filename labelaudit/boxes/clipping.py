"""Polygons cut off at the edges of a rectangle."""

from __future__ import annotations

import numpy as np

from labelaudit.core.columns import Floats


def clipped_polygon(polygon: Floats, rectangle: Floats) -> Floats:
    """The part of a polygon inside a rectangle, (points, 2); no point at all if it has none.

    A polygon that leaves the rectangle and comes back runs along its edge in between.

    Parameters
    ----------
    polygon:
        (points, 2) x and y of its corners.
    rectangle:
        (4,) left, top, right, bottom; infinite where there is no edge.

    Source
    ------
    Sutherland and Hodgman, "Reentrant polygon clipping", Communications of the ACM 17(1), 1974.

    >>> square = np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]])
    >>> clipped_polygon(square, np.array([-np.inf, 5, 8, np.inf])).tolist()
    [[0.0, 5.0], [8.0, 5.0], [8.0, 10.0], [0.0, 10.0]]
    """
    ring = polygon
    for axis in (0, 1):
        ring = _cut(ring, axis, float(rectangle[axis]), 1.0)
        ring = _cut(ring, axis, float(rectangle[axis + 2]), -1.0)
    return ring


SLACK = 1e-6
"""Pixels around what is to be left of a polygon, so that rounding cuts nothing off."""


def cutting_rectangle(extent: Floats, size: Floats) -> Floats:
    """The rectangle to which a polygon is cut that is to have an extent, (4,).

    Parameters
    ----------
    extent:
        (4,) left, top, right, bottom of what is to be left.
    size:
        (2,) width and height of its image, at the edges of which it is cut exactly; elsewhere it
        is `SLACK` wider.

    >>> cutting_rectangle(np.array([0.0, 10, 20, 50]), np.array([20.0, 80])).round(6).tolist()
    [0.0, 9.999999, 20.0, 50.000001]
    """
    at_edge = extent == np.concatenate([np.zeros(2), size])
    return np.where(at_edge, extent, extent + np.array([-SLACK, -SLACK, SLACK, SLACK]))


def _cut(ring: Floats, axis: int, edge: float, side: float) -> Floats:
    """The part of a ring on one side of a line along an axis: above it (1) or below it (-1)."""
    inside = side * (ring[:, axis] - edge) >= 0
    if inside.all():
        return ring
    points: list[Floats] = []
    for at in range(len(ring)):
        before, after = ring[at - 1], ring[at]
        if inside[at - 1] != inside[at]:
            share = (edge - before[axis]) / (after[axis] - before[axis])
            crossing = before + share * (after - before)
            crossing[axis] = edge
            points.append(crossing)
        if inside[at]:
            points.append(after)
    return _without_repeats(np.array(points).reshape(-1, 2))


def _without_repeats(ring: Floats) -> Floats:
    """The ring without points that are the same as those before them, (points, 2)."""
    if not len(ring):
        return ring
    same = (ring == np.roll(ring, 1, axis=0)).all(axis=1)
    return ring[~same] if not same.all() else ring[:1]


def ring_area(polygon: Floats) -> float:
    """The area inside a polygon, (points, 2), by Gauss's shoelace formula.

    >>> ring_area(np.array([[0.0, 0], [4, 0], [4, 3]]))
    6.0
    """
    x, y = polygon.T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)
