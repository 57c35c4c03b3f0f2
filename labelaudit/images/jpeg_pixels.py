"""Grey pixels of JPEG files with what is wrong with their data, which Pillow keeps to itself.

A JPEG whose data are damaged inside is decoded by Pillow, OpenCV and torchvision without a word:
from there on its picture is grey, shifted or of other colours. libjpeg does notice, and simplejpeg
passes that on.
"""

from __future__ import annotations

import re
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

EXTRA = "images"

_KINDS = ("YCbCr", "Gray")

MOST_PIXELS = 178_956_970
"""Pixels above which an image is left to Pillow, which refuses it."""

STRAY = 8
"""Bytes too many before the end of the data that do no harm; a choice.

Some cameras write one or two. Where 64 bytes inside of a photograph are overwritten, its data end
early, or 7 to 200 bytes are left over.
"""

_END = b"\xff\xd9"
_STRAY = re.compile(r"(\d+) extraneous bytes before marker 0x(\w+)")
_DAMAGE = ("premature end of data", "bad Huffman code", "bad arithmetic code", "instead of RST")


def can_tell_damage() -> bool:
    """Whether what notices damage is installed."""
    return find_spec("simplejpeg") is not None


def decoder() -> str:
    """What decodes JPEG files, and its version."""
    from importlib.metadata import version  # noqa: PLC0415  # it imports zipfile and email

    return f"simplejpeg {version('simplejpeg')}" if can_tell_damage() else "Pillow"


def grey_jpeg(data: bytes, side: int) -> tuple[NDArray[np.uint8], str] | None:
    """The grey pixels of a JPEG in memory, (h, w), and what is wrong with it, in words.

    None where Pillow has to look: of other colours than usual, or that cannot be decoded, or
    nothing is installed that could.

    Parameters
    ----------
    data:
        all of the file.
    side:
        it is scaled down to no less than that many rows and columns.
    """
    if not data.startswith(b"\xff\xd8\xff") or not can_tell_damage():
        return None
    import simplejpeg  # noqa: PLC0415  # a scan which looks at no pixel does without

    size = {"min_height": side, "min_width": side}
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
        if colours not in _KINDS or height * width > MOST_PIXELS:
            return None
        return simplejpeg.decode_jpeg(data, "GRAY", **size)[:, :, 0], ""
    except ValueError as error:
        said = str(error)
    try:
        pixels = simplejpeg.decode_jpeg(data, "GRAY", strict=False, **size)
    except ValueError:
        return None
    return pixels[:, :, 0], harm(said, data)


def harm(said: str, data: bytes = b"") -> str:
    """What a word of libjpeg means for the picture in a file; empty if nothing.

    >>> harm("Corrupt JPEG data: premature end of data segment")
    'its data end before the picture does'
    >>> harm("Corrupt JPEG data: 2 extraneous bytes before marker 0xd9")
    ''
    """
    if stray := _STRAY.search(said):
        count, last = int(stray[1]), data.rfind(_END)
        padding = data[max(0, last - count) : last]
        harmless = count <= STRAY or len(set(padding)) == 1
        if stray[2] == "d9" and harmless:
            return ""
        return f"{count:,} bytes of its data are left over"
    if "premature end of data" in said:
        return "its data end before the picture does"
    return "its data are no pixels" if any(words in said for words in _DAMAGE) else ""
