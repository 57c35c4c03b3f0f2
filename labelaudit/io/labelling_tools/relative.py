"""Boxes as parts of an image, whose numbers somebody may have rounded on the way."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from labelaudit.io.labelling_tools.tasks import Corners


class Placed(NamedTuple):
    """Where a box is, in pixels."""

    corners: Corners
    within: Corners  # by which each corner may be off, as it is written


def placed(sides: Sequence[float], size: tuple[float, float], whole: float) -> Placed | None:
    """A box of left, top, width and height in pixels; None if that is nowhere.

    Parameters
    ----------
    sides:
        (4,) as parts of the image.
    size:
        width and height of the image, in pixels.
    whole:
        what the whole image is: 1, or 100.

    Examples
    --------
    >>> placed([0.25, 0.5, 0.125, 0.25], (640, 480), 1)
    Placed(corners=(160.0, 240.0, 240.0, 360.0), within=(0.32, 0.24, 0.64, 0.48))
    """
    left, top, width, height = sides
    wide, high = (side / whole for side in size)
    corners = (left * wide, top * high, (left + width) * wide, (top + height) * high)
    if not all(map(math.isfinite, corners)):
        return None
    half = half_unit(sides)
    # The width is rounded, too.
    return Placed(corners, (half * wide, half * high, 2 * half * wide, 2 * half * high))


def half_unit(numbers: Iterable[float]) -> float:
    """Half of the last decimal place in which some numbers are written.

    They are of one box, and were rounded together: the one with the most decimals counts.

    >>> half_unit([12.5, 3.0]), half_unit([10.0, 20.0]), half_unit([0.125, 7.0])
    (0.05, 0.5, 0.0005)
    """
    return 0.5 * 10.0 ** min([0, *map(_exponent, numbers)])


def _exponent(number: float) -> int:
    """Of the last digit that is no zero."""
    exponent = Decimal(repr(number)).normalize().as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0  # of no number
