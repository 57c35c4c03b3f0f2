"""Which images may show the same: those that look most alike, in whatever orientation.

Each picture is the low part of its cosine transform. Few are compared with all; more are sorted
into cells by what is the same in all orientations, and each is compared with those of the nearest
cells, so that time grows with their number.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from labelaudit.core.columns import Ints
from labelaudit.core.parallel import cores, map_groups, one_thread_of_blas
from labelaudit.core.progress import StageProgress, ignore_progress
from labelaudit.core.table import Table, column, rows_column
from labelaudit.images.duplicates.cells import BLOCK, described_pictures, in_cells, in_one_cell
from labelaudit.images.duplicates.nearest import SCALE, Found, SortedPictures, most_alike

NEAREST = 5
"""Images that each is taken to be likely a copy of, at most; see `cosines.EACH_WAY`."""

LIKELY = 0.6
"""Correlation from which on two images are looked at more closely; a choice.

Of copies cut by 10 %, 90 in 100 are above .82.
"""

FEW = 1_200
"""Images up to which all are compared in every orientation; a choice: that is a second."""

SHORTLIST = 64
"""Images whose orientation is looked at, those most alike without it; a choice."""

STAGE = "searching for near duplicates"

Vectors: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, eq=False, repr=False)
class LikelyPairs(Table):
    """One row per two images that look alike."""

    first: Ints = column(np.int64, fill=0)  # (n,) row of one image
    second: Ints = column(np.int64, fill=0)  # (n,) row of the other, higher
    orientation: NDArray[np.int32] = rows_column()  # (n,) of EXIF, in which the second looks alike
    correlation: Vectors = column(np.float32, fill=0)  # (n,) of what is compared


def likely_pairs(
    small: NDArray[np.uint8], *, progress: StageProgress = ignore_progress
) -> LikelyPairs:
    """The pairs of small pictures, (n, side, side), that look most alike, each once.

    Pictures of one colour have nothing to be compared by; the caller leaves them out.
    """
    with contextlib.ExitStack() as limits:
        with contextlib.suppress(ModuleNotFoundError):  # threadpoolctl, of the extra `detect`
            limits.enter_context(one_thread_of_blas)
        described = described_pictures(small)
        if len(small) <= FEW:
            pictures, order = in_one_cell(described), np.arange(len(small))
            shortlist = max(len(small), 1)
        else:
            pictures, order = in_cells(described)
            shortlist = SHORTLIST
        del described
        return _each_once(_pairs(_most_alike(pictures, shortlist, progress), order))


def _most_alike(pictures: SortedPictures, shortlist: int, progress: StageProgress) -> Found:
    """Row, orientation and product of those most like each picture, (n, NEAREST, 3)."""
    count = len(pictures.vectors)
    found = np.empty((count, NEAREST, 3), np.int32)
    least = round(LIKELY * SCALE * SCALE)

    def look(start: int) -> int:
        stop = min(start + BLOCK, count)
        found[start:stop] = most_alike(
            pictures, start, stop, shortlist=shortlist, nearest=NEAREST, least=least
        )
        return stop - start

    done = 0
    for _, some in map_groups(look, [[start] for start in range(0, count, BLOCK)], cores()):
        done += some
        progress(STAGE, done, count)
    return found


def _pairs(found: Found, order: Ints) -> LikelyPairs:
    """What was found as a table, with the rows that pictures had before they were sorted."""
    place, which = np.nonzero(found[:, :, 0] >= 0)
    second, orientation, product = found[place, which].T
    return LikelyPairs.of(
        len(place),
        first=order[place],
        second=order[second],
        orientation=orientation,
        correlation=product.astype(np.float32) / np.float32(SCALE * SCALE),
    )


def _each_once(pairs: LikelyPairs) -> LikelyPairs:
    """Pairs with the lower row first, each once, by rows."""
    low, high = np.minimum(pairs.first, pairs.second), np.maximum(pairs.first, pairs.second)
    # What turns the second into the first turns it the other way round, seen from there.
    exchanged = pairs.first > pairs.second
    back = np.array([0, 1, 2, 3, 4, 5, 8, 7, 6], np.int32)[pairs.orientation]
    orientation = np.where(exchanged, back, pairs.orientation)
    key = low * (int(high.max(initial=0)) + 1) + high
    _, kept = np.unique(key, return_index=True)
    return LikelyPairs.of(
        len(kept),
        first=low[kept],
        second=high[kept],
        orientation=orientation[kept],
        correlation=pairs.correlation[kept],
    )
