"""Names of files in a folder that may be labels: no hidden files, no copies or older versions."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from labelaudit.images.files import IMAGE_SUFFIXES, listed_folders
from labelaudit.io.formats.versions import other_versions

SKIPPED = ("__MACOSX",)
"""Folders of other programs, whose files are nobody's labels; so are all that begin with a dot."""

CLEANED = ".cleaned"
"""What a cleaned copy is called by, if nobody says: `labels.cleaned.json` for `labels.json`."""


def label_files(folder: Path) -> list[str]:
    """The files under a folder that may be labels or images, in the order of `listed`.

    They are relative to it, with forward slashes; hidden files, cleaned copies and other versions
    of folders of labels are left out.
    """
    folders = _shown_folders(folder)
    versions = tuple(other_versions(folders))
    kept = [
        inside + name
        for inside, names in folders.items()
        if not (versions and inside.startswith(versions))
        for name in names
    ]
    return without_copies(kept)[0]


def versions_in(folder: Path) -> list[str]:
    """The folders under a folder that hold another version of labels: see `other_versions`."""
    return other_versions(_shown_folders(folder))


def _shown_folders(folder: Path) -> dict[str, list[str]]:
    """The names of the files in each folder that are not hidden, in the order of `listed`."""
    return {
        inside: _shown("", found.names)
        for inside, found in listed_folders(folder)
        if not inside or is_shown(inside)
    }


def shown_but_images(folder: Path) -> list[str]:
    """The same files but those whose names end as an image's does, ascending."""
    shown: list[str] = []
    for inside, found in listed_folders(folder):
        if not inside or is_shown(inside):
            for ending, names in found.by_ending.items():
                shown += _shown(inside, names if ending not in IMAGE_SUFFIXES else ())
    return sorted(shown)


def _shown(inside: str, names: Iterable[str]) -> list[str]:
    """The names of files that are not hidden, behind the path of their folder."""
    return [inside + name for name in names if name[0] != "." and name not in SKIPPED]


def is_shown(name: str) -> bool:
    """Whether neither a file nor a folder that it is in is hidden or of another program.

    >>> is_shown("labels/a.txt"), is_shown(".git/a.txt"), is_shown("__MACOSX/._a.txt")
    (True, False, False)
    """
    if name[0] != "." and "/." not in name and "__" not in name:
        return True
    return not any(part[:1] == "." or part in SKIPPED for part in name.split("/"))


def without_copies(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Names that are not of a cleaned copy, and the copies whose originals lie beside them.

    >>> without_copies(["a.json", "a.cleaned.json", "b/1.txt", "b.cleaned/1.txt", "c.cleaned.json"])
    (['a.json', 'b/1.txt', 'c.cleaned.json'], ['a.cleaned.json', 'b.cleaned'])
    """
    suspects = [name for name in names if CLEANED in name]
    if not suspects:
        return list(names), []
    present = {*names, *_folders(names)}
    copy_of = {name: _copy(name, present) for name in suspects}
    kept = [name for name in names if not copy_of.get(name)]
    return kept, list(dict.fromkeys(filter(None, copy_of.values())))


def _copy(name: str, present: set[str]) -> str:
    """The outermost cleaned copy that a path is, or is in; empty if there is none."""
    end = name.find("/")
    while end >= 0:
        if is_copy(name[:end], present):
            return name[:end]
        end = name.find("/", end + 1)
    stem, ending = posixpath.splitext(name)
    return name if is_copy(stem, present, ending) else ""


def is_copy(name: str, present: Collection[str], ending: str = "") -> bool:
    """Whether a name is that of a cleaned copy whose original is there, too.

    Parameters
    ----------
    name:
        of a folder, or of a file without its ending.
    present:
        the names of what lies there.
    ending:
        what the file's name ends in.
    """
    return name.endswith(CLEANED) and name.removesuffix(CLEANED) + ending in present


def _folders(names: Iterable[str]) -> set[str]:
    """Every folder that one of some paths is in."""
    folders: set[str] = set()
    for name in names:
        above = posixpath.dirname(name)
        while above and above not in folders:
            folders.add(above)
            above = posixpath.dirname(above)
    return folders
