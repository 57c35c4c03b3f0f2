"""Image files on disk: which files are images, and what a folder holds."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
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


def without_images(names: Iterable[str]) -> list[str]:
    """The names of the other files, in order."""
    return [name for name in names if name[name.rfind(".") :].lower() not in IMAGE_SUFFIXES]


def listed(folder: Path) -> Iterator[str]:
    """Every file under a folder, as a path relative to it with forward slashes, folder by folder.

    Links to folders are followed after all else; a folder is entered once, however many links lead
    to it. What may not be read is passed over. Nothing for a folder that does not exist.
    """
    for inside, names in listed_folders(folder):
        yield from [inside + name for name in names] if inside else names


def listed_folders(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """A folder and every folder under it, as `listed` goes: its path, and the names of its files.

    Paths are relative to the folder and end in a slash; its own is empty.
    """
    entered: set[tuple[int, int]] = set()
    waiting = deque([""])
    while waiting:
        inside = waiting.pop()
        names, folders = _entries(folder / inside, entered)
        yield inside, names
        for entry in reversed(folders):
            put = waiting.appendleft if entry.is_symlink() else waiting.append
            put(f"{inside}{entry.name}/")


def _entries(
    folder: Path, entered: set[tuple[int, int]]
) -> tuple[list[str], list[os.DirEntry[str]]]:
    """The names of the files in a folder, and its folders, by name.

    Nothing if it was entered before or may not be read.
    """
    try:
        status = folder.stat()
        if (status.st_dev, status.st_ino) in entered:
            return [], []
        entered.add((status.st_dev, status.st_ino))
        with os.scandir(folder) as entries:
            every = list(entries)
    except OSError:
        return [], []
    try:
        folders = [entry for entry in every if entry.is_dir()]
    except OSError:  # a link to itself, which is found one by one
        folders = [entry for entry in every if _is_folder(entry)]
    names = sorted([entry.name for entry in every])
    if folders:
        inner = {entry.name for entry in folders}
        names = [name for name in names if name not in inner]
    return names, sorted(folders, key=lambda entry: entry.name)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
