r"""Lines of text files that others write, and names of splits in paths.

A line ends at \n, \r\n or \r alone, as editors and trainers have it; U+2028 and the like do not end
one.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

SPLITS = {
    **dict.fromkeys(("train", "training", "trainset"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "validate", "dev", "valset"), "val"),
    **dict.fromkeys(("test", "testing", "testset"), "test"),
}
"""The split that a word in a path means."""

LARGEST = 1 << 26
"""Bytes of a file that is read at once; the largest list of WIDER Face has a tenth of that."""

LONGEST = 1 << 24
"""Characters of a line; what is longer is no record, and only its beginning is looked at."""

_ENDS = re.compile("\r\n|\n|\r")
_WORD = re.compile(r"[^a-z]+")


def encoding_of(head: bytes) -> str:
    """The encoding that the first bytes of a file mark; UTF-8 if they do not."""
    marked = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return "utf-16" if marked else "utf-8-sig"


def text_in(content: bytes) -> str:
    """The text of a file; what is none becomes U+FFFD.

    >>> text_in("a".encode("utf-16")), text_in(b"a")
    ('a', 'a')
    """
    return content.decode(encoding_of(content), "replace")


def lines_in(content: bytes) -> list[str]:
    r"""The lines of a text file without their ends; an end at the end begins no further line.

    >>> lines_in(b"a\r\nb c\n\n")
    ['a', 'b c', '']
    """
    lines = _ENDS.split(text_in(content))
    return lines[:-1] if lines[-1] == "" else lines


def lines_at(path: Path) -> list[str]:
    """The lines of a file that is not too large for a list of labels.

    Raises
    ------
    ValueError
        in words, if it is too large or cannot be read.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise ValueError(f"too large for a file of labels: {size:,} bytes")
        return lines_in(path.read_bytes())
    except OSError as error:
        raise ValueError(error.strerror or str(error)) from error


def lines_of(path: Path, longest: int = LONGEST) -> Iterator[str]:
    """The lines of a file of any size, one after the other; of a longer one, its beginning.

    Raises
    ------
    OSError
        if it cannot be read.
    """
    with path.open("rb") as head:
        encoding = encoding_of(head.read(4))
    with path.open(encoding=encoding, errors="replace") as file:
        while line := file.readline(longest):
            yield line.removesuffix("\n")
            while line and not line.endswith("\n"):
                line = file.readline(longest)


def first_lines(head: bytes, whole: int, count: int = 50) -> list[str]:
    """The first lines with anything in them, of a file's beginning.

    Parameters
    ----------
    head:
        the beginning of the file; its last line may be cut, and is left out if it is.
    whole:
        the bytes of the whole file.
    count:
        how many lines at most.
    """
    lines = lines_in(head)
    if len(head) < whole and len(lines) > 1:
        lines.pop()
    return [line for line in lines if line.strip()][:count]


def split_named(path: str) -> str:
    """The split that a path names in one of its words, the last that does; empty if none does.

    >>> split_named("VisDrone2019-DET-val/annotations/train_1.txt"), split_named("a/restrain.txt")
    ('train', '')
    """
    for part in reversed(path.lower().split("/")):
        for word in _WORD.split(part):
            if word in SPLITS:
                return SPLITS[word]
    return ""
