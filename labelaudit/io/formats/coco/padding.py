"""Zeros that fill a file up: an interrupted download leaves them, by the gigabyte."""

from __future__ import annotations

import os
import re
from typing import BinaryIO

PADDED = "from here on, only zeros"
"""What is said of such a file."""

_ZEROS = re.compile(rb"\0{4096}")  # a page; JSON has no zeros at all


def before_padding(file: BinaryIO, size: int) -> tuple[bytes, bool]:
    """What comes next in a file, `size` bytes at most, up to a page of zeros; whether one came.

    Nothing comes after it: the rest is passed over.
    """
    block = file.read(size)
    zeros = _ZEROS.search(block) if b"\0" in block else None
    if not zeros:
        return block, False
    file.seek(0, os.SEEK_END)
    return block[: zeros.start()], True
