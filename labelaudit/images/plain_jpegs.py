"""The width and height of plain JPEG files, read without Pillow, which takes ten times as long.

Source: ITU-T T.81, annex B (segments before the first scan); JFIF 1.02 (the APP0 segment).
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

import numpy as np

from labelaudit.core.columns import MISSING, Floats, Ints
from labelaudit.core.parallel import ahead

_jpegs: ModuleType | None
try:
    from labelaudit.images import _jpegs
except ImportError:  # no C compiler where it was installed, or a system without POSIX
    _jpegs = None

COMPILED = _jpegs is not None

HEAD = 1 << 12
"""Bytes in which the scan of a plain file begins; a choice: without EXIF it is at some 600."""

AT_ONCE = 256
"""Files that one thread reads at a time; a choice."""

THREADS = 16
"""That read at the same time, without Python's lock: over a network one would mostly wait."""

ENDED = b"\xff\xd9"
"""The last bytes of a file that is whole."""

_START = b"\xff\xd8\xff"
_SCAN, _JFIF, _TABLES = 0xDA, 0xE0, 0xDB
_FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended, progressive
_PASSED_OVER = (0xC4, 0xDD, 0xFE)  # Huffman tables, restart intervals, comments
_LENGTHS = (65, 129)  # of a quantisation table, of 8 or 16 bits


_HEAD = np.dtype([("size", np.int32, 2), ("mark", np.int64, 2)])
"""What the compiled part says of a file."""


def plain_heads(paths: Sequence[str]) -> tuple[Floats, Ints]:
    """Width and height of the file at each path that is plain and ends as it should; else NaN.

    Both are (n, 2). The second says of those that are the length in bytes, and a number which files
    have in common whose first `HEAD` bytes are the same; MISSING for the others.

    None are plain where nothing is compiled; `plain_size` tells of each the same.
    """
    if _jpegs is None:
        return np.full((len(paths), 2), np.nan), np.full((len(paths), 2), MISSING, np.int64)
    parts = [list(paths[start : start + AT_ONCE]) for start in range(0, len(paths), AT_ONCE)]
    heads = np.frombuffer(b"".join(ahead(_jpegs.heads, parts, THREADS)), _HEAD)
    plain = heads["size"][:, :1] > 0
    return np.where(plain, heads["size"], np.nan), np.where(plain, heads["mark"], MISSING)


def plain_size(head: bytes) -> tuple[int, int] | None:
    """Width and height in pixels; None if a file is no JPEG or more than tables and a frame.

    EXIF, colour profiles, several pictures in a file, whatever is damaged: such need Pillow.

    Parameters
    ----------
    head:
        the first `HEAD` bytes of the file.
    """
    if not head.startswith(_START):
        return None
    size, place = None, 2
    while place + 4 <= len(head) and head[place] == 0xFF:
        marker, start = head[place + 1], place + 4
        place += 2 + int.from_bytes(head[place + 2 : start], "big")
        body = head[start:place]
        if place < start or place > len(head):
            return None
        if marker == _SCAN:
            return size
        if marker in _FRAMES:
            if size is not None or not _is_plain_frame(body):
                return None
            size = (int.from_bytes(body[3:5], "big"), int.from_bytes(body[1:3], "big"))
        elif not _may_be_passed_over(marker, body):
            return None
    return None


def _is_plain_frame(body: bytes) -> bool:
    """Whether a frame has 8 bits, a size, and grey or three colours."""
    return (
        len(body) > 5
        and body[0] == 8
        and body[5] in (1, 3)
        and len(body) == 6 + 3 * body[5]
        and any(body[1:3])
        and any(body[3:5])
    )


def _may_be_passed_over(marker: int, body: bytes) -> bool:
    if marker == _JFIF:
        return body.startswith(b"JFIF\0") and len(body) >= 14
    if marker == _TABLES:
        while body:
            length = _LENGTHS[body[0] > 15]
            if len(body) < length:
                return False
            body = body[length:]
        return True
    return marker in _PASSED_OVER
