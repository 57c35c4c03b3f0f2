"""Image files beside those that labels name, and whether other files near by name them."""

from __future__ import annotations

import contextlib
import mmap
import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from labelaudit.dataset.tables import Dataset
from labelaudit.images.files import images_among, is_image, listed_folders

SAMPLE = 5
"""Images of a folder whose names are looked for in other files; a choice."""

MOST_FILES = 20_000
"""Files near by that are listed, at most; a choice: a fraction of a second."""

MOST_FOLDERS = 50
"""Folders beside that of the images that are looked into, at most; a choice."""

MOST_READ = 50
"""Files near by that are searched for names, at most, the largest first; a choice."""

LARGEST = 1 << 30
"""Bytes of a file that is searched, at most; a choice: twice as large as COCO's instances."""

_LISTS = (".txt", ".lst", ".list")
"""Endings of files that list images by stems alone, too."""


@dataclass(frozen=True)
class UnlistedImages:
    """Image files in one folder that no label names."""

    folder: str
    names: tuple[str, ...]  # of the files, sorted
    listed: int  # image files in the folder that labels name


def images_beside(dataset: Dataset) -> Iterator[UnlistedImages]:
    """The folders that hold images of a dataset and others beside them, in order.

    Hidden files do not count, nor do folders in which none of the images is.
    """
    paths = np.unique(dataset.images.path).tolist()
    named: dict[str, set[str]] = {}
    for path in filter(None, paths):
        folder, _, name = path.rpartition("/")
        named.setdefault(folder, set()).add(name)
    for folder, names in named.items():
        # Most folders hold nothing else, so that files are told from folders only in what is left.
        left = sorted(set(_images_in(folder)) - names)
        others = [name for name in left if not os.path.isdir(os.path.join(folder, name))]
        if others:
            yield UnlistedImages(folder, tuple(others), len(names))


def _images_in(folder: str) -> list[str]:
    try:
        with os.scandir(folder or "/") as entries:
            return images_among(entry.name for entry in entries if entry.name[0] != ".")
    except OSError:
        return []


def named_elsewhere(dataset: Dataset, unlisted: UnlistedImages) -> str:
    """The file near the labels or the images that names some of these images; empty if none does.

    It may be the labels of another split, or of another dataset with the same folder of images.
    """
    step = max(1, len(unlisted.names) // SAMPLE)
    sample = unlisted.names[::step][:SAMPLE]
    own = {os.path.join(dataset.root, path) for path in dataset.files.path.tolist()}
    others = [path for path in _near(dataset, unlisted.folder) if path not in own]
    stems = {posixpath.splitext(name)[0] for name in sample}
    for path in others:
        if posixpath.splitext(posixpath.basename(path))[0] in stems:
            return path
    return next((path for path in _largest(others) if _names_any(path, sample)), "")


def _near(dataset: Dataset, folder: str) -> Iterator[str]:
    """Files that are no images: in the folders of the labels, and beside and above the images.

    Labels of others stand in the folder of the images, in that above, or in one beside.
    """
    yield from _other_files(dataset.root, MOST_FILES)
    above = posixpath.dirname(folder)
    beside = [one for one in _entries(above) if one.is_dir()][:MOST_FOLDERS]
    for near in dict.fromkeys((folder, above, *(one.path for one in beside))):
        files = (entry for entry in _entries(near) if not is_image(entry.name))
        yield from (entry.path for entry in islice(files, MOST_FILES))


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """What is in a folder and not hidden, by name; nothing if it may not be read."""
    try:
        with os.scandir(folder or "/") as entries:
            shown = [entry for entry in entries if entry.name[0] != "."]
    except OSError:
        return []
    return sorted(shown, key=lambda entry: entry.name)


def _other_files(folder: Path, most: int) -> Iterator[str]:
    for inside, found in listed_folders(folder):
        for name in found.names:
            if not is_image(name) and name[0] != ".":
                yield os.path.join(folder, inside + name)
                most -= 1
            if most <= 0:
                return


def _largest(paths: Iterable[str]) -> list[str]:
    sizes: dict[str, int] = {}
    for path in paths:
        with contextlib.suppress(OSError):
            size = os.stat(path).st_size
            if 0 < size <= LARGEST and os.path.isfile(path):
                sizes[path] = size
    return sorted(sizes, key=lambda path: -sizes[path])[:MOST_READ]


def _names_any(path: str, names: Sequence[str]) -> bool:
    """Whether a file holds one of some names, as a word of its own."""
    wanted: Set[str] = set(names)
    if path.endswith(_LISTS):
        wanted = wanted | {posixpath.splitext(name)[0] for name in names}
    words = b"|".join(re.escape(os.fsencode(name)) for name in sorted(wanted))
    try:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            # One after the other: a search for alternatives is ten times as slow.
            if not any(data.find(os.fsencode(name)) >= 0 for name in wanted):
                return False
            return re.search(rb"(?<![\w.-])(?:" + words + rb")(?![\w-])", data) is not None
    except (OSError, ValueError):  # empty, or gone
        return False
