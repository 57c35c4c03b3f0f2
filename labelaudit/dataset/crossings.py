"""Which polygons cross themselves, in time and memory that no polygon makes large."""

from __future__ import annotations

import numpy as np

from labelaudit.core.columns import Bools, Floats, Ints

CROSSING_SHARE = 0.01
"""A polygon counts as self-crossing if its signed area is off by more than this share of the true.

One that merely touches itself, or crosses by less than the width of a pencil line, is not valid in
the sense of OGC Simple Features (2011, 6.1.11) but rasterises to the same mask; COCO holds many of
those.
"""

HUGE = 20_000
"""Points above which a polygon is looked at for many crossings before it is given to GEOS, which
takes minutes for a million points at random."""

LARGE = 60
"""Points from which on the crossings of a polygon are counted before its true area is worked out.

A scribble of 700 points, as a slip of a drawing tool or a shuffled list gives, crosses itself
100,000 times, and its area would take minutes. More crossings than points are taken for one.
"""

MOST_COMPARED = 4_000_000
"""Pairs of sides that are compared for that, at most: of longer polygons some sides with all."""


def self_crossing(xy: Floats, points: Ints, area: Floats, suspect: Bools) -> Bools:
    """Which of the suspect polygons cross themselves so much that their area is not what it seems.

    Parameters
    ----------
    xy:
        (2 * all points,) x and y in turn, of all polygons one after the other.
    points:
        (n,) points of each polygon.
    area:
        (n,) the area that the shoelace formula gives, positive.
    suspect:
        (n,) which polygons to look at; the answer is False for all others.
    """
    crossing = np.zeros(len(points), bool)
    if not suspect.any():
        return crossing
    import shapely  # noqa: PLC0415  # a fifth of a second that only datasets with masks need

    start = np.cumsum(points) - points
    for row in np.flatnonzero(suspect & (points > HUGE)).tolist():
        first = xy[2 * start[row] :][: 2 * points[row]].reshape(-1, 2)
        crossing[row] = _crossings(np.vstack([first, first[:1]])) > points[row]
    suspect = suspect & ~crossing
    if not suspect.any():
        return crossing
    polygon = np.repeat(np.arange(len(points)), points)
    here = suspect[polygon]
    corners = xy.reshape(-1, 2)[here]
    shapes = shapely.polygons(shapely.linearrings(corners, indices=_renumbered(polygon[here])))
    rows = np.flatnonzero(suspect)
    valid = shapely.is_valid(shapes)
    for row in np.flatnonzero(~valid & (points[rows] > LARGE)).tolist():
        if _crossings(shapely.get_coordinates(shapes[row])) > points[rows[row]]:
            crossing[rows[row]] = valid[row] = True  # there is no need to look more closely
    rows, shapes = rows[~valid], shapes[~valid]
    if len(rows):
        true = shapely.area(shapely.make_valid(shapes))
        crossing[rows] = np.abs(area[rows] - true) > CROSSING_SHARE * true
    return crossing


def _crossings(corners: Floats) -> float:
    """About how often sides of a polygon meet that are no neighbours: of very many, by a sample.

    `corners` are (n, 2), the last as the first. Takes memory for some numbers a corner.
    """
    corners = corners[np.append(True, (corners[1:] != corners[:-1]).any(axis=1))]
    count = len(corners) - 1
    if count < 3:
        return 0
    x, y = np.ascontiguousarray(corners.T)
    along_x, along_y = np.diff(x), np.diff(y)
    some = range(0, count, -(-(count**2) // MOST_COMPARED))
    met = 0
    for side in some:
        left = along_x[side] * (y - y[side]) - along_y[side] * (x - x[side]) > 0
        near = np.flatnonzero(left[1:] != left[:-1])  # those that cross the line of this one
        from_start = along_x[near] * (y[side] - y[near]) - along_y[near] * (x[side] - x[near])
        to_end = along_x[near] * (y[side + 1] - y[near]) - along_y[near] * (x[side + 1] - x[near])
        meets = near[(from_start > 0) != (to_end > 0)]
        apart = np.abs(meets - side)
        met += int(np.count_nonzero((apart > 1) & (apart < count - 1)))
    return met / 2 * count / len(some)


def _renumbered(sorted_numbers: Ints) -> Ints:
    """0, 0, 1, 2, 2 for 3, 3, 5, 9, 9: the same groups, numbered without gaps."""
    return np.cumsum(np.diff(sorted_numbers, prepend=sorted_numbers[:1]) != 0)
