"""Corners of rectangles and extents of ellipses that are turned, in pixels, y downwards."""

from __future__ import annotations

import math
from collections.abc import Sequence


def turned_corners(
    box: Sequence[float], degrees: float, pivot: tuple[float, float] | None = None
) -> list[list[float]]:
    """The corners of a rectangle that is turned clockwise, (4, 2), from the one at its left top.

    Parameters
    ----------
    box:
        left, top, right, bottom before it is turned.
    degrees:
        by how much.
    pivot:
        the point that stays where it is; the centre if absent.

    Examples
    --------
    >>> [[round(x), round(y)] for x, y in turned_corners([0, 0, 4, 2], 90)]
    [[3, -1], [3, 3], [1, 3], [1, -1]]
    >>> [[round(x), round(y)] for x, y in turned_corners([0, 0, 4, 2], 90, (0, 0))]
    [[0, 0], [0, 4], [-2, 4], [-2, 0]]
    """
    left, top, right, bottom = box
    x, y = pivot or ((left + right) / 2, (top + bottom) / 2)
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return [
        [x + (u - x) * cos - (v - y) * sin, y + (u - x) * sin + (v - y) * cos] for u, v in corners
    ]


def ellipse_extent(
    centre: tuple[float, float], radii: tuple[float, float], degrees: float = 0.0
) -> list[float]:
    """Left, top, right, bottom of an ellipse that is turned about its centre.

    Parameters
    ----------
    centre:
        x and y.
    radii:
        along x and along y before it is turned.
    degrees:
        by how much.

    Examples
    --------
    >>> ellipse_extent((10, 10), (4, 2))
    [6.0, 8.0, 14.0, 12.0]
    >>> [round(side) for side in ellipse_extent((0, 0), (4, 2), 90)]
    [-2, -4, 2, 4]
    """
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    wide = math.hypot(radii[0] * cos, radii[1] * sin)
    high = math.hypot(radii[0] * sin, radii[1] * cos)
    return [centre[0] - wide, centre[1] - high, centre[0] + wide, centre[1] + high]
