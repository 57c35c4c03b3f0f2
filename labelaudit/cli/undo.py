from __future__ import annotations

from pathlib import Path

from labelaudit.cli import CLEAN
from labelaudit.cli.cleaned_output import note
from labelaudit.core.text import counted
from labelaudit.io import save

MOST_FILES = 5
"""Restored files that are named; more are only counted."""


def undo(path: Path, /) -> int:
    """Make a cleaned dataset what it was before, byte for byte.

    Parameters
    ----------
    path:
        The cleaned file or folder, or the patch that was written with it.
    """
    restored = save.undo(path)
    for file in restored[:MOST_FILES]:
        note(f"Restored {file}")
    if len(restored) > MOST_FILES:
        note(f"... and {counted(len(restored) - MOST_FILES, 'more file')}")
    return CLEAN
