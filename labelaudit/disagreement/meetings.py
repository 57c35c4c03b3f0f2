"""Which boxes of one table overlap which of another, image by image, and the best of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from labelaudit.geometry import iou
from labelaudit.table import MISSING, Bools, Floats, Ints, Rows, Table, column, rows_column

CHUNK = 1 << 19  # pairs compared in one go: bounds the memory


@dataclass(frozen=True)
class Meetings(Table):
    """Pairs of a box of one table and a box of another that overlap in one image."""

    one: Rows = rows_column()  # (p,) row in the first table, ascending
    other: Rows = rows_column()  # (p,) row in the second
    overlap: Floats = column(np.float64, fill=0.0)  # (p,) IoU, above 0


def meetings(image: Rows, xyxy: Floats, other_image: Rows, other_xyxy: Floats) -> Meetings:
    """All pairs of a box of the first table and one of the second that overlap.

    >>> box = np.array([[0.0, 0, 2, 2]])
    >>> meetings(np.array([0, 1]), np.tile(box, (2, 1)), np.array([1]), box + 1).overlap
    array([0.14285714])
    """
    order = np.argsort(other_image, kind="stable")
    ascending = other_image[order]
    start = np.searchsorted(ascending, image)
    count = np.searchsorted(ascending, image, side="right") - start
    parts = [Meetings.empty()]
    for low, high in _cuts(count):
        one = np.repeat(np.arange(low, high), count[low:high])
        before = np.cumsum(count[low:high]) - count[low:high]
        place = np.arange(len(one)) - np.repeat(before - start[low:high], count[low:high])
        other = order[place]
        near = _touching(xyxy[one], other_xyxy[other])
        one, other = one[near], other[near]
        met = Meetings.of(len(one), one=one, other=other, overlap=iou(xyxy[one], other_xyxy[other]))
        parts.append(met.rows(met.overlap > 0))
    return Meetings.concat(parts)


def _cuts(count: Ints) -> Iterator[tuple[int, int]]:
    """Slices of the first table that have at most `CHUNK` pairs, or one row, each."""
    total = np.cumsum(count)
    low = 0
    while low < len(count):
        done = total[low - 1] if low else 0
        high = max(int(np.searchsorted(total, done + CHUNK, side="right")), low + 1)
        yield low, high
        low = high


def _touching(a: Floats, b: Floats) -> Bools:
    touching: Bools = (a[:, 0] < b[:, 2]) & (b[:, 0] < a[:, 2])
    touching &= (a[:, 1] < b[:, 3]) & (b[:, 1] < a[:, 3])
    return touching


def largest(row: Rows, value: Floats, count: int) -> Floats:
    """The largest value of each row, (count,); 0 where it has none."""
    best = np.zeros(count)
    np.maximum.at(best, row, value)
    return best


def champion(row: Rows, value: Floats, count: int) -> Ints:
    """The place in `value` of the largest of each row, (count,), the first of equals; else MISSING.

    Values are not negative.
    """
    place = np.full(count, MISSING, np.int64)
    winners = np.flatnonzero(value == largest(row, value, count)[row])[::-1]
    place[row[winners]] = winners
    return place
