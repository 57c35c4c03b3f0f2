"""Sizes of images that neither the labels nor a file say, where boxes are fractions of them."""

from __future__ import annotations

from labelaudit.core.columns import Bools
from labelaudit.core.text import counted

STAND_IN = 640.0
"""Width and height that fractions are multiplied by then; Ultralytics trains at this size."""


def assumption(assumed: Bools) -> tuple[str, ...]:
    """What to say of images whose sizes are assumed, (n,), in a note; nothing if there are none.

    >>> import numpy as np
    >>> assumption(np.array([True, False]))
    ('the size of 1 image is unknown: boxes in it are told as if it were 640 x 640 px',)
    """
    count = int(assumed.sum())
    if not count:
        return ()
    images, it, were = counted(count, "image"), "them", "each of them"
    if count == 1:
        it, were = "it", "it"
    size = f"{STAND_IN:g} x {STAND_IN:g} px"
    return (f"the size of {images} is unknown: boxes in {it} are told as if {were} were {size}",)
