"""Small grey pictures of image files, to see what lies in some part of them."""

from __future__ import annotations

import warnings

import numpy as np

from labelaudit.core.columns import Floats
from labelaudit.images.headers import REFUSALS
from labelaudit.storage.at_hand import at_hand

SIDE = 128
"""Rows and columns of a thumbnail, whatever the shape of its image."""


def thumbnail(path: str) -> Floats | None:
    """The grey values in 0..255 of an image squeezed to `SIDE` x `SIDE`; None if it is not read.

    Pixels stay as they are stored: EXIF does not turn an image.
    """
    # Pillow takes 60 ms, which a scan that looks at no pixel does without.
    from PIL import Image  # noqa: PLC0415  # see above

    from labelaudit.images.decoding import rgb_for_people  # noqa: PLC0415  # it imports Pillow

    if not path:
        return None
    at_hand([path])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, about odd metadata
        try:
            with Image.open(path) as picture:
                picture.draft("RGB", (2 * SIDE, 2 * SIDE))
                grey = rgb_for_people(picture).convert("L")
                small = grey.resize((SIDE, SIDE), Image.Resampling.BOX)
        except (*REFUSALS, Image.DecompressionBombError):
            return None
    return np.asarray(small, np.float64)
