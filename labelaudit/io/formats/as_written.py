"""Polygons of which a fix changes some points: the words of the numbers that stay."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Sequence

from labelaudit.core.columns import Floats


def point_words(
    points: Floats,
    numbers: Sequence[float],
    words: Sequence[str],
    written: Callable[[float], str],
) -> list[str]:
    """What to write for the coordinates of points, x and y in turn, (2 n,).

    A point that was there keeps its words; a coordinate of a new one has those of its equals.

    Parameters
    ----------
    points:
        (n, 2) that are to be written.
    numbers:
        (2 m,) the coordinates that are written now, x and y in turn.
    words:
        (2 m,) how they are written.
    written:
        the word of a number that is new.

    >>> import numpy as np
    >>> points = np.array([[1.0, 2.0], [1.5, 2.0]])
    >>> point_words(points, [1.0, 2.0, 3.0, 2.0], ["1.00", "2", "3", "2.0"], repr)
    ['1.00', '2', '1.5', '2']
    """
    pairs = defaultdict[tuple[float, float], deque[tuple[str, str]]](deque)
    alone: tuple[dict[float, str], dict[float, str]] = {}, {}
    for at in range(0, len(numbers) - 1, 2):
        pairs[numbers[at], numbers[at + 1]].append((words[at], words[at + 1]))
        for axis in (0, 1):
            alone[axis].setdefault(numbers[at + axis], words[at + axis])
    found: list[str] = []
    for point in points.tolist():
        known = pairs.get(tuple(point))
        if known:
            found += known.popleft() if len(known) > 1 else known[0]
        else:
            found += [alone[axis].get(point[axis]) or written(point[axis]) for axis in (0, 1)]
    return found
