"""The lowest coefficients of pictures' cosine transforms, and pictures in eight orientations.

A mirrored picture has the same coefficients with other signs, one turned on its side has them
elsewhere: so those of all orientations are known from those of one.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from labelaudit.boxes.orientations import STEPS

Coefficients: TypeAlias = NDArray[np.float32]

EACH_WAY = 6
"""Coefficients across and down that pictures are compared by.

Of 422 photographs of COCO and playing cards and 364 of blood cells, and a copy of each, a copy that
was cut by 10 % was among the five most alike in 97 of 100 cases; with 4 in 92, with 8 in 98.
"""


def coefficients(small: NDArray[Any]) -> Coefficients:
    """The lowest coefficients of the cosine transform of square pictures, (n, EACH_WAY, EACH_WAY).

    The first of each is its mean, and 0 here. Rows count down, columns across.
    """
    side = small.shape[1]
    step = np.arange(side)
    basis = np.cos(np.pi / side * np.outer(np.arange(EACH_WAY), step + 0.5)).astype(np.float32)
    basis *= np.float32(np.sqrt(2 / side))
    found: Coefficients = basis @ small.astype(np.float32) @ basis.T
    found[:, 0, 0] = 0
    return found


def turned_pictures(small: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Square pictures as EXIF says that they are shown, (n, side, side)."""
    turned, across, down = STEPS[orientation]
    if turned:
        small = small.swapaxes(-1, -2)
    if across:
        small = small[..., ::-1]
    return small[..., ::-1, :] if down else small
