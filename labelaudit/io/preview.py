"""What saving would change, shown as a diff."""

from __future__ import annotations

import difflib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from labelaudit.core.text import text_lines
from labelaudit.dataset.tables import Dataset
from labelaudit.io.edits import Edit, edited, sorted_edits
from labelaudit.io.save import Pending

CONTEXT = 60
"""Bytes shown around a change in a line too long to be shown whole."""


def preview(dataset: Dataset) -> Iterator[str]:
    """What saving would change, as lines of a diff: one hunk a record, nothing written."""
    pending = Pending.of(dataset)
    for file, edits in sorted(pending.edits.items()):
        if not edits:
            continue
        name = str(dataset.files.path[file])
        yield f"--- {name}"
        yield f"+++ {name}"
        path = dataset.root / name
        with path.open("rb") if path.exists() else io.BytesIO() as source:
            content = Window(source)
            for hunk in _hunks(edits):
                yield from content.diff(hunk)


def _hunks(edits: Sequence[Edit]) -> Iterator[list[Edit]]:
    """Edits of one record together."""
    hunk: list[Edit] = []
    for edit in sorted_edits(edits):
        if hunk and edit.place != hunk[0].place:
            yield hunk
            hunk = []
        hunk.append(edit)
    if hunk:
        yield hunk


@dataclass(frozen=True)
class Window:
    """A file of which only what surrounds a change is read."""

    source: BinaryIO

    def diff(self, hunk: Sequence[Edit]) -> Iterator[str]:
        """The lines that a hunk changes, before and after, without those that stay."""
        start, end = self._around(hunk[0].start, hunk[-1].end)
        self.source.seek(start)
        before = self.source.read(end - start)
        shifted = [Edit(s.start - start, s.end - start, s.text) for s in hunk]
        after = b"".join(edited(io.BytesIO(before), shifted))
        yield f"@@ {hunk[0].place} @@"
        old, new = (text_lines(text.decode("utf-8", "replace")) for text in (before, after))
        for line in difflib.ndiff(old, new, charjunk=None):
            if line[0] in "-+":
                yield f"{line[0]}{line[2:]}"

    def _around(self, start: int, end: int) -> tuple[int, int]:
        """From the line's start to its end, but no more than `CONTEXT` bytes on either side."""
        low = max(0, start - CONTEXT)
        self.source.seek(low)
        before = self.source.read(start - low)
        self.source.seek(end)
        after = self.source.read(CONTEXT)
        newline = after.find(b"\n")
        return low + before.rfind(b"\n") + 1, end + (len(after) if newline < 0 else newline)
