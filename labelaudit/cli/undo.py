from __future__ import annotations

from pathlib import Path

from labelaudit.cli import CLEAN
from labelaudit.cli.notes import note
from labelaudit.core.text import counted
from labelaudit.io import save
from labelaudit.io.recovery import recover
from labelaudit.io.undo_place import undo_place

MOST_FILES = 5
"""Restored files that are named; more are only counted."""


def undo(path: Path, /) -> int:
    """Make a cleaned dataset what it was before its last fix, byte for byte.

    Fixes in place are taken back one by one, the newest first.

    Parameters
    ----------
    path:
        The cleaned file or folder, its data.yaml, or the patch that was written with it.
    """
    path = undo_place(path)
    stopped = recover(path)
    for one in stopped:
        note(one.line)
    if any(one.undone for one in stopped):
        return CLEAN  # what this was called for
    restored = save.undo(path)
    for file in restored[:MOST_FILES]:
        note(f"Restored {file}")
    if len(restored) > MOST_FILES:
        note(f"... and {counted(len(restored) - MOST_FILES, 'more file')}")
    return CLEAN
