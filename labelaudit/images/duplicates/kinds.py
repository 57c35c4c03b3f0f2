"""Of two pictures that are the same: which shows more, and what was done to the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.boxes.orientations import ON_ITS_SIDE, UPRIGHT, shown_from_stored, stored_from_shown
from labelaudit.core.columns import Floats

INVERSE = (0, 1, 2, 3, 4, 5, 8, 7, 6)
"""The orientation that takes back each."""

MIRRORED = (2, 4, 5, 7)

CUT = 0.985
"""Share of a picture's area below which the rest was cut off; a choice."""

OTHER_SIZE = 0.02
"""Relative difference of sides from which on a picture was resized; a choice."""

OTHER_BRIGHTNESS = 5.0
"""Difference of mean grey values from which on a picture is brighter; a choice."""

_UNIT = np.ones(2)


@dataclass(frozen=True, eq=False)
class CopiedPicture:
    """Two images of which one is a copy of the other, or of a part of it."""

    first: int  # row in Images of the one that shows more; of two that show the same, the first
    second: int
    orientation: int  # of EXIF: how the second looks as the first
    window: Floats  # (4,) where the second, once turned, lies in the first, in fractions
    cut: float  # share of the first that the second shows, borders aside
    brighter: float  # by how many grey values the second is


def copied_picture(
    first: int, second: int, orientation: int, window: Floats, *, brighter: float
) -> CopiedPicture:
    """The same two images, the one that shows more first.

    Parameters
    ----------
    first, second:
        rows in Images.
    orientation:
        how the second looks as the first, of EXIF.
    window:
        (4,) where the second, once turned, lies in the first; both without their borders.
    brighter:
        by how many grey values the second is.
    """
    area = float((window[2] - window[0]) * (window[3] - window[1]))
    if area < CUT or (area <= 1 / CUT and first < second):
        return CopiedPicture(first, second, orientation, window, min(area, 1.0), brighter)
    side = np.tile(window[2:] - window[:2], 2)
    back = (np.array([0.0, 0, 1, 1]) - np.tile(window[:2], 2)) / side
    stored = stored_from_shown(back[None], _UNIT, orientation)[0]
    return CopiedPicture(second, first, INVERSE[orientation], stored, 1 / area, -brighter)


def whole_window(copy: CopiedPicture, inner: Floats) -> Floats:
    """Where the whole second image, once turned, lies in the whole first one, (4,) in fractions.

    Parameters
    ----------
    copy:
        the two images.
    inner:
        (images, 4) what of each is inside of its border, in fractions of it.
    """
    there = shown_from_stored(inner[copy.second][None], _UNIT, copy.orientation)[0]
    start, side = copy.window[:2], copy.window[2:] - copy.window[:2]
    # The whole of the second, in fractions of what is inside of its border.
    whole = (np.array([0.0, 0, 1, 1]) - np.tile(there[:2], 2)) / np.tile(there[2:] - there[:2], 2)
    inside = np.tile(start, 2) + whole * np.tile(side, 2)
    here = inner[copy.first]
    found: Floats = np.tile(here[:2], 2) + inside * np.tile(here[2:] - here[:2], 2)
    return found


def kind_words(copy: CopiedPicture, inner: Floats, size: Floats, *, same_pixels: bool) -> str:
    """What was done to the second image, or to both, in words.

    Parameters
    ----------
    copy:
        the two images.
    inner:
        (images, 4) what of each is inside of its border, in fractions of it.
    size:
        (images, 2) width and height in pixels.
    same_pixels:
        whether not one pixel is different.
    """
    if same_pixels:
        return "the same pixels in other bytes"
    words = []
    if copy.orientation != UPRIGHT:
        words.append("mirrored" if copy.orientation in MIRRORED else "turned")
    if copy.cut < CUT:
        words.append(f"cut to {100 * copy.cut:.0f} %")
    if (inner[[copy.first, copy.second]] != [0, 0, 1, 1]).any(axis=1).sum() == 1:
        words.append("with a border")
    if _is_resized(copy, inner, size):
        words.append("resized")
    if abs(copy.brighter) >= OTHER_BRIGHTNESS:
        words.append("brighter" if copy.brighter > 0 else "darker")
    return ", ".join(words) or "saved anew"


def _is_resized(copy: CopiedPicture, inner: Floats, size: Floats) -> bool:
    """Whether what both show has other sides in pixels."""
    sides = [size[row] * (inner[row][2:] - inner[row][:2]) for row in (copy.first, copy.second)]
    there = sides[1][::-1] if copy.orientation >= ON_ITS_SIDE else sides[1]
    here = sides[0] * (copy.window[2:] - copy.window[:2])
    return bool((np.abs(there / here - 1) > OTHER_SIZE).any())
