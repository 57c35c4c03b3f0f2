"""Byte ranges of a text file as lines and columns, for those who show the file."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from labelaudit.core.columns import Ints
from labelaudit.core.rows import unique
from labelaudit.io.edits import BLOCK

_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_ONE_BYTE = "latin-1"
"""What a file is taken for that is no UTF: every byte is a character."""


@dataclass(frozen=True)
class TextRanges:
    """Where ranges of a file begin and end, as an editor counts."""

    codec: str  # that the file is read with
    places: Ints  # (n, 4) line and column of the start, line and column behind the end, all from 1


def text_ranges(source: BinaryIO, ranges: Ints) -> TextRanges:
    r"""Byte ranges, (n, 2) start and end, as lines and columns.

    A line ends in \n. Columns are characters of Unicode; a byte order mark is none. The file is
    read once, as far as the last range, and in blocks.

    >>> import io
    >>> text_ranges(io.BytesIO("é\n[12]".encode()), np.array([[3, 7]])).places.tolist()
    [[2, 1, 2, 5]]
    """
    source.seek(0)
    head = source.read(len(codecs.BOM_UTF8))
    mark = next((mark for mark in _MARKS if head.startswith(mark)), b"")
    codec = _MARKS.get(mark, "utf-8")
    wanted = unique(ranges.ravel())
    try:
        places = list(_places(source, wanted, codec, len(mark)))
    except UnicodeDecodeError:
        codec = _ONE_BYTE
        places = list(_places(source, wanted, codec, 0))
    at = np.searchsorted(wanted, ranges.ravel())
    return TextRanges(codec, np.array(places, np.int64).reshape(-1, 2)[at].reshape(-1, 4))


def _places(source: BinaryIO, offsets: Ints, codec: str, start: int) -> Iterator[tuple[int, int]]:
    """Line and column of each offset; they are in order.

    Parameters
    ----------
    source:
        the file.
    offsets:
        (n,) in bytes.
    codec:
        it is read with.
    start:
        where its text begins.
    """
    source.seek(start)
    decoder = codecs.getincrementaldecoder(codec)("strict")
    line, column, position = 1, 1, start
    for offset in offsets.tolist():
        while position < offset:
            block = source.read(min(BLOCK, offset - position))
            if not block:
                break
            position += len(block)
            text = decoder.decode(block)
            breaks = text.count("\n")
            line += breaks
            column = len(text) - text.rfind("\n") if breaks else column + len(text)
        yield line, column
