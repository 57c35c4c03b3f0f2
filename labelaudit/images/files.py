"""Image files on disk: listing them, and finding them by the names that labels give them."""

from __future__ import annotations

import os
import posixpath
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from labelaudit.core.columns import Texts, texts

# What Ultralytics and torchvision open, and portable pixmaps.
_KINDS = "avif bmp dng gif heic heif jfif jp2 jpeg jpg mpo pgm png ppm tif tiff webp"
IMAGE_SUFFIXES = tuple(f".{kind}" for kind in _KINDS.split())
"""Endings, in lower case, by which a file counts as an image."""


def is_image(name: str) -> bool:
    """Whether a file name ends as an image's does, in any case.

    >>> is_image("train/IMG_1.JPG"), is_image("labels.txt")
    (True, False)
    """
    return name.lower().endswith(IMAGE_SUFFIXES)


def listed(folder: Path) -> Iterator[str]:
    """Every file under a folder, as a path relative to it with forward slashes, folder by folder.

    Links to folders are followed after all else; a folder is entered once, however many links lead
    to it. What may not be read is passed over. Nothing for a folder that does not exist.
    """
    entered: set[tuple[int, int]] = set()
    waiting = deque([""])
    while waiting:
        inside = waiting.pop()
        entries = _entries(folder / inside, entered)
        for entry in entries:
            if not _is_folder(entry):
                yield inside + entry.name
        for entry in reversed(entries):
            if _is_folder(entry):
                put = waiting.appendleft if entry.is_symlink() else waiting.append
                put(f"{inside}{entry.name}/")


def locate(names: Texts, folders: Sequence[Path]) -> Texts:
    """Where each named image is on disk, (n,): an absolute path, or empty if it was not found.

    A name is looked for under all `folders`, the first of them first, as one of these:

    1. the path of a file relative to a folder: `sub/a.jpg`, with slashes of either kind;
    2. the same without its first parts, so that `/data/old/images/sub/a.jpg` is found too;
    3. the file name alone, anywhere under the folders, if only one file there is called so.

    Letters count as they are written, because a trainer on Linux opens `a.JPG` only by that name.
    Only files that a walk of the folders meets are found: no name leads out of them by `../`.
    """
    return _found(names, _paths(folders))


def locate_stems(names: Texts, folders: Sequence[Path]) -> Texts:
    """As `locate`, for names without an ending: `sub/a` is found as `sub/a.jpg` or `sub/a.png`."""
    files = _paths(folders)
    stems: dict[str, str] = {}
    for relative, path in files.items():
        if is_image(relative):
            stems.setdefault(posixpath.splitext(relative)[0], path)
    return _found(names, stems)


def _paths(folders: Sequence[Path]) -> dict[str, str]:
    """Every file under the folders, the absolute path by the relative; the first folder wins."""
    paths: dict[str, str] = {}
    for folder in folders:
        start = os.path.abspath(folder)  # Path.absolute keeps ".."
        for relative in listed(folder):
            paths.setdefault(relative, posixpath.join(start, relative))
    return paths


def _found(names: Texts, paths: dict[str, str]) -> Texts:
    found = [paths.get(name) for name in names.tolist()]
    if None not in found:
        return texts(path or "" for path in found)
    unique = _unique_names(paths)
    return texts(
        _by_ending(name, paths, unique) if path is None else path
        for name, path in zip(names.tolist(), found, strict=True)
    )


def _by_ending(name: str, paths: dict[str, str], unique: dict[str, str]) -> str:
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    # A path is at most some tens of parts deep; what is longer is no path.
    for start in range(max(0, len(parts) - 64), len(parts)):
        path = paths.get("/".join(parts[start:]))
        if path:
            return path
    return unique.get(parts[-1], "") if parts else ""


def _unique_names(paths: dict[str, str]) -> dict[str, str]:
    """The paths by file name without folders; empty where several files bear that name."""
    unique: dict[str, str] = {}
    for relative, path in paths.items():
        name = posixpath.basename(relative)
        if unique.setdefault(name, path) != path:
            unique[name] = ""
    return unique


def _entries(folder: Path, entered: set[tuple[int, int]]) -> list[os.DirEntry[str]]:
    """What is in a folder, by name; nothing if it was entered before or may not be read."""
    try:
        status = folder.stat()
        if (status.st_dev, status.st_ino) in entered:
            return []
        entered.add((status.st_dev, status.st_ino))
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
