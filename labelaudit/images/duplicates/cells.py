"""Pictures in whole numbers, sorted into cells of those alike in whatever orientation."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from labelaudit.core.columns import Ints, Number
from labelaudit.core.parallel import cores, map_groups
from labelaudit.images.duplicates.cosines import EACH_WAY, Coefficients, coefficients
from labelaudit.images.duplicates.nearest import (
    DEPTH,
    SCALE,
    Found,
    SortedPictures,
    Whole,
    nearest_centres,
)

CELL = 600
"""Images in a cell, on average; a choice: with it both steps of the search take about the same."""

CELLS_SEEN = 8
"""Cells in which the images most like another are looked for.

`benchmarks/results/near_duplicates.md`, search: how many copies are found so.
"""

SAMPLE = 40
"""Images a cell from which centres are made, at most; a choice."""

ROUNDS = 4
"""How often centres are moved; a choice."""

BLOCK = 512
"""Images that are looked at at a time."""


def described_pictures(small: NDArray[np.uint8]) -> Whole:
    """The low coefficients of pictures, (n, EACH_WAY * EACH_WAY), each of length `SCALE`."""
    parts = [np.zeros((0, EACH_WAY * EACH_WAY), np.int16)]
    for some in blocks(small):
        plain = coefficients(some).reshape(len(some), -1)
        length = np.sqrt((plain * plain).sum(axis=1, keepdims=True))
        parts.append(np.rint(plain * (SCALE / np.maximum(length, 1e-3))).astype(np.int16))
    return np.concatenate(parts)


def same_in_all(described: Whole) -> Whole:
    """What of pictures is the same in all orientations, (n, DEPTH).

    Sizes of coefficients; of two that turning on the side exchanges, the larger and the smaller.
    Two pictures are never farther apart by these than in the best orientation.
    """
    size: Coefficients = np.abs(described).reshape(-1, EACH_WAY, EACH_WAY)
    turned = size.transpose(0, 2, 1)
    down, across = np.triu_indices(EACH_WAY, 1)
    parts = [
        np.maximum(size, turned)[:, down, across],
        np.minimum(size, turned)[:, down, across],
        size[:, np.arange(1, EACH_WAY), np.arange(1, EACH_WAY)],
    ]
    vectors = np.zeros((len(described), DEPTH), np.int16)
    known = np.concatenate(parts, axis=1)
    vectors[:, : known.shape[1]] = known
    return vectors


def in_one_cell(described: Whole) -> SortedPictures:
    """Pictures of which each is compared with all."""
    count = len(described)
    return SortedPictures(
        same_in_all(described), described, np.array([0, count]), np.zeros((count, 1), np.int32)
    )


def in_cells(described: Whole) -> tuple[SortedPictures, Ints]:
    """Pictures sorted into cells, and the row that each had before, (n,)."""
    vectors = np.concatenate([same_in_all(some) for some in blocks(described)])
    centres = _centres(vectors)
    cells = _nearest(vectors, centres, min(CELLS_SEEN, len(centres)))
    order = np.argsort(cells[:, 0], kind="stable")
    start = np.searchsorted(cells[order, 0], np.arange(len(centres) + 1))
    return SortedPictures(vectors[order], described[order], start, cells[order]), order


def blocks(rows: NDArray[Number]) -> Iterator[NDArray[Number]]:
    """Some rows after the other."""
    return (rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK))


def _nearest(vectors: Whole, centres: Whole, count: int) -> Found:
    """The cells nearest to each, (n, count), the nearest first."""
    found = np.empty((len(vectors), count), np.int32)

    def look(start: int) -> None:
        some = slice(start, start + BLOCK)
        found[some] = nearest_centres(vectors[some], centres, count)

    for _ in map_groups(look, [[start] for start in range(0, len(vectors), BLOCK)], cores()):
        pass
    return found


def _centres(vectors: Whole) -> Whole:
    """Centres of cells, by k-means on a sample; seeded, so that a second scan finds the same."""
    count = max(1, len(vectors) // CELL)
    random = np.random.default_rng(0)
    sample = vectors[random.choice(len(vectors), min(len(vectors), SAMPLE * count), replace=False)]
    centres = sample[random.choice(len(sample), count, replace=False)]
    for _ in range(ROUNDS):
        home = _nearest(sample, centres, 1)[:, 0]
        order = np.argsort(home, kind="stable")
        start = np.searchsorted(home[order], np.arange(count))
        first = np.minimum(start, len(order) - 1)
        sums = np.add.reduceat(sample[order], first, axis=0, dtype=np.int64)
        often = np.bincount(home, minlength=count)[:, None]
        mean = np.rint(sums / np.maximum(often, 1)).astype(np.int16)
        centres = np.where(often > 0, mean, centres)
    return centres
