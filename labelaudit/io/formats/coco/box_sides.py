"""Width and height of boxes of which the corners are known, with no digits that rounding made."""

from __future__ import annotations

import math
from typing import Any

from labelaudit.io.formats.coco.records import decoded
from labelaudit.io.formats.coco.spans import Span

DIGITS = 12
"""As many of a width are exact when it is worked out from corners of ordinary images."""

STEPS = 4
"""Steps between neighbouring numbers by which adding and taking away may move a corner."""


def sides(left: float, top: float, right: float, bottom: float) -> list[float]:
    """Width and height with no more digits than the corners need: 0.1 + 0.2 - 0.1 is 0.2.

    Parameters
    ----------
    left, top, right, bottom:
        corners of a box, in pixels.

    >>> sides(0.1, 10.0, 0.1 + 0.2, 40.5)
    [0.2, 30.5]
    """
    return [float(f"{side:.{DIGITS}g}") for side in (right - left, bottom - top)]


def with_sides_as_written(fields: dict[str, Any], span: Span) -> dict[str, Any]:
    """The new values of a record, in which a side that only rounding changed is as it is written.

    Corners are kept, not sides: a width is known but for rounding, and one that is written with
    more digits than `sides` gives is not another one.
    """
    said = decoded(span.text or b"{}").get("bbox") if "bbox" in fields else None
    if not isinstance(said, list) or len(said) != len(fields["bbox"]):
        return fields
    box = list(fields["bbox"])
    for axis in (0, 1):
        corner, side, written = box[axis], box[axis + 2], said[axis + 2]
        if (
            isinstance(written, float)
            and math.isfinite(side)
            and abs(written - side) <= _rounding(corner, side)
        ):
            box[axis + 2] = written
    return {**fields, "bbox": box}


def _rounding(corner: float, side: float) -> float:
    """What a side may be off by: half its last digit, and how exactly its corners are known."""
    last = 0.5 * 10.0 ** (math.floor(math.log10(abs(side))) + 1 - DIGITS) if side else 0.0
    return last + STEPS * math.ulp(max(abs(corner), abs(side)))
