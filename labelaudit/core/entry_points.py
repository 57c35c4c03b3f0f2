"""What other installed packages add: entry points by group.

`importlib.metadata` takes longer to import, and to look through what is installed, than all rules
take on a small dataset; and hardly anybody has a plugin. So the files in which entry points are
declared are read as text first, and it is asked only where they name the group.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from functools import cache
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

METADATA = (".dist-info", ".egg-info")
"""How folders end in which installers write what a package is."""


def plugins(group: str) -> Iterable[EntryPoint]:
    """The entry points of a group, of all packages that are installed."""
    if not _may_have(group):
        return ()
    from importlib.metadata import entry_points  # noqa: PLC0415  # see above

    return entry_points(group=group)


def _may_have(group: str) -> bool:
    """Whether some package has entry points in a group; true, too, where files do not tell."""
    others = (one for one in sys.meta_path if one is not PathFinder)
    if any(hasattr(finder, "find_distributions") for finder in others):
        return True
    if not all(isinstance(path, str) for path in sys.path):
        return True
    declared = _declared(tuple(sys.path))
    return declared is None or f"[{group}]".encode() in declared


@cache
def _declared(paths: tuple[str, ...]) -> bytes | None:
    """All entry points that packages in folders declare; None if one is no folder or unreadable."""
    found = []
    for path in paths:
        if not os.path.exists(path or "."):
            continue
        if path.lower().endswith(".egg"):  # which is a package itself
            return None
        try:
            with os.scandir(path or ".") as entries:
                named = [(entry.name.lower(), entry.path) for entry in entries]
            folders = [folder for name, folder in named if name.endswith(METADATA)]
            found += [_entry_points(folder) for folder in folders]
        except OSError:  # a zip file, say
            return None
    return b"\n".join(found)


def _entry_points(folder: str) -> bytes:
    """What one package declares; an .egg-info that is a file declares nothing."""
    try:
        with open(os.path.join(folder, "entry_points.txt"), "rb") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return b""
