"""Exports of labelling tools: the files that somebody names, or what is in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from labelaudit.errors import FormatError
from labelaudit.io.archive_names import OTHER_KINDS, is_archive
from labelaudit.io.archives import opened
from labelaudit.io.labelling_tools import LABELLING_TOOLS, LabellingTool, tool_of

ENDINGS = (".xml", ".json")
"""What files of exports end in."""

MOST_DEEP = 4
"""Folders within one another in which exports are looked for; a choice."""


@dataclass(frozen=True)
class Export:
    """What a tool exported, and where that is."""

    tool: LabellingTool
    path: Path
    shown: str  # the path as a person finds it, also of what lay in an archive


def exports_in(path: Path) -> list[Export]:
    """The exports that a path is or holds, in the order of their names; none of another file.

    Raises
    ------
    FormatError
        if a folder or an archive holds none, or the archive cannot be unpacked.
    """
    if tool := tool_of(path):
        return [Export(tool, path, str(path))]
    if OTHER_KINDS.search(path.name):
        raise FormatError(f"{path}: an archive that is not unpacked here; unpack it yourself")
    if not (path.is_dir() or is_archive(path)):
        return []
    folder = opened(path)
    found = [
        Export(tool, one, str(path / one.relative_to(folder)))
        for one in _candidates(folder)
        if (tool := tool_of(one))
    ]
    if not found:
        raise FormatError(f"{path}: nothing in it is an export of a labelling tool; {remedy()}")
    return found


def remedy() -> str:
    """What can be imported, in words."""
    return f"what can be imported: {'; '.join(one.exports for one in LABELLING_TOOLS.values())}"


def _candidates(folder: Path, deep: int = MOST_DEEP) -> Iterator[Path]:
    """A folder, the files in it that an export may be, and those of the folders within."""
    yield folder
    for one in sorted(folder.iterdir()):
        if one.is_dir() and not one.is_symlink() and deep:
            yield from _candidates(one, deep - 1)
        elif one.name.lower().endswith(ENDINGS):
            yield one
