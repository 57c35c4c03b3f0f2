"""Splices: the byte ranges of a source file that a fix replaces, and nothing else."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from labelaudit.errors import FixError

BLOCK = 1 << 20


@dataclass(frozen=True)
class Edit:
    """Bytes `start` to `end` of a file become `text`. An insertion has `start` equal to `end`."""

    start: int
    end: int
    text: bytes
    place: str = ""  # the record it is about: annotations[17]


def in_order(splices: Iterable[Edit]) -> list[Edit]:
    """The splices from the front of the file to its end; those of one place as they are given.

    Raises
    ------
    FixError
        if two of them overlap.
    """
    ordered = sorted(splices, key=lambda splice: (splice.start, splice.end))
    for before, after in itertools.pairwise(ordered):
        if after.start < before.end:
            raise FixError(f"two changes overlap: {before.place} and {after.place}")
    return ordered


def spliced(source: BinaryIO, splices: Sequence[Edit]) -> Iterator[bytes]:
    """The bytes of `source` with the splices done, in blocks; nothing is held in memory at once."""
    position = 0
    for splice in in_order(splices):
        yield from _copied(source, position, splice.start)
        yield splice.text
        position = splice.end
    yield from _copied(source, position, None)


def _copied(source: BinaryIO, start: int, end: int | None) -> Iterator[bytes]:
    source.seek(start)
    while end is None or start < end:
        block = source.read(BLOCK if end is None else min(BLOCK, end - start))
        if not block:
            return
        start += len(block)
        yield block
