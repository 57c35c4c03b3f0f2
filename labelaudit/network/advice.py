"""What would suit a network to a dataset: anchors, levels, tiles; and what each would cost."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from labelaudit.boxes.anchors import cluster_anchors, level_anchors, weighted_shapes
from labelaudit.core.columns import Bools, Floats
from labelaudit.network.settings import NetworkSettings
from labelaudit.network.view import (
    LEAST_PART,
    UNMATCHED,
    NetworkView,
    TileGrid,
    answering,
    tile_grid,
)

MOST_CLUSTERS = 9
"""Anchors that clusters are made of, at most: those of YOLOv2 and YOLOv3 are five and nine."""

USUAL_SIDE = 4.0
"""Side of an anchor in strides of the level that it is put on: Lin et al. 2017, sections 4."""

COUNTS = ((1, 1), (2, 1), (1, 2), (3, 1), (1, 3), (2, 2), (2, 3), (3, 3))
"""Scales and ratios of a level that are tried."""

SEARCHED = 400
"""Shapes that scales and ratios are searched by: enough, since nearly equal ones are put together.
"""

MEASURED = 20_000
"""Boxes by which many anchors are compared: a share of them is within .01; a choice."""

ENOUGH = 0.02
"""Share of matched boxes that fewer anchors may lose against the best ones; a choice."""

BEFORE = 4
"""Anchors that cost as much as the layers of a head before its last one: of that of `labelaudit
train`, separable and 64 wide, about two with ten classes; of RetinaNet's two dozen; a choice."""

COMMON = 20
"""Boxes of a class from which on a share of them says something; a choice."""

MOST = 0.8
"""Part of the vanishing boxes that tiles are to bring back; a choice."""

GRIDS = (2, 3, 4)
"""Tiles along the longer side of an image."""

MAX_LOST = 0.01
"""Share of all boxes that may be lost with a level that is hardly missed, inclusive; a choice."""

MAX_LOST_OF_CLASS = 0.05
"""Share of the boxes of any class of `COMMON` or more, likewise."""

MIN_VANISHING = 0.05
"""Share of boxes that vanish from which on it is worth saying, inclusive; a choice."""


@dataclass(frozen=True, eq=False)
class AnchorFit:
    """How well some anchors cover the boxes of a dataset."""

    strides: tuple[int, ...]
    anchors: tuple[Floats, ...]  # of each level, (k, 2) pixels of the input
    places: int  # of all levels together
    per_image: int  # anchors at all of these
    overlap: float  # mean of the best in place, each box counting the same
    matched: float  # share of boxes with an anchor
    background: float  # share of boxes of which every anchor is background
    by_class: tuple[int, ...]  # boxes of each class without an anchor
    balanced: float  # share of matched boxes, those of large classes counting less
    scales: tuple[float, ...] = ()  # in strides, where anchors are in proportion to them
    ratios: tuple[float, ...] = ()


@dataclass(frozen=True)
class LevelUse:
    """One level of the pyramid: what is at it, and what would be lost without it."""

    stride: int
    boxes: int  # that it answers for
    by_class: tuple[int, ...]
    places: float  # share of all anchors, or of all cells
    takers: tuple[tuple[int, int], ...]  # strides that would answer instead, for so many boxes
    lost: int  # boxes that no anchor would be matched with any more
    worst: float  # largest share of a class's boxes that is lost
    vanishing: int  # boxes that would vanish, if it is the finest


def fit_of(view: NetworkView, strides: Sequence[int], anchors: Sequence[Floats]) -> AnchorFit:
    """How well anchors cover the boxes that a network sees.

    Parameters
    ----------
    view:
        of the dataset.
    strides:
        of levels.
    anchors:
        (k, 2) of each level, in pixels of the input.
    """
    overlap = view.overlap(strides, anchors)
    matched = view.matched(strides, anchors)
    places = dataclasses.replace(view.settings, strides=tuple(strides)).places()
    weight = view.weight
    return AnchorFit(
        tuple(strides),
        tuple(anchors),
        sum(places),
        sum(count * len(level) for count, level in zip(places, anchors, strict=True)),
        _mean(overlap),
        _mean(matched),
        _mean(overlap < UNMATCHED),
        tuple(view.per_class(~matched).tolist()),
        float(weight @ matched / weight.sum()) if len(view) else 0.0,
    )


def _mean(values: Floats | Bools) -> float:
    return float(np.mean(values)) if len(values) else 0.0


def fit_now(view: NetworkView) -> AnchorFit:
    """How well the network's own anchors do."""
    return fit_of(view, view.settings.strides, view.settings.anchor_levels)


def clusters_fit(view: NetworkView) -> AnchorFit:
    """How well as many anchors do as the network has, chosen by k-means; nine at most."""
    now = [len(level) for level in view.settings.anchors]
    count = min(sum(now), MOST_CLUSTERS)
    anchors = cluster_anchors(view.size, count, weight=view.weight)
    if len(anchors) == sum(now):
        levels = np.split(anchors, np.cumsum(now)[:-1])
    else:
        levels = _by_side(anchors, view.settings.strides)
    return fit_of(view, view.settings.strides, levels)


def _by_side(anchors: Floats, strides: Sequence[int]) -> list[Floats]:
    """Anchors of each level, each where it is nearest to the usual side."""
    side = np.sqrt(anchors.prod(axis=1, keepdims=True))
    level = np.abs(np.log(side / (USUAL_SIDE * np.array(strides)))).argmin(axis=1)
    return [anchors[level == number] for number in range(len(strides))]


