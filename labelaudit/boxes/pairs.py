"""Boxes as arrays of corners: areas, overlaps, equal boxes, and the pairs that overlap.

A box is left, top, right, bottom in pixels, right and bottom exclusive, float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from labelaudit.boxes.ops import area, intersection
from labelaudit.core.columns import Floats, Ints, Rows
from labelaudit.core.rows import blocks, stable_sort
from labelaudit.core.table import Table, column, rows_column

_sweep_loop: ModuleType | None
try:
    from labelaudit.boxes import _sweep as _sweep_loop
except ImportError:  # no C compiler where it was installed: the same, slower
    _sweep_loop = None

BATCH = 1 << 16  # boxes searched in one go, or one group: few enough to stay in the cache
CHUNK = 1 << 18  # candidate pairs looked at in one go, or those of one box: bounds the memory
CROWDED = 64  # a group of more boxes is swept: sorting it is cheaper than looking at all pairs


@dataclass(frozen=True, eq=False, repr=False)
class Pairs(Table):
    """Pairs of boxes in one group that overlap."""

    first: Rows = rows_column()  # (n,) the box with the smaller row number
    second: Rows = rows_column()  # (n,)
    overlap: Floats = column(np.float64, fill=0.0)  # (n,) intersection over union
    inside: Floats = column(np.float64, fill=0.0)  # (n,) intersection over the smaller area


def first_equal(boxes: Floats, group: Rows | Ints) -> Rows:
    """The first row with the same corners and group, (n,); a box's own row if it is alone.

    A negative group takes no part, nor does a NaN. Boxes are sorted, not paired: a thousand copies
    of one are as cheap as none.

    >>> first_equal(np.array([[0.0, 0, 2, 2], [5, 5, 9, 9], [0, 0, 2, 2]]), np.zeros(3, np.int32))
    array([0, 1, 0], dtype=int32)
    """
    first = np.arange(len(boxes), dtype=np.int32)
    rows = np.flatnonzero(group >= 0)
    digest = digests(boxes, group)[rows]
    ordered = np.sort(digest)
    repeated = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(repeated):
        return first
    place = np.minimum(np.searchsorted(repeated, digest), len(repeated) - 1)
    # Unequal boxes may share a digest, so those that share one are compared.
    rows = rows[repeated[place] == digest]
    rows = rows[np.lexsort((*boxes[rows].T, group[rows]))]
    differs = (boxes[rows][1:] != boxes[rows][:-1]).any(axis=1)
    starts = np.append(True, differs | (group[rows][1:] != group[rows][:-1]))
    first[rows] = rows[starts][np.cumsum(starts) - 1]
    return first


def digests(boxes: Floats, group: Rows | Ints) -> NDArray[np.uint64]:
    """A number for each row, (n,), equal where group and corners are."""
    found = group.astype(np.uint64)
    for rows in blocks(len(found)):
        digest = found[rows]
        for side in boxes[rows].T:
            digest ^= (side + 0.0).view(np.uint64)  # adding zero makes -0.0 the same as 0.0
            digest *= np.uint64(0x9E3779B97F4A7C15)
            digest ^= digest >> np.uint64(32)
    return found


def overlapping_pairs(boxes: Floats, group: Rows | Ints, *, min_inside: float = 0.0) -> Pairs:
    """Pairs in one group of which one covers more than `min_inside` of the other.

    Parameters
    ----------
    boxes:
        (n, 4), finite and with an inside wherever `group` is not negative.
    group:
        (n,) below 2**31; only boxes of one group can be a pair; a negative group takes no part.
    min_inside:
        least intersection over the smaller area, inclusive if above zero. An IoU is never larger,
        so this keeps every pair with at least that IoU.

    Returns
    -------
    Pairs in the order of `first`, then `second`.

    In a small group every pair is a candidate; a crowded one is swept along the axis on which its
    boxes overlap least. Coordinates are compared, never offset: a box at 1e18 neither hides others
    nor is hidden.
    """
    boxes = np.ascontiguousarray(boxes, np.float64)
    # Areas of 1e300-pixel boxes overflow to infinity, and infinity over infinity is no pair.
    with np.errstate(over="ignore", invalid="ignore"):
        parts = [part for batch in _batches(group) for part in _pairs(boxes, *batch, min_inside)]
    pairs = Pairs.concat([Pairs.empty(), *parts])
    return pairs.rows(np.argsort(pairs.first.astype(np.int64) * len(boxes) + pairs.second))


def _batches(group: Rows | Ints) -> Iterator[tuple[Ints, Ints]]:
    """Rows in the order of their groups, some groups at a time, and how many each group has."""
    rows = np.flatnonzero(group >= 0)
    ordered, places = stable_sort(group[rows])
    rows = rows[places]
    start = np.flatnonzero(np.diff(ordered, prepend=-1))
    counts = np.diff(start, append=len(rows))
    for first, last in _cuts(counts, BATCH):
        yield rows[start[first] : start[last - 1] + counts[last - 1]], counts[first:last]


def _cuts(weights: Ints, limit: int) -> Iterator[tuple[int, int]]:
    """Slices of `weights` that add up to at most `limit` each, or have one weight."""
    end = np.cumsum(weights)
    first = 0
    while first < len(weights):
        done = end[first] - weights[first]
        last = max(first + 1, int(np.searchsorted(end, done + limit, side="right")))
        yield first, last
        first = last


def _pairs(boxes: Floats, rows: Ints, counts: Ints, min_inside: float) -> Iterator[Pairs]:
    """Pairs of the groups that follow each other in `rows`, `counts` boxes in each."""
    end = np.cumsum(counts)
    reach = np.repeat(end, counts) - np.arange(1, len(rows) + 1)
    for group in np.flatnonzero(counts > CROWDED).tolist():
        here = slice(end[group] - counts[group], end[group])
        order, reach[here] = _sparser_sweep(boxes[rows[here]].T)
        rows[here] = rows[here][order]
    if _sweep_loop is not None:
        pairs, measures = _sweep_loop.near(boxes, rows, reach, min_inside)
        pair = np.frombuffer(pairs, np.int64).reshape(-1, 2).T
        overlap, inside = np.frombuffer(measures, np.float64).reshape(-1, 2).T
        yield Pairs.of(len(inside), first=pair[0], second=pair[1], overlap=overlap, inside=inside)
        return
    corners = np.ascontiguousarray(boxes.take(rows, axis=0).T)
    for first, second in _candidates(corners, reach):
        yield _near(rows, corners, first, second, min_inside)


def _sparser_sweep(corners: Floats) -> tuple[Ints, Ints]:
    """A sweep along the axis on which fewer sides overlap; see `_sweep`."""
    left, top, right, bottom = corners
    across, down = _sweep(left, right), _sweep(top, bottom)
    return across if across[1].sum() <= down[1].sum() else down


def _sweep(low: Floats, high: Floats) -> tuple[Ints, Ints]:
    """Boxes in the order of `low`, (n,), and how many after each begin before its `high`, (n,)."""
    order = np.argsort(low)
    reach = np.searchsorted(low[order], high[order])
    return order, reach - np.arange(1, len(low) + 1)


def _candidates(corners: Floats, reach: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Pairs of each box with as many after it as its `reach` says, if they overlap on both axes."""
    left, top, right, bottom = corners
    for start, stop in _cuts(reach, CHUNK):
        count, here = reach[start:stop], slice(start, stop)
        end = np.cumsum(count)
        second = np.repeat(np.arange(start + 1, stop + 1) - (end - count), count)
        second += np.arange(len(second))
        near = left[second] < np.repeat(right[here], count)
        near &= right[second] > np.repeat(left[here], count)
        # Which box each candidate is paired with is worked out for the few that are left.
        place = np.flatnonzero(near)
        first, second = start + np.searchsorted(end, place, side="right"), second[place]
        near = (top[first] < bottom[second]) & (top[second] < bottom[first])
        yield first[near], second[near]


def _near(rows: Ints, corners: Floats, first: Ints, second: Ints, min_inside: float) -> Pairs:
    """The pairs of which one covers enough of the other, as rows."""
    a, b = corners[:, first].T, corners[:, second].T
    shared, areas = intersection(a, b), np.stack([area(a), area(b)])
    inside = np.minimum(shared / areas.min(axis=0), 1.0)
    near = np.flatnonzero((shared > 0) & (inside >= min_inside))
    shared, areas = shared[near], areas[:, near]
    pair = np.stack([rows[first[near]], rows[second[near]]])
    return Pairs.of(
        len(near),
        first=pair.min(axis=0),
        second=pair.max(axis=0),
        overlap=shared / (areas[0] + areas[1] - shared),
        inside=inside[near],
    )
