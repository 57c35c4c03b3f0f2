"""Where pictures that look alike lie in each other, by their small pictures alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelaudit.core.columns import Floats
from labelaudit.core.parallel import cores, map_groups
from labelaudit.images.duplicates.cosines import turned_pictures
from labelaudit.images.duplicates.registration import Grey, registered
from labelaudit.images.duplicates.search import LikelyPairs

HOPEFUL = 0.5
"""Correlation of small pictures below which a registration is given up; a choice."""

STARTS = np.array(
    [
        *((left, top, left + 0.92, top + 0.92) for left in (0.0, 0.08) for top in (0.0, 0.08)),
        (0.04, 0.04, 0.96, 0.96),
        (-0.04, -0.04, 1.04, 1.04),
        (0.0, 0.0, 1.0, 1.0),
        *((left, top, left + 1.09, top + 1.09) for left in (0.0, -0.09) for top in (0.0, -0.09)),
    ],
    np.float32,
)
"""Windows that a registration begins with, the best of them."""

AT_ONCE = 256
"""Small pictures that are registered at a time."""


def roughly(small: NDArray[np.uint8], likely: LikelyPairs) -> tuple[Floats, Floats]:
    """Where each second lies in its first, by their small pictures, (n, 4), and how alike, (n,)."""
    window = np.zeros((len(likely), 4), np.float32)
    correlation = np.zeros(len(likely), np.float32)
    starts = range(0, len(likely), AT_ONCE)

    def register(start: int) -> None:
        some = slice(start, start + AT_ONCE)
        first = small[likely.first[some]].astype(np.float32)
        second = small[likely.second[some]].astype(np.float32)
        for orientation in np.unique(likely.orientation[some]).tolist():
            here = likely.orientation[some] == orientation
            second[here] = turned_pictures(second[here], orientation)
        start_window = _best_start(first, second)
        about = registered(first, second, start_window, points=16, steps=3)
        window[some], correlation[some] = about.window, about.correlation
        left = np.flatnonzero(about.correlation >= HOPEFUL)
        first, second = first[left], second[left]
        about = registered(first, second, about.window[left], points=16, steps=5)
        about = registered(first, second, about.window, points=32, steps=3)
        window[start + left], correlation[start + left] = about.window, about.correlation

    for _ in map_groups(register, [[start] for start in starts], cores()):
        pass
    return window.astype(np.float64), correlation.astype(np.float64)


def _best_start(first: Grey, second: Grey) -> Grey:
    """Of `STARTS`, the window in which each pair is most alike, (n, 4)."""
    tried = [
        registered(first, second, np.tile(start, (len(first), 1)), points=16, steps=0).correlation
        for start in STARTS
    ]
    best: Grey = STARTS[np.argmax(np.stack(tried), axis=0)]
    return best
