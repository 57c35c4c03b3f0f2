"""The lines of many label files as numbers, all at once.

A regular line is plain numbers, and enough of them; those of a whole piece are read in one go.
Any other line comes out as text, for `loose` to make of it what it can.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from labelaudit.core.columns import Bools, Floats, Ints

_lines: ModuleType | None
try:
    from labelaudit.io.formats.yolo import _lines
except ImportError:  # no C compiler where it was installed: the same, slower
    _lines = None

COMPILED = _lines is not None

PIECE = 1 << 20
"""Bytes of label files looked at together; bounds the memory of reading to some tens of MB."""

FEWEST = 5
"""Numbers in a label: a class and a box."""

_SPACE, _DIGIT, _DOT, _MINUS, _OTHER = range(5)
_KINDS = np.full(256, _OTHER, np.uint8)
_KINDS[list(b" \t\n\v\f")] = _SPACE
_KINDS[list(b"0123456789")] = _DIGIT
_KINDS[ord(".")] = _DOT
_KINDS[ord("-")] = _MINUS


@dataclass(frozen=True)
class Lines:
    """Lines that are numbers, in the order of files and lines."""

    file: Ints  # (n,) number of the label file
    line: Ints  # (n,) from 0, blank lines counted
    count: Ints  # (n,) numbers in the line
    numbers: Floats  # (sum of count,) all numbers, line after line

    @property
    def first(self) -> Ints:
        """Where the numbers of each line begin, (n,)."""
        return np.cumsum(self.count) - self.count


@dataclass(frozen=True)
class OddLine:
    """A line that is not only plain numbers."""

    file: int
    line: int
    text: bytes


def pieces(files: Iterable[tuple[int, bytes]]) -> Iterator[tuple[Lines, list[OddLine]]]:
    """The lines of label files, each given by its number and content, some files together."""
    numbers: list[int] = []
    contents: list[bytes] = []
    size = 0
    for number, content in files:
        numbers.append(number)
        contents.append(content)
        size += len(content)
        if size >= PIECE:
            yield parsed(numbers, contents)
            numbers, contents, size = [], [], 0
    if contents:
        yield parsed(numbers, contents)


def parsed(files: Sequence[int], contents: Sequence[bytes]) -> tuple[Lines, list[OddLine]]:
    r"""The lines of some label files: those of five plain numbers or more, and the others as text.

    A plain number is written with a sign, digits and a point: -0.5 is, 1e-05 and nan are not. The
    index of a class is digits alone, or its line is odd.

    >>> lines, odd = parsed([7], [b"0 .5 .5 1 1\n\ncar 1 2\n"])
    >>> lines.line, lines.numbers, odd
    (array([0]), array([0. , 0.5, 0.5, 1. , 1. ]), [OddLine(file=7, line=2, text=b'car 1 2')])
    """
    ended = [_ended(content) for content in contents]
    text = b"".join(ended)
    heights = np.array([content.count(b"\n") for content in ended], np.int64)
    file = np.repeat(np.array(files, np.int64), heights)
    line = np.arange(len(file)) - np.repeat(np.cumsum(heights) - heights, heights)
    count, odd, numbers = scanned(text) if COMPILED else scanned_by_numpy(text)
    regular = ~odd & (count > 0)
    lines = Lines(file[regular], line[regular], count[regular], numbers)
    if not odd.any():
        return lines, []
    end = np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n"))
    start = np.append(0, end[:-1] + 1)
    return lines, [
        OddLine(int(file[row]), int(line[row]), text[start[row] : end[row]])
        for row in np.flatnonzero(odd).tolist()
    ]


def scanned(text: bytes) -> tuple[Ints, Bools, Floats]:
    """What `scanned_by_numpy` gives, in a tenth of the time."""
    if _lines is None:
        raise ImportError("nothing was compiled")
    found, numbers = _lines.scan(text, FEWEST)
    count, odd = np.frombuffer(found, np.int64).reshape(-1, 2).T
    return count, odd != 0, np.frombuffer(numbers, np.float64)


def scanned_by_numpy(text: bytes) -> tuple[Ints, Bools, Floats]:
    """How many words each line has, (n,), which are odd, (n,), and the numbers of the others."""
    kinds = _KINDS[np.frombuffer(text, np.uint8)]
    end = np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n"))
    words = _words(kinds)
    count = np.diff(np.searchsorted(words[:, 0], end), prepend=0)
    odd = _odd(kinds, end, words, count) | ((count > 0) & (count < FEWEST))
    return count, odd, _numbers(text, end, odd)


def _ended(content: bytes) -> bytes:
    r"""The content with a newline, \n, at the end of every line."""
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return content if content.endswith(b"\n") or not content else content + b"\n"


def _words(kinds: NDArray[np.uint8]) -> Ints:
    """Start and end of each word, (n, 2)."""
    inside = np.concatenate([[False], kinds != _SPACE, [False]])
    return np.flatnonzero(inside[1:] != inside[:-1]).reshape(-1, 2)


def _odd(kinds: NDArray[np.uint8], end: Ints, words: Ints, count: Ints) -> Bools:
    """Which lines are not plain numbers with a class of digits first, (n,)."""
    start, stop = words.T
    dots, minus, other = (np.flatnonzero(kinds == kind) for kind in (_DOT, _MINUS, _OTHER))
    word_of_dot = np.searchsorted(start, dots, side="right")
    wrong = [
        other,
        dots[1:][word_of_dot[1:] == word_of_dot[:-1]],  # 1.2.3
        minus[(minus > 0) & (kinds[minus - 1] != _SPACE)],  # 1-2
        stop[kinds[stop - 1] != _DIGIT] - 1,  # a word that ends in no digit: "1." or "-"
    ]
    first = (np.cumsum(count) - count)[count > 0]
    signs = np.flatnonzero((kinds == _DOT) | (kinds == _MINUS))
    signed = np.searchsorted(signs, start[first]) != np.searchsorted(signs, stop[first])
    odd = np.zeros(len(end), bool)
    odd[np.searchsorted(end, np.concatenate([*wrong, start[first][signed]]))] = True
    return odd


def _numbers(text: bytes, end: Ints, odd: Bools) -> Floats:
    """All numbers of the lines that are not odd."""
    if odd.any():
        blanked = bytearray(text)
        start = np.append(0, end[:-1] + 1)
        for row in np.flatnonzero(odd).tolist():
            blanked[start[row] : end[row]] = b" " * int(end[row] - start[row])
        text = bytes(blanked)
    if not text or text.isspace():
        return np.empty(0)  # numpy would warn that there is no number
    return np.fromstring(text, np.float64, sep=" ")
