"""Masks of a part of an image as run-length encodings of the whole, as COCO writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from labelaudit.core.columns import Bools

MOST_PIXELS = 1 << 28
"""Pixels of a mask, and runs in it, up to which it is read: a choice, beyond any camera."""


def painted(runs: Sequence[int], shape: tuple[int, int]) -> Bools | None:
    """The pixels, (height, width), that runs of background and foreground in turn come to.

    They go along the rows. None if they do not come to as many pixels.

    >>> painted([1, 2, 1], (2, 2)).astype(int).tolist()
    [[0, 1], [1, 0]]
    """
    height, width = shape
    if min(shape) < 1 or height * width > MOST_PIXELS or min(runs, default=-1) < 0:
        return None
    if sum(runs) != height * width:
        return None
    return np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(height, width)


def encoded(
    pixels: Bools, corner: tuple[int, int], size: tuple[int, int]
) -> Mapping[str, Any] | None:
    """A mask in an image, with its size (height, width) and its runs down the columns.

    Parameters
    ----------
    pixels:
        (height, width) of a part of the image.
    corner:
        left and top of that part.
    size:
        width and height of the image.

    Returns
    -------
    Mapping
        as COCO writes it; None if the part is not within the image.

    Examples
    --------
    >>> encoded(np.array([[True, False], [True, True]]), (1, 0), (3, 2))
    {'size': [2, 3], 'counts': [2, 2, 1, 1]}
    """
    (left, top), (width, height) = corner, size
    down, across = pixels.shape
    if left < 0 or top < 0 or left + across > width or top + down > height:
        return None
    columns, rows = np.nonzero(pixels.T)
    places = (columns + left) * height + rows + top
    begins = np.flatnonzero(np.diff(places, prepend=-2) != 1)
    ends = np.append(begins[1:], len(places)) - 1
    edges = np.stack([places[begins], places[ends] + 1], axis=1).ravel() if len(places) else places
    runs = np.diff(edges, prepend=0, append=width * height)
    return {"size": [height, width], "counts": runs[: len(edges) + (runs[-1] > 0)].tolist()}


def extent_of(pixels: Bools, corner: tuple[int, int] = (0, 0)) -> list[float] | None:
    """Left, top, right, bottom of the foreground of a mask; None if it has none.

    >>> extent_of(np.array([[False, True], [False, True]]), (10, 20))
    [11.0, 20.0, 12.0, 22.0]
    """
    rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    if not len(rows):
        return None
    left, top = corner
    sides = columns[0] + left, rows[0] + top, columns[-1] + left + 1, rows[-1] + top + 1
    return [float(side) for side in sides]