def level_fits(view: NetworkView) -> Iterator[AnchorFit]:
    """How well anchors in proportion to strides do: few and many, on fewer and on all levels.

    Of many boxes, some are drawn; see `fit_of` for how the chosen one does with all.
    """
    if not len(view):
        return
    view = view.thinned(MEASURED)
    shapes = weighted_shapes(view.size, view.weight, most=SEARCHED)
    strides = view.settings.strides
    for first in range(len(strides)):
        for last in range(first, len(strides)):
            for scales, ratios in COUNTS:
                found = level_anchors(shapes, strides[first : last + 1], scales, ratios)
                fit = fit_of(view, found.strides, found.levels)
                yield dataclasses.replace(fit, scales=found.scales, ratios=found.ratios)


def fewest(fits: Sequence[AnchorFit]) -> AnchorFit:
    """Of some fits, the cheapest that matches nearly as many boxes as the best.

    What a head costs goes with its places, and at each with the anchors and what comes before them.
    """
    best = max(one.balanced for one in fits)
    good = [one for one in fits if one.balanced >= best - ENOUGH]
    return min(good, key=lambda one: head_cost(one.places, one.per_image))


def head_cost(places: int, per_image: int) -> int:
    """What a head costs, in anchors: see `BEFORE`.

    Parameters
    ----------
    places:
        of all levels.
    per_image:
        anchors at all of these.
    """
    return places * BEFORE + per_image


def advised_fit(view: NetworkView, clusters: AnchorFit) -> AnchorFit:
    """The anchors that suit the boxes best, for what they cost: scales and ratios, or lists.

    Lists of widths and heights are advised to a network that has such, where those of k-means match
    no fewer boxes and cost no more.

    Parameters
    ----------
    view:
        of the dataset; one box at least.
    clusters:
        as many anchors as there are, by k-means: `clusters_fit`.
    """
    best = fewest(list(level_fits(view)))
    found = fit_of(view, best.strides, best.anchors)
    found = dataclasses.replace(found, scales=best.scales, ratios=best.ratios)
    costs = [head_cost(one.places, one.per_image) for one in (clusters, found)]
    no_worse = clusters.balanced >= found.balanced and costs[0] <= costs[1]
    has_lists = all(map(len, clusters.anchors)) and not _in_proportion(view.settings)
    return clusters if no_worse and has_lists else found


def _in_proportion(settings: NetworkSettings) -> bool:
    """Whether anchors are the same on all levels, in strides."""
    parts = [
        np.array(sorted(level)) / stride
        for stride, level in zip(settings.strides, settings.anchors, strict=True)
    ]
    return all(part.shape == parts[0].shape and np.allclose(part, parts[0]) for part in parts)


def level_uses(view: NetworkView) -> list[LevelUse]:
    """Each level, and what the network would be without it."""
    settings = view.settings
    anchors = settings.anchor_levels
    each = [len(level) for level in anchors] or [1] * len(settings.strides)
    places = np.array(settings.places()) * each
    by_level = [
        view.matched([stride], [level])
        for stride, level in zip(settings.strides, anchors, strict=bool(anchors))
    ]
    return [
        _without(view, level, by_level, float(places[level] / places.sum()))
        for level in range(len(settings.strides))
    ]


def _without(view: NetworkView, level: int, by_level: Sequence[Bools], places: float) -> LevelUse:
    """One level: what answers instead, and what is lost.

    Parameters
    ----------
    view:
        of the dataset.
    level:
        that is left out.
    by_level:
        (m,) for each level, which boxes have an anchor there; nothing without anchors.
    places:
        share of the places that are at it.
    """
    settings, here = view.settings, view.level == level
    strides = settings.strides[:level] + settings.strides[level + 1 :]
    anchors = settings.anchor_levels
    del anchors[level : level + 1]
    takers: list[tuple[int, int]] = []
    if strides:
        instead = answering(view.size[here], strides, anchors).level
        counts = np.bincount(instead, minlength=len(strides)).tolist()
        takers = [(one, count) for one, count in zip(strides, counts, strict=True) if count]
    # Without anchors, a level alone learns the sizes that it is for.
    lost = here
    if by_level:
        others = [one for number, one in enumerate(by_level) if number != level]
        lost = by_level[level] & ~np.logical_or.reduce([np.zeros(len(view), bool), *others])
    vanishing = np.zeros(len(view), bool)
    if strides and level == 0:
        vanishing = ~view.vanishes & (view.size.min(axis=1) < LEAST_PART * strides[0])
    every = view.per_class()
    common = every >= COMMON
    share = view.per_class(lost)[common] / every[common]
    return LevelUse(
        settings.strides[level],
        int(np.count_nonzero(here)),
        tuple(view.per_class(here).tolist()),
        places,
        tuple(takers),
        int(np.count_nonzero(lost)),
        float(share.max(initial=0.0)),
        int(np.count_nonzero(vanishing)),
    )


def tile_grids(view: NetworkView) -> list[TileGrid]:
    """What tiles would bring back, for two to four along the longer side of an image."""
    return [tile_grid(view, along) for along in GRIDS]


def enough_tiles(gone: int, grids: Sequence[TileGrid]) -> TileGrid | None:
    """The coarsest grid that brings most of so many vanishing boxes back; None if none does."""
    good = (grid for grid in grids if gone and gone - grid.vanishing >= MOST * gone)
    return next(good, None)
