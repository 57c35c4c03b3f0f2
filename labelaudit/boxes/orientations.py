"""Boxes on pictures that EXIF turns when they are opened: as stored, as shown, and back.

Source: Exif 2.32, tag 274 (Orientation): where the first row and column of what is stored belong.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from labelaudit.core.columns import Floats

UPRIGHT = 1

ON_ITS_SIDE = 5
"""The first orientation in which an image is shown with width and height exchanged."""

STEPS: Mapping[int, tuple[bool, bool, bool]] = MappingProxyType(
    {
        1: (False, False, False),
        2: (False, True, False),
        3: (False, True, True),
        4: (False, False, True),
        5: (True, False, False),
        6: (True, True, False),
        7: (True, True, True),
        8: (True, False, True),
    }
)
"""Of each orientation: whether x and y are exchanged; then, whether x and whether y is mirrored."""

WORDS: Mapping[int, str] = MappingProxyType(
    {
        1: "as it is",
        2: "mirrored",
        3: "upside down",
        4: "upside down and mirrored",
        5: "turned on its side and mirrored",
        6: "turned clockwise",
        7: "turned on its side and mirrored",
        8: "turned counter-clockwise",
    }
)
"""How a picture of each orientation is shown."""


def shown_from_stored(xyxy: Floats, size: Floats, orientation: int) -> Floats:
    """Boxes of the picture as it is stored, on the picture as it is shown, (n, 4).

    Parameters
    ----------
    xyxy:
        (n, 4) corners in pixels of the stored picture.
    size:
        (n, 2) or (2,) width and height of the stored picture.
    orientation:
        the value of EXIF, 1 to 8.

    >>> shown_from_stored(np.array([[10.0, 20, 30, 60]]), np.array([200.0, 100]), 6)
    array([[40., 10., 80., 30.]])
    """
    exchanged, across, down = STEPS[orientation]
    if exchanged:
        xyxy, size = xyxy[:, [1, 0, 3, 2]], size[..., ::-1]
    return _mirrored(xyxy, size, across=across, down=down)


def stored_from_shown(xyxy: Floats, size: Floats, orientation: int) -> Floats:
    """Boxes of the picture as it is shown, on the picture as it is stored, (n, 4).

    Parameters
    ----------
    xyxy:
        (n, 4) corners in pixels of the shown picture.
    size:
        (n, 2) or (2,) width and height of the stored picture.
    orientation:
        the value of EXIF, 1 to 8.

    >>> stored_from_shown(np.array([[40.0, 10, 80, 30]]), np.array([200.0, 100]), 6)
    array([[10., 20., 30., 60.]])
    """
    exchanged, across, down = STEPS[orientation]
    shown = size[..., ::-1] if exchanged else size
    xyxy = _mirrored(xyxy, shown, across=across, down=down)
    return xyxy[:, [1, 0, 3, 2]] if exchanged else xyxy


def _mirrored(xyxy: Floats, size: Floats, *, across: bool, down: bool) -> Floats:
    left, top, right, bottom = xyxy.T
    width, height = size.T
    if across:
        left, right = width - right, width - left
    if down:
        top, bottom = height - bottom, height - top
    return np.column_stack([left, top, right, bottom])
