"""The pictures most alike among many that are sorted into cells, compiled or by numpy.

Pictures are rows of whole numbers, so that sums are the same in whatever order: both ways find the
same pairs, on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from labelaudit.boxes.orientations import STEPS
from labelaudit.core.columns import Ints
from labelaudit.images.duplicates.cosines import EACH_WAY

_nearest: ModuleType | None
try:
    from labelaudit.images.duplicates import _nearest
except ImportError:  # no compiler when it was installed
    _nearest = None

SCALE = 4_000
"""Length of a picture in whole numbers, give or take 3; a choice.

The square of it is exact as a 32-bit float, and rounding changes a correlation by some .0001.
"""

DEPTH = 40
"""Numbers of a vector: those that are the same in all orientations, 35, and zeros."""

Whole: TypeAlias = NDArray[np.int16]

Found: TypeAlias = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class SortedPictures:
    """Pictures, those of a cell one after the other."""

    vectors: Whole  # (n, DEPTH) what is the same in all orientations
    described: Whole  # (n, EACH_WAY * EACH_WAY) coefficients, the first 0
    start: Ints  # (cells + 1,) the first row of each cell
    cells: Found  # (n, seen) cells in which others like each are looked for


def nearest_centres(vectors: Whole, centres: Whole, count: int) -> Found:
    """The rows of the centres nearest to each vector, (n, count), the nearest first.

    Parameters
    ----------
    vectors, centres:
        (n, DEPTH) and (m, DEPTH).
    count:
        at most m.
    """
    wide = centres.astype(np.int32)
    less: Found = ((wide * wide).sum(axis=1) // 2).astype(np.int32)
    if _nearest is not None:
        packed = _nearest.cells(vectors, centres, less, count)
        return np.frombuffer(packed, np.int32).reshape(len(vectors), count)
    score = _products(vectors, centres) - less
    keys = _keys(score, np.arange(len(centres)))
    return _rows(-np.sort(-keys, axis=1)[:, :count]).astype(np.int32)


def most_alike(
    pictures: SortedPictures, first: int, last: int, *, shortlist: int, nearest: int, least: int
) -> Found:
    """Those most like each picture from `first` to `last`: row, orientation of EXIF and product.

    Parameters
    ----------
    pictures:
        among which others are looked for.
    first, last:
        rows of the pictures that others are looked for.
    shortlist:
        how many of those in a picture's cells are looked at in all orientations: those most like it
        in what is the same in all. It is never less, so none is missed that is below `least` there.
    nearest:
        how many of them are told, those with the highest product in the best orientation.
    least:
        product from which on two are alike at all.

    Returns
    -------
        (last - first, nearest, 3) the best first, -1 where there are no more.
    """
    shape = (last - first, nearest, 3)
    if _nearest is not None:
        packed = _nearest.alike(
            pictures.vectors,
            pictures.described,
            pictures.start,
            pictures.cells,
            first,
            last,
            shortlist,
            nearest,
            least,
        )
        return np.frombuffer(packed, np.int32).reshape(shape)
    row, score = _shortlist(pictures, first, last, shortlist)
    best, orientation = _best(pictures.described, np.arange(first, last), row)
    far = (row < 0) | (row == np.arange(first, last)[:, None]) | (score < least) | (best < least)
    keys = np.where(far, -1, _keys(best, row))
    order = np.argsort(-keys, axis=1, kind="stable")[:, :nearest]
    columns = [np.take_along_axis(one, order, axis=1) for one in (row, orientation, best)]
    told = np.stack(columns, axis=2)
    told[np.take_along_axis(far, order, axis=1)] = -1
    found = np.full(shape, -1, np.int32)
    found[:, : told.shape[1]] = told
    return found


def _shortlist(pictures: SortedPictures, first: int, last: int, room: int) -> tuple[Ints, Ints]:
    """The rows in the cells of each picture that are most like it, and their products, (n, room).

    Parameters
    ----------
    pictures, first, last:
        see `most_alike`.
    room:
        how many of each; the row is -1 where there are fewer.
    """
    best = np.full((last - first, room), -1, np.int64)
    cells = pictures.cells[first:last]
    for cell in np.unique(cells).tolist():
        start, stop = pictures.start[cell : cell + 2].tolist()
        here = np.flatnonzero((cells == cell).any(axis=1))
        score = _products(pictures.vectors[first + here], pictures.vectors[start:stop])
        keys = np.concatenate([best[here], _keys(score, np.arange(start, stop))], axis=1)
        best[here] = -np.partition(-keys, room - 1, axis=1)[:, :room]
    row = np.where(best < 0, -1, _rows(best))
    return row, np.where(best < 0, -1, best >> 32)


def _products(one: Whole, other: Whole) -> Ints:
    """The product of each row with each other one, (n, m); exact, see `SCALE`."""
    return (one.astype(np.float32) @ other.astype(np.float32).T).astype(np.int64)


def _keys(score: Ints, row: Ints) -> Ints:
    """Numbers in the order of scores, and of equal ones against that of rows."""
    return (score << 32) | (0xFFFFFFFF - row)


def _rows(keys: Ints) -> Ints:
    """The rows of such numbers."""
    return 0xFFFFFFFF - (keys & 0xFFFFFFFF)


def _best(described: Whole, rows: Ints, others: Ints) -> tuple[Ints, Ints]:
    """The highest product of pictures with some others, (n, m), and in which orientation.

    Mirroring changes signs of odd coefficients alone, so four products serve four orientations.

    Parameters
    ----------
    described:
        of all pictures.
    rows, others:
        (n,) and (n, m).
    """
    grid = described.reshape(-1, EACH_WAY, EACH_WAY).astype(np.int32)
    best, which = np.full(others.shape, -(2**40)), np.zeros(others.shape, np.int64)
    for orientation, (turned, across, down) in STEPS.items():
        there = grid[others].swapaxes(-1, -2) if turned else grid[others]
        x, y = 1 - 2 * across, 1 - 2 * down
        sign = np.ones((EACH_WAY, EACH_WAY), np.int32)
        sign[:, 1::2] *= x
        sign[1::2] *= y
        product = (grid[rows][:, None] * sign * there).sum(axis=(-1, -2), dtype=np.int64)
        better = product > best
        which[better], best[better] = orientation, product[better]
    return best, which
