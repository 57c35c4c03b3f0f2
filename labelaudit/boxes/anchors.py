"""Anchors and boxes by their shapes: how well they overlap, and which anchors would overlap better.

A shape is a width and a height in pixels. Overlaps are of boxes that share a centre, unless it is
said that they are placed on a grid.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from labelaudit.core.columns import Floats, Ints

MOST_SHAPES = 1024
"""Shapes that clusters are made of: more boxes are put together by equal steps of their sides."""

FINEST_STEP = 1 / 32
"""Of these steps, in octaves: 2 %."""

RESTARTS = 8
"""Starts of k-means, of which the best counts."""

IMPROVED = 4
"""Of these, how many are improved before the best is taken."""

CANDIDATES = 256
"""Shapes that an anchor is tried to be moved to."""

FAINT, SURE = 0.3, 0.7
"""Overlaps between which an anchor is worth more and more, around the usual threshold; choices."""

LARGEST_SCALE = 8.0
"""Side of an anchor in strides, at most: a level does not see much further. That of RetinaNet is
6.3, those of YOLOv3 on all levels but the coarsest are 7.4 at most; a choice."""

LEAST_GAIN = 1e-4
"""Mean overlap that a move must win."""

MOST_ROUNDS = 60
"""Rounds of k-means; it mostly ends after ten."""

STEPS = (0.3, 0.1, 0.03, 0.01)
"""By how much of itself a side is tried to be longer or shorter, at the end."""


@dataclass(frozen=True, eq=False)
class WeightedShapes:
    """Shapes of many boxes, those that are nearly equal put together."""

    size: Floats  # (m, 2) width and height in pixels
    weight: Floats  # (m,) how much each counts; they add up to 1

    def mean(self, overlap: Floats) -> float:
        """The mean of a value of each shape, (m,); 0 where there is none."""
        return float(overlap @ self.weight)


def shape_overlaps(size: Floats, anchors: Floats) -> Floats:
    """Intersection over union of shapes (n, 2) with anchors (k, 2) around the same centre, (n, k).

    >>> shape_overlaps(np.array([[10.0, 10.0]]), np.array([[10.0, 20.0], [5.0, 5.0]]))
    array([[0.5 , 0.25]])
    """
    width, height = size[:, :1], size[:, 1:]
    shared = np.minimum(width, anchors[:, 0]) * np.minimum(height, anchors[:, 1])
    overlap: Floats = shared / (width * height + anchors.prod(axis=1) - shared)
    return overlap


def best_anchors(size: Floats, anchors: Floats) -> tuple[Floats, Ints]:
    """The overlap of each shape (n, 2) with the anchor (k, 2) it overlaps most, and which that is.

    Both (n,); the first of equals. With no anchor, overlap 0 with anchor -1.
    """
    best, which = np.zeros(len(size)), np.full(len(size), -1)
    for number, anchor in enumerate(anchors):  # of millions of boxes no table of all is made
        overlap = shape_overlaps(size, anchor[None])[:, 0]
        better = overlap > best
        best[better], which[better] = overlap[better], number
    return best, which


def placed_overlap(size: Floats, centre: Floats, anchor: Floats, stride: float) -> Floats:
    """Overlap of boxes with the one of an anchor's places that is nearest to each, (n,).

    Parameters
    ----------
    size:
        (n, 2) width and height.
    centre:
        (n, 2) x and y, from the corner of the grid.
    anchor:
        (2,) width and height.
    stride:
        places of the anchor are in the middle of squares of this side.

    >>> placed_overlap(np.array([[8.0, 8]]), np.array([[8.0, 4]]), np.array([8.0, 8]), 8)
    array([0.33333333])
    """
    off = np.abs(centre - (np.floor(centre / stride) + 0.5) * stride)
    shared = np.clip((size + anchor) / 2 - off, 0.0, np.minimum(size, anchor)).prod(axis=1)
    overlap: Floats = shared / (size.prod(axis=1) + anchor.prod() - shared)
    return overlap


def typical_overlaps(size: Floats, anchors: Floats, stride: Floats) -> Floats:
    """Overlap of shapes (n, 2) with anchors (k, 2) that are as far off as on average, (n, k).

    Parameters
    ----------
    size:
        width and height of boxes.
    anchors:
        width and height.
    stride:
        (k,) of the grid of each anchor: a box may be off by up to half of it, on average a quarter.

    >>> typical_overlaps(np.array([[8.0, 8]]), np.array([[8.0, 8]]), np.array([8.0])).round(3)
    array([[0.391]])
    """
    shared = np.ones((len(size), len(anchors)))
    for side, anchor in zip(size.T, anchors.T, strict=True):
        both = (side[:, None] + anchor) / 2 - stride / 4
        shared *= np.clip(both, 0.0, np.minimum(side[:, None], anchor))
    overlap: Floats = shared / (size.prod(axis=1)[:, None] + anchors.prod(axis=1) - shared)
    return overlap


def weighted_shapes(
    size: Floats, weight: Floats | None = None, *, most: int = MOST_SHAPES
) -> WeightedShapes:
    """Shapes of boxes, (n, 2), at most so many: nearly equal ones become their mean.

    Parameters
    ----------
    size:
        finite and above 0.
    weight:
        (n,) how much each box counts; all the same if absent.
    most:
        shapes that may come out.
    """
    weight = np.ones(len(size)) if weight is None else weight
    step, octave = FINEST_STEP, np.log2(size)
    key, which = np.arange(len(size)), np.arange(len(size))
    while len(key) > most:
        cell = np.floor(octave / step).astype(np.int64)
        cell -= cell.min(axis=0)
        key, which = np.unique(
            cell[:, 0] * (cell[:, 1].max() + 1) + cell[:, 1], return_inverse=True
        )
        step *= 2
    count = len(key)
    total = np.bincount(which, weight, minlength=count)
    sides = [np.bincount(which, weight * side, minlength=count) / total for side in size.T]
    return WeightedShapes(np.stack(sides, axis=1), total / max(total.sum(), 1e-300))


def cluster_anchors(
    size: Floats, count: int, *, weight: Floats | None = None, seed: int = 0
) -> Floats:
    """The anchors that boxes overlap most on average, (k, 2), by area; k is `count` or less.

    K-means whose distance is 1 - IoU, from several starts, of which the best is then improved side
    by side. The same boxes and seed give the same anchors.

    Parameters
    ----------
    size:
        (n, 2) widths and heights of boxes, finite and above 0.
    count:
        of anchors.
    weight:
        (n,) how much each box counts; all the same if absent.
    seed:
        of the starts.

    Source: Redmon and Farhadi 2017, YOLO9000, section 2, "Dimension clusters"; starts as in Arthur
    and Vassilvitskii 2007, k-means++.

    >>> cluster_anchors(np.array([[10.0, 10], [10, 10], [40, 20]]), 2)
    array([[10., 10.],
           [40., 20.]])
    """
    shapes = weighted_shapes(size, weight)
    distinct = np.unique(shapes.size, axis=0) if len(shapes.size) < MOST_SHAPES else shapes.size
    if len(distinct) <= count:
        return _by_area(distinct)
    random = np.random.default_rng(seed)
    starts = [_clustered(shapes, _start(shapes, count, random)) for _ in range(RESTARTS)]
    starts.sort(key=lambda anchors: -_mean_best(shapes, anchors))
    ends = [_moved(shapes, anchors, random) for anchors in starts[:IMPROVED]]
    return _by_area(max(ends, key=lambda anchors: _mean_best(shapes, anchors)))


def _by_area(anchors: Floats) -> Floats:
    anchors = anchors.reshape(-1, 2)
    return anchors[np.argsort(anchors.prod(axis=1), kind="stable")]


def _mean_best(shapes: WeightedShapes, anchors: Floats) -> float:
    """The mean overlap of shapes with the best of some anchors."""
    return shapes.mean(shape_overlaps(shapes.size, anchors).max(axis=1))


def _start(shapes: WeightedShapes, count: int, random: np.random.Generator) -> Floats:
    """Some of the shapes, far from each other, (count, 2)."""
    chosen = [int(random.choice(len(shapes.size), p=shapes.weight))]
    distance = np.ones(len(shapes.size))
    while len(chosen) < count:
        near = shape_overlaps(shapes.size, shapes.size[chosen[-1:]])[:, 0]
        distance = np.minimum(distance, 1 - near)
        chance = distance**2 * shapes.weight
        chosen.append(int(random.choice(len(chance), p=chance / chance.sum())))
    return shapes.size[chosen]


def _clustered(shapes: WeightedShapes, anchors: Floats) -> Floats:
    """The best anchors that k-means meets on its way from some, (k, 2)."""
    best, most, before = anchors, -1.0, np.empty(0)
    for _ in range(MOST_ROUNDS):
        overlap = shape_overlaps(shapes.size, anchors)
        nearest, mean = overlap.argmax(axis=1), shapes.mean(overlap.max(axis=1))
        if mean > most:
            best, most = anchors, mean
        if np.array_equal(nearest, before):
            break
        before = nearest
        total = np.bincount(nearest, shapes.weight, minlength=len(anchors))
        sums = [
            np.bincount(nearest, shapes.weight * side, minlength=len(anchors))
            for side in shapes.size.T
        ]
        used = total > 0
        anchors = anchors.copy()
        anchors[used] = np.stack(sums, axis=1)[used] / total[used, None]
    return best


def _moved(shapes: WeightedShapes, anchors: Floats, random: np.random.Generator) -> Floats:
    """Anchors made better side by side, and by moving one at a time to where another is missing.

    K-means alone stays where it first comes to rest.
    """

    def worth(sides: Floats) -> float:
        return _mean_best(shapes, sides.reshape(-1, 2))

    # Not only shapes that boxes have: what serves two of them best may be as wide as one of them
    # and as high as the other.
    drawn = random.choice(len(shapes.size), (2, CANDIDATES), p=shapes.weight)
    places = np.stack([shapes.size[drawn[0], 0], shapes.size[drawn[1], 1]], axis=1)
    places = np.concatenate([places, shapes.size[drawn[0]]])
    there = shape_overlaps(shapes.size, places)
    while True:
        anchors = improved(anchors.ravel(), worth).reshape(-1, 2)
        overlap, most, move = shape_overlaps(shapes.size, anchors), worth(anchors), (-1, -1)
        for place in range(len(anchors)):
            others = np.delete(overlap, place, axis=1).max(axis=1, initial=0.0)
            means = shapes.weight @ np.maximum(there, others[:, None])
            if means.max() > most + LEAST_GAIN:
                most, move = float(means.max()), (place, int(means.argmax()))
        if move[0] < 0:
            return anchors
        anchors[move[0]] = places[move[1]]


def improved(values: Floats, worth: Callable[[Floats], float]) -> Floats:
    """Positive values, (n,), each made larger or smaller as long as that is worth more.

    Parameters
    ----------
    values:
        to begin with.
    worth:
        of some values.
    """
    values, most = values.copy(), worth(values)
    for step in STEPS:
        better = True
        while better:
            better = False
            for place in range(len(values)):
                for factor in (1 + step, 1 / (1 + step)):
                    tried = values.copy()
                    tried[place] *= factor
                    value = worth(tried)
                    if value > most + 1e-9:
                        values, most, better = tried, value, True
    return values


@dataclass(frozen=True)
class LevelAnchors:
    """Anchors in proportion to the stride of each level."""

    strides: tuple[int, ...]
    scales: tuple[float, ...]  # roots of areas in strides, ascending
    ratios: tuple[float, ...]  # heights over widths, ascending

    @property
    def levels(self) -> tuple[Floats, ...]:
        """Width and height of the anchors of each level, (s * r, 2)."""
        side = _sides(self.scales, self.ratios)
        return tuple(stride * side for stride in self.strides)


def level_anchors(
    shapes: WeightedShapes, strides: Sequence[int], scales: int, ratios: int
) -> LevelAnchors:
    """The scales and ratios by whose anchors, on these strides, shapes are best matched.

    An overlap is worth nothing up to .3 and all from .7 on, so that as many shapes as possible are
    around the usual threshold of .5; anchors are as far from a box as on average. Found from a few
    starts by trying each number larger and smaller; deterministic.

    Parameters
    ----------
    shapes:
        of boxes in pixels of the network's image; at least one.
    strides:
        of the levels, finest first.
    scales, ratios:
        how many of each, at most: those that come out nearly equal are one.
    """
    stride = np.array(strides, np.float64)
    slope = np.log(shapes.size[:, 1] / shapes.size[:, 0])
    owner = np.repeat(stride, scales * ratios)
    parts = (np.arange(ratios) + 0.5) / ratios
    ratio = np.exp(_quantiles(slope, shapes.weight, parts))
    root = np.sqrt(shapes.size.prod(axis=1))
    # Around the middle of what the levels are to hold, and by octaves beside it.
    middle = math.exp(float(np.log(root) @ shapes.weight) - float(np.mean(np.log(stride))))
    octave = 2.0 ** (np.arange(scales) / scales)

    def worth(values: Floats) -> float:
        if values[:scales].max() > LARGEST_SCALE:
            return -1.0
        side = _sides(values[:scales], values[scales:])
        anchors = (stride[:, None, None] * side).reshape(-1, 2)
        best = typical_overlaps(shapes.size, anchors, owner).max(axis=1)
        return shapes.mean(np.clip((best - FAINT) / (SURE - FAINT), 0.0, 1.0))

    starts = [
        np.concatenate([np.minimum(middle * shift * octave, LARGEST_SCALE), ratio])
        for shift in (0.35, 0.7, 1.4)
    ]
    best = max((improved(start, worth) for start in starts), key=worth)
    return LevelAnchors(
        tuple(int(one) for one in strides),
        _distinct(best[:scales]),
        _distinct(best[scales:]),
    )


def _distinct(values: Floats) -> tuple[float, ...]:
    """Values in order, without those that are hardly larger than the one before."""
    kept: list[float] = []
    for value in sorted(values.tolist()):
        if not kept or value > kept[-1] * (1 + STEPS[-2]):
            kept.append(value)
    return tuple(kept)


def _sides(scales: Sequence[float] | Floats, ratios: Sequence[float] | Floats) -> Floats:
    """Width and height of each anchor in strides, (s * r, 2)."""
    scale, ratio = np.meshgrid(np.asarray(scales), np.sqrt(ratios), indexing="ij")
    return np.stack([scale / ratio, scale * ratio], axis=-1).reshape(-1, 2)


def _quantiles(values: Floats, weight: Floats, parts: Floats) -> Floats:
    """The values below which these parts of the weight are."""
    order = np.argsort(values, kind="stable")
    below = np.cumsum(weight[order])
    place = np.searchsorted(below, parts * below[-1])
    found: Floats = values[order][np.minimum(place, len(values) - 1)]
    return found
