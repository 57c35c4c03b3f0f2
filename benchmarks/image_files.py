"""Small JPEG images, so that labels have files whose headers tell the size."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from PIL import Image

ImageFile: TypeAlias = Callable[[tuple[int, int], int], bytes]
"""Makes the file of an image from its size (width, height) and its number."""

HEADER = 20  # bytes of the start marker and of the JFIF header that Pillow writes


def jpeg(size: tuple[int, int], number: int) -> bytes:
    """A grey image of `size` (width, height) with a numbered comment, so no two are equal."""
    plain = _grey(size[0], size[1])
    comment = f"picture {number}".encode()
    segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
    return plain[:HEADER] + segment + plain[HEADER:]


@functools.cache
def _grey(width: int, height: int) -> bytes:
    """The bytes of a grey image."""
    file = io.BytesIO()
    Image.new("L", (width, height), 128).save(file, "JPEG", quality=10)
    return file.getvalue()


def picture(size: tuple[int, int], number: int) -> bytes:
    """A picture of `size` (width, height) that looks like that of no other number."""
    patches = np.random.default_rng(number).integers(0, 256, (9, 12), np.uint8)
    file = io.BytesIO()
    Image.fromarray(patches).resize(size, Image.Resampling.NEAREST).save(file, "JPEG", quality=50)
    return file.getvalue()
