"""Edits: the byte ranges of a source file that a fix replaces, and nothing else."""

from __future__ import annotations

import bisect
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


def sorted_edits(edits: Iterable[Edit]) -> list[Edit]:
    """The edits from the front of the file to its end; those of one place as they are given.

    Raises
    ------
    FixError
        if two of them overlap.
    """
    ordered = sorted(edits, key=lambda edit: (edit.start, edit.end))
    for before, after in itertools.pairwise(ordered):
        if after.start < before.end:
            raise FixError(f"two changes overlap: {before.place} and {after.place}")
    return ordered


def edited(source: BinaryIO, edits: Sequence[Edit]) -> Iterator[bytes]:
    """The bytes of `source` with the edits done, in blocks; nothing is held in memory at once."""
    position = 0
    for edit in sorted_edits(edits):
        yield from _copied(source, position, edit.start)
        yield edit.text
        position = edit.end
    yield from _copied(source, position, None)


def _copied(source: BinaryIO, start: int, end: int | None) -> Iterator[bytes]:
    source.seek(start)
    while end is None or start < end:
        block = source.read(BLOCK if end is None else min(BLOCK, end - start))
        if not block:
            return
        start += len(block)
        yield block


def edits_after(edits: Sequence[Edit], others: Sequence[Edit]) -> list[Edit]:
    """Edits of a file as edits of what it is once others were done; none of the same bytes again.

    Raises
    ------
    FixError
        if one of them overlaps with one of the others in part.

    Examples
    --------
    >>> edits_after([Edit(5, 6, b"x")], [Edit(0, 2, b"long"), Edit(9, 9, b"y")])
    [Edit(start=7, end=8, text=b'x', place='')]
    """
    done = sorted_edits(others)
    starts = [edit.start for edit in done]
    grown = [0, *itertools.accumulate(len(edit.text) - (edit.end - edit.start) for edit in done)]
    moved = []
    for edit in edits:
        before = bisect.bisect_right(starts, edit.start)
        last = done[before - 1] if before else edit
        if before and edit.start < edit.end and (last.start, last.end) == (edit.start, edit.end):
            continue
        if before and done[before - 1].end > edit.start:
            raise FixError(f"two changes overlap: {done[before - 1].place} and {edit.place}")
        if before < len(done) and starts[before] < edit.end:
            raise FixError(f"two changes overlap: {edit.place} and {done[before].place}")
        shift = grown[before]
        moved.append(Edit(edit.start + shift, edit.end + shift, edit.text, edit.place))
    return moved
