"""Image files on disk: which files are images, and what a folder holds."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

# What Ultralytics and torchvision open, and portable pixmaps.
_KINDS = "avif bmp dng gif heic heif jfif jp2 jpeg jpg mpo pgm png ppm tif tiff webp"
IMAGE_SUFFIXES = frozenset(f".{kind}" for kind in _KINDS.split())
"""Endings, in lower case, by which a file counts as an image."""


def is_image(name: str) -> bool:
    """Whether a file name ends as an image's does, in any case.

    >>> is_image("train/IMG_1.JPG"), is_image("labels.txt")
    (True, False)
    """
    return name[name.rfind(".") :].lower() in IMAGE_SUFFIXES


def images_among(names: Iterable[str]) -> list[str]:
    """The names of files that end as an image's does, in order: `is_image` of thousands."""
    return [name for name in names if name[name.rfind(".") :].lower() in IMAGE_SUFFIXES]


def by_ending(names: Iterable[str]) -> dict[str, list[str]]:
    """Names by what they end in from the last dot on, in lower case; in order.

    A name without a dot is under its last letter. To ask each name anew takes longer than this.

    >>> by_ending(["a.jpg", "b.JPG", "c.xml", "d"])
    {'.jpg': ['a.jpg', 'b.JPG'], '.xml': ['c.xml'], 'd': ['d']}
    """
    written: dict[str, list[str]] = {}
    for name in names:
        ending = name[name.rfind(".") :]
        if ending in written:
            written[ending].append(name)
        else:
            written[ending] = [name]
    found: dict[str, list[str]] = {}
    for ending, some in written.items():
        known = found.get(ending.lower())
        found[ending.lower()] = sorted([*known, *some]) if known else some
    return found


def listed(folder: Path) -> Iterator[str]:
    """Every file under a folder, as a path relative to it with forward slashes, folder by folder.

    Links to folders are followed after all else; a folder is entered once, however many links lead
    to it. What may not be read is passed over. Nothing for a folder that does not exist.
    """
    for inside, found in listed_folders(folder):
        yield from [inside + name for name in found.names] if inside else found.names


def listed_folders(folder: Path) -> Iterator[tuple[str, FolderEntries]]:
    """A folder and every folder under it, as `listed` goes: its path, and what it holds.

    Paths are relative to the folder and end in a slash; its own is empty.
    """
    entered: set[tuple[int, int]] = set()
    waiting = deque([""])
    while waiting:
        inside = waiting.pop()
        try:
            found = entries_in(folder / inside)
        except OSError:
            continue
        if found.identity in entered:
            continue
        entered.add(found.identity)
        yield inside, found
        for name, is_link in reversed(found.folders):
            put = waiting.appendleft if is_link else waiting.append
            put(f"{inside}{name}/")


@dataclass(frozen=True, eq=False, repr=False)
class FolderEntries:
    """What a folder holds."""

    identity: tuple[int, int]  # of the folder, whatever leads there
    names: Sequence[str]  # of what is no folder, in order
    folders: Sequence[tuple[str, bool]]  # their names in order, and whether each is a link

    @cached_property
    def by_ending(self) -> Mapping[str, Sequence[str]]:
        """The names of what is no folder, by what they end in; see `by_ending`."""
        return by_ending(self.names)

    @property
    def images(self) -> list[str]:
        """The names that end as an image's does."""
        found = [name for name, _ in self.folders if is_image(name)]
        for ending, names in self.by_ending.items():
            if ending in IMAGE_SUFFIXES:
                found += names
        return found

    @property
    def every(self) -> list[str]:
        """All names."""
        return [*self.names, *(name for name, _ in self.folders)]


_known: ContextVar[dict[tuple[int, int], FolderEntries] | None] = ContextVar("_known", default=None)


@contextmanager
def listed_once() -> Iterator[None]:
    """Within it, each folder is read from the disk once, however often it is asked for.

    What comes into a folder that was asked for, or goes, is not seen until its end.
    """
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def entries_in(folder: str | Path) -> FolderEntries:
    """What a folder holds.

    Raises
    ------
    OSError
        if it is not there, or may not be read.
    """
    status, known = os.stat(folder), _known.get()
    identity = status.st_dev, status.st_ino
    if known is not None and identity in known:
        return known[identity]
    with os.scandir(folder) as entries:
        every = list(entries)
    try:
        folders = [entry for entry in every if entry.is_dir()]
    except OSError:  # a link to itself, which is found one by one
        folders = [entry for entry in every if _is_folder(entry)]
    names = sorted([entry.name for entry in every])
    if folders:
        inner = {entry.name for entry in folders}
        names = [name for name in names if name not in inner]
    linked = sorted((entry.name, entry.is_symlink()) for entry in folders)
    found = FolderEntries(identity, names, linked)
    if known is not None:
        known[identity] = found
    return found


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
