"""Masks of invented objects: polygons that fill the object's box, and run lengths of crowds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.scenes import Ints

TYPICAL_POINTS = 19  # the median of a part; objects have 24 on average
TWO_PART_SHARE = 0.1
BENT_SHARE = 0.6
"""Of COCO's parts, in 59 of its images, 57 % cannot be seen whole from their middle; TACO: 37 %."""

LEAST_BENT = 10  # points; of fewer, straight edges would cut through the bend


@dataclass(frozen=True)
class Polygons:
    """Simple polygons, one after another; an object has one part or two."""

    xy: Ints  # (p, 2) points in hundredths of a pixel
    first_point: Ints  # (parts + 1,) where each part starts in `xy`
    first_part: Ints  # (objects + 1,) where each object starts among the parts
    area: Ints  # (objects,) in half square hundredths of a pixel, so that it is exact


def draw_polygons(box: Ints, random: np.random.Generator) -> Polygons:
    """The polygons of each box, (n, 4) in hundredths of a pixel, touching all four of its sides."""
    parts = np.where(random.random(len(box)) < TWO_PART_SHARE, 2, 1)
    first_part = _starts(parts)
    rectangle = _rectangles(box, parts)
    points = np.exp(random.normal(np.log(TYPICAL_POINTS), 0.55, len(rectangle)))
    count = np.clip(points.astype(np.int64), 4, 150)
    first_point = _starts(count)
    xy = _stars(rectangle, count, first_point, random)
    area = np.add.reduceat(_twice_area(xy, first_point), first_part[:-1])
    return Polygons(xy, first_point, first_part, area)


def crowd_runs(box: Ints, width: int, height: int) -> tuple[list[int], Ints]:
    """The uncompressed run lengths of an ellipse in `box`, column by column, and its pixel extents.

    The extents are left, top, right, bottom. The first run is outside, the next one inside.
    """
    left, top = (box[:2] // 100).tolist()
    right, bottom = (-(-box[2:] // 100)).tolist()
    across = (np.arange(left, right) + 0.5 - left) / (right - left) * 2 - 1
    half = np.maximum(1, np.sqrt(1 - across**2) * (bottom - top) / 2)
    middle = (top + bottom) / 2
    upper = np.maximum(top, np.floor(middle - half)).astype(np.int64)
    lower = np.minimum(bottom, np.ceil(middle + half)).astype(np.int64)
    column = np.arange(left, right) * height
    edges = np.stack([column + upper, column + lower], axis=1).ravel()
    # Between a column that is inside down to its foot and one from its head on there is no run.
    joined = np.flatnonzero(edges[1:-1:2] == edges[2::2]) * 2
    edges = np.delete(edges, np.concatenate([joined + 1, joined + 2]))
    ends = [] if edges[-1] == width * height else [width * height]
    runs = np.diff(edges, prepend=0, append=ends).tolist()
    return runs, np.array([left, upper.min(), right, lower.max()])


def _starts(count: Ints) -> Ints:
    """Where each of several stretches of these lengths starts, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(count)])


def _rectangles(box: Ints, parts: Ints) -> Ints:
    """The box of each part: the object's own, or its left and right 45 hundredths."""
    rectangle = np.repeat(box, parts, axis=0)
    second = (np.cumsum(parts) - 1)[parts == 2]
    gap = (rectangle[second, 2] - rectangle[second, 0]) * 45 // 100
    rectangle[second - 1, 2] = rectangle[second, 0] + gap
    rectangle[second, 0] = rectangle[second, 2] - gap
    return rectangle


def _stars(rectangle: Ints, count: Ints, first: Ints, random: np.random.Generator) -> Ints:
    """Points around the middle in order of angle, some bent, stretched to fill the rectangle."""
    part = np.repeat(np.arange(len(count)), count)
    turn = np.arange(first[-1]) - first[part] + random.uniform(-0.3, 0.3, first[-1])
    angle = 2 * np.pi * (turn / count[part] + random.random(len(count))[part])
    radius = random.uniform(0.75, 1, first[-1])
    point = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    bent = (random.random(len(count)) < BENT_SHARE) & (count >= LEAST_BENT)
    point[:, 1] += 2.5 * (bent[part] * point[:, 0]) ** 2
    low = np.minimum.reduceat(point, first[:-1])
    reach = np.maximum.reduceat(point, first[:-1]) - low
    stretch = (rectangle[:, 2:] - rectangle[:, :2]) / reach
    placed = rectangle[part, :2] + (point - low[part]) * stretch[part]
    return np.asarray(np.rint(placed), np.int64)


def _twice_area(xy: Ints, first: Ints) -> Ints:
    """Twice the area of each part by the shoelace formula."""
    following = np.arange(1, len(xy) + 1)
    following[first[1:] - 1] = first[:-1]
    x, y = xy.T
    crossed: Ints = np.add.reduceat(x * y[following] - x[following] * y, first[:-1])
    return np.abs(crossed)
