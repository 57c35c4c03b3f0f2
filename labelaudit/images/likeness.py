"""How alike two small pictures are where they show the same, if the camera moved between them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from labelaudit.core.columns import Floats, Ints

ACROSS, UPWARDS = 3 / 8, 1 / 8
"""How far a camera may have turned between two pictures, in widths and heights of them; a choice:
cameras pan more than they tilt, and what is left in common has to tell something."""

HALVED = 2
"""By how much pictures are scaled down to find the shift, which is then found to the pixel."""

PROMISING = 0.4
"""Correlation of the scaled-down pictures from which on the shift is found to the pixel; a choice
that leaves out most pairs that have nothing in common."""

BLUR = 3.0
"""Standard deviation, in pixels of a small picture, of the blur that is taken away from it: light
and shade, which pictures of other things under one lamp have in common; a choice."""

FLAT = 1.5
"""Standard deviation of what is left, in grey values, below which there is nothing to be seen."""

AT_ONCE = 4096
"""Pairs that are compared at a time, about 32 MB of them."""

Small: TypeAlias = NDArray[np.uint8]

Grey: TypeAlias = NDArray[np.float32]

Shift: TypeAlias = tuple[int, int]
"""Rows and columns by which the second picture is moved."""


def likeness(pictures: Small, first: Ints, second: Ints) -> Floats:
    """The best correlation of two pictures shifted against each other, (p,) in [-1, 1].

    Of what both show then; 0 where one of them is of one colour.

    Parameters
    ----------
    pictures:
        (n, side, side) grey values; `side` is even.
    first, second:
        (p,) rows of the pictures that are compared.
    """
    found = np.zeros(len(first))
    for start in range(0, len(first), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        one, other = (_details(pictures[rows[some]]) for rows in (first, second))
        found[some] = _best(one, other)
    return found


def _details(pictures: Small) -> Grey:
    """Pictures without what changes slowly across them."""
    grey = pictures.astype(np.float32)
    blur = _blur(grey.shape[1])
    details: Grey = (grey - blur @ grey @ blur.T).astype(np.float32)
    return details


@cache
def _blur(side: int) -> Grey:
    """A Gaussian blur of columns of so many pixels, (side, side); beyond the edge is the edge.

    It is cut at four standard deviations. The filter of scipy gives the same numbers; a scan would
    wait for it to be imported.
    """
    offsets = np.arange(-round(4 * BLUR), round(4 * BLUR) + 1)
    weights = np.exp(-0.5 * (offsets / BLUR) ** 2)
    rows = np.arange(side)[:, None]
    blur = np.zeros((side, side))
    np.add.at(blur, (rows, np.clip(rows + offsets, 0, side - 1)), weights / weights.sum())
    return blur.astype(np.float32)


def _best(one: Grey, other: Grey) -> Floats:
    """The same of some pairs, (p, side, side) each."""
    best, place = _coarse(_halved(one), _halved(other))
    rows = np.flatnonzero(best >= PROMISING)
    best[rows] = -1
    for moved in _shifts((1, 1)):
        wanted = HALVED * place[rows] + moved
        for shift in np.unique(wanted, axis=0):
            here = rows[(wanted == shift).all(axis=1)]
            value = _correlation(one[here], other[here], (int(shift[0]), int(shift[1])))
            best[here] = np.maximum(best[here], value)
    flat = (one.std(axis=(1, 2)) < FLAT) | (other.std(axis=(1, 2)) < FLAT)
    return np.where(flat, 0.0, best)


def _coarse(one: Grey, other: Grey) -> tuple[Floats, Ints]:
    """The best correlation of each pair, (p,), and its shift, (p, 2)."""
    side = one.shape[1]
    best, place = np.full(len(one), -1.0), np.zeros((len(one), 2), np.int64)
    for shift in _shifts((round(UPWARDS * side), round(ACROSS * side))):
        value = _correlation(one, other, shift)
        better = value > best
        best[better], place[better] = value[better], shift
    return best, place


def _halved(pictures: Grey) -> Grey:
    count, side, _ = pictures.shape
    half = side // HALVED
    halved: Grey = pictures.reshape(count, half, HALVED, half, HALVED).mean(axis=(2, 4))
    return halved


def _shifts(far: Shift) -> Iterator[Shift]:
    """Shifts by up to so many rows and columns either way."""
    for down in range(-far[0], far[0] + 1):
        for right in range(-far[1], far[1] + 1):
            yield down, right


def _correlation(one: Grey, other: Grey, shift: Shift) -> Floats:
    """Pearson's correlation of what both show, (p,), if the other is moved by so much."""
    parts = []
    for picture, sign in ((one, 1), (other, -1)):
        rows, columns = (slice(max(0, sign * by), min(0, sign * by) or None) for by in shift)
        part = picture[:, rows, columns].reshape(len(picture), -1)
        parts.append(part - part.mean(axis=1, keepdims=True))
    a, b = parts
    both = np.einsum("ij,ij->i", a, b)
    size = np.sqrt(np.einsum("ij,ij->i", a, a) * np.einsum("ij,ij->i", b, b))
    value: Floats = np.divide(both, size, out=np.zeros_like(both), where=size > 0).astype(float)
    return value
