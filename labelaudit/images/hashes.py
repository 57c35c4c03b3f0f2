"""Perceptual hashes of images: pictures that look alike differ in few bits."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from labelaudit.core.columns import Texts
from labelaudit.images.headers import REFUSALS
from labelaudit.storage.at_hand import at_hand

Hashes: TypeAlias = NDArray[np.uint64]


BITS = 64


def hashed(paths: Texts, *, workers: int = 1) -> tuple[Hashes, NDArray[np.bool_]]:
    """The perceptual hash of each image, (n,), and which images could be read, (n,)."""
    at_hand(filter(None, paths.tolist()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, about odd metadata
        with ThreadPoolExecutor(workers) as threads:
            found = list(threads.map(_hash, paths.tolist()))
    readable = np.array([value is not None for value in found], bool)
    return np.array([value or 0 for value in found], np.uint64), readable


def _hash(path: str) -> int | None:
    """The 64 bits that say how a picture looks; None if it cannot be read."""
    import imagehash  # noqa: PLC0415  # it imports scipy, which a scan of labels does without
    from PIL import Image  # noqa: PLC0415  # see above

    if not path:
        return None
    try:
        with Image.open(path) as picture:
            picture.draft("L", (64, 64))
            bits = imagehash.phash(picture.convert("L")).hash
    except (*REFUSALS, Image.DecompressionBombError):
        return None
    return int.from_bytes(np.packbits(bits).tobytes(), "big")
