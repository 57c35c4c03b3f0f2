"""Whether what lies to the right of some part of images and below it is an empty margin."""

from __future__ import annotations

from enum import Enum

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.core.columns import Bools, Floats, Ints
from labelaudit.images.thumbnails import SIDE, thumbnail

LOOKED_AT = 12
"""Images, spread evenly, whose pixels are looked at; a choice."""

CLOSE = 8.0
"""Grey values by which pixels of one colour differ where a JPEG was compressed; a choice."""

FLAT = 0.98
"""Part of the pixels that have one colour where there is nothing to be seen; a choice."""

BESIDE = 2
"""Pixels of a thumbnail at the border of a part that are of both sides of it."""

AGREED = 0.75
"""Part of the images that must be alike; a choice."""


class Beyond(Enum):
    """What lies beyond the upper left part of images."""

    NOTHING = "an empty margin"
    SCENE = "more of the picture"
    UNKNOWN = "not known: no image was read, or they are of one colour"


def beyond(audit: AuditContext, image: Ints, part: Floats) -> Beyond:
    """What most of some images show to the right of their upper left part and below it.

    Parameters
    ----------
    audit:
        of the dataset.
    image:
        (n,) rows in Images.
    part:
        (n, 2) width and height of the part of each, as fractions of the image.
    """
    paths = audit.dataset.images.path
    at_hand = np.flatnonzero(paths[image] != "")
    some = at_hand[np.linspace(0, len(at_hand) - 1, min(LOOKED_AT, len(at_hand))).astype(np.int64)]
    flat = [
        one
        for row in some.tolist()
        if (one := _is_flat(paths[image[row]], *(part[row] * SIDE).tolist())) is not None
    ]
    if not flat:
        return Beyond.UNKNOWN
    share = float(np.mean(flat))
    if share >= AGREED:
        return Beyond.NOTHING
    return Beyond.SCENE if share <= 1 - AGREED else Beyond.UNKNOWN


def _is_flat(path: str, width: float, height: float) -> bool | None:
    """Whether a thumbnail is of one colour beyond a part of it; None if it tells nothing."""
    picture = thumbnail(path)
    if picture is None:
        return None
    right, lower = (max(0, int(np.ceil(side)) + BESIDE) for side in (width, height))
    outside = [picture[:, right:], picture[lower:]]
    inside = picture[: max(1, lower - 2 * BESIDE), : max(1, right - 2 * BESIDE)]
    seen = [one for one in outside if one.size]
    if not seen or _of_one_colour(inside):
        return None
    return all(_of_one_colour(one) for one in seen)


def _of_one_colour(pixels: Floats) -> bool:
    close: Bools = np.abs(pixels - np.median(pixels)) <= CLOSE
    return bool(np.mean(close) >= FLAT)
