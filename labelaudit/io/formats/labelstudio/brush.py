"""The pixels of a brush: the four channels of a picture, packed into bits.

Source: https://github.com/thi-ng/umbrella/tree/develop/packages/rle-pack, which Label Studio uses,
and `decode_rle` of label-studio-sdk, `converter/brush.py`: the number of values (32 bits), bits of
a value less one (5), and bits of four kinds of length less one (4 each); then blocks of a flag (one
value many times, or many values), the kind of length (2), a length less one, and the values.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from labelaudit.core.columns import Bools
from labelaudit.io.formats.mask_runs import MOST_PIXELS

CHANNELS = 4
"""Red, green, blue and how much of the picture is covered, the one that counts."""


class _Bits:
    """Numbers of any width from bytes, one after the other."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def take(self, width: int) -> int:
        """The next number; EOFError if there are not as many bits."""
        end = self._at + width
        if end > 8 * len(self._content):
            raise EOFError
        window = int.from_bytes(self._content[self._at // 8 : (end + 7) // 8], "big")
        self._at = end
        return window >> (-end % 8) & ((1 << width) - 1)


def painted_pixels(packed: Sequence[int], size: tuple[int, int]) -> Bools | None:
    """The pixels that a brush covers, (height, width); None if they cannot be understood.

    Parameters
    ----------
    packed:
        bytes as numbers, 0 to 255.
    size:
        width and height of the picture.

    Examples
    --------
    >>> whole = [0, 0, 0, 4, 57, 27, 252, 127, 224]  # four values of 255
    >>> painted_pixels(whole, (1, 1)), painted_pixels(whole, (2, 1))
    (array([[ True]]), None)
    """
    width, height = size
    if not 0 < width * height <= MOST_PIXELS // CHANNELS:
        return None
    try:
        values = _values(_Bits(bytes(packed)), CHANNELS * width * height)
    except (EOFError, ValueError, TypeError):
        return None
    if values is None:
        return None
    return np.frombuffer(values, np.uint8).reshape(height, width, CHANNELS)[:, :, -1] > 0


def _values(bits: _Bits, count: int) -> bytearray | None:
    """All values, of which there have to be as many; one of more than a byte is not zero."""
    if bits.take(32) != count:
        return None
    word = bits.take(5) + 1
    lengths = [bits.take(4) + 1 for _ in range(4)]
    values = bytearray()
    while len(values) < count:
        alike = bits.take(1)
        length = bits.take(lengths[bits.take(2)]) + 1
        if len(values) + length > count:
            return None
        if alike:
            values += bytes([min(bits.take(word), 255)]) * length
        else:
            values += bytes(min(bits.take(word), 255) for _ in range(length))
    return values
