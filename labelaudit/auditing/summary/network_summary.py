"""A dataset as a network sees it, class by class, with what would suit the network to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.class_conflicts.merge_advice import (
    MAX_PART,
    MIN_CONFUSED,
    MIN_COUNT,
    merge_worthy,
)
from labelaudit.auditing.context import AuditContext
from labelaudit.core.columns import Floats
from labelaudit.network.advice import (
    AnchorFit,
    LevelUse,
    advised_fit,
    clusters_fit,
    fit_now,
    level_uses,
    tile_grids,
)
from labelaudit.network.view import NetworkView, TileGrid


@dataclass(frozen=True)
class ClassView:
    """One class as the network sees it."""

    name: str
    boxes: int
    width: float  # median, in pixels of the input
    height: float
    vanishing: int
    crowded: int  # boxes that share a cell with another one
    unmatched: int | None  # boxes without an anchor; None without anchors
    unmatched_by_clusters: int | None  # with as many anchors by k-means
    unmatched_as_advised: int | None
    levels: tuple[int, ...]  # boxes at each level, finest first


@dataclass(frozen=True)
class AnchorSet:
    """Some anchors, and how they cover the boxes."""

    name: str
    strides: tuple[int, ...]
    scales: tuple[float, ...]  # in strides, where anchors are in proportion to them
    ratios: tuple[float, ...]
    anchors: tuple[tuple[tuple[float, float], ...], ...]  # of each level, width and height
    places: int
    per_image: int  # anchors of all places
    overlap: float  # mean of the best in place
    matched: float  # share of boxes with an anchor
    background: float  # share of boxes of which every anchor is background


@dataclass(frozen=True)
class MergeAdvice:
    """Two classes that might be one."""

    rare: str
    other: str
    boxes: int
    other_boxes: int
    conflicts: int
    taken: int


@dataclass(frozen=True)
class NetworkSummary:
    """All that there is to say."""

    name: str
    train_size: tuple[int, int]  # height, width
    strides: tuple[int, ...]
    boxes: int  # that one can say something about
    skipped: int  # crowds, difficult ones, and those without a size, an inside or a class
    classes: tuple[ClassView, ...]  # most boxes first
    levels: tuple[LevelUse, ...]
    anchors: tuple[AnchorSet, ...]  # as they are, by k-means, as advised; none without anchors
    tiles: tuple[TileGrid, ...]
    merges: tuple[MergeAdvice, ...]


def network_summary(audit: AuditContext) -> NetworkSummary:
    """What a network sees of a dataset, and what would suit it.

    Raises
    ------
    ValueError
        if the audit names no network.
    """
    view = audit.network_view
    fits = _fits(view)
    merges = merge_worthy(audit, max_part=MAX_PART, min_confused=MIN_CONFUSED, min_count=MIN_COUNT)
    names = view.classes
    return NetworkSummary(
        view.settings.name,
        view.settings.train_size,
        view.settings.strides,
        len(view),
        len(audit.dataset.boxes) - len(view),
        _classes(view, list(fits.values())),
        tuple(level_uses(view)),
        tuple(_set(name, fit) for name, fit in fits.items()),
        tuple(tile_grids(view)),
        tuple(
            MergeAdvice(
                names[one.rare],
                names[one.other],
                one.boxes,
                one.other_boxes,
                one.conflicts,
                one.taken,
            )
            for one in merges
        ),
    )


def _fits(view: NetworkView) -> dict[str, AnchorFit]:
    """The anchors as they are, by k-means and as advised; nothing without anchors or boxes."""
    if not view.settings.anchors or not len(view):
        return {}
    clusters = clusters_fit(view)
    return {
        "as they are": fit_now(view),
        "by k-means": clusters,
        "as advised": advised_fit(view, clusters),
    }


def _set(name: str, fit: AnchorFit) -> AnchorSet:
    scales, ratios = (tuple(round(one, 2) for one in some) for some in (fit.scales, fit.ratios))
    anchors = tuple(
        tuple((round(w, 1), round(h, 1)) for w, h in level.tolist()) for level in fit.anchors
    )
    shares = (round(one, 4) for one in (fit.overlap, fit.matched, fit.background))
    return AnchorSet(name, fit.strides, scales, ratios, anchors, fit.places, fit.per_image, *shares)


def _classes(view: NetworkView, fits: list[AnchorFit]) -> tuple[ClassView, ...]:
    every, gone, crowded = (
        view.per_class(which).tolist() for which in (None, view.vanishes, view.crowded)
    )
    levels = np.array(
        [view.per_class(view.level == level) for level in range(len(view.settings.strides))]
    )
    order = np.argsort(view.label, kind="stable")
    groups = np.split(view.size[order], np.cumsum(every)[:-1]) if every else []
    rows = []
    for label, name in enumerate(view.classes):
        if not every[label]:
            continue
        width, height = _median(groups[label])
        unmatched: list[int | None] = [fit.by_class[label] for fit in fits]
        now, clusters, advised = unmatched or [None] * 3
        level = tuple(levels[:, label].tolist())
        rows.append(
            ClassView(
                name,
                every[label],
                width,
                height,
                gone[label],
                crowded[label],
                now,
                clusters,
                advised,
                level,
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.boxes, row.name)))


def _median(size: Floats) -> tuple[float, float]:
    width, height = np.median(size, axis=0).tolist()
    return round(width, 1), round(height, 1)
