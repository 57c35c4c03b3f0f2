from __future__ import annotations

from pathlib import Path

from labelaudit import saving
from labelaudit.cli import CLEAN
from labelaudit.cli.writing import note


def undo(path: Path, /) -> int:
    """Make a cleaned dataset what it was before, byte for byte.

    Parameters
    ----------
    path:
        The cleaned file or folder, or the patch that was written with it.
    """
    for restored in saving.undo(path):
        note(f"Restored {restored}")
    return CLEAN
