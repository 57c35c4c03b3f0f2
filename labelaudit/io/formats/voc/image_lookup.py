"""Where the image of an annotation is on disk.

Trainers disagree about what names it: those of the VOC challenge take the name of the XML file,
others its `filename`. The name of the XML file counts here, because whoever renames both files
leaves the `filename` behind; where no image bears it, the `filename` counts.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from labelaudit.core.columns import texts
from labelaudit.images.files import entries_in, is_image, listed
from labelaudit.images.locate import ImageIndex
from labelaudit.images.nearby import ENOUGH, folders_beside, more_folders, own_first
from labelaudit.io.formats.voc.layout import IMAGES

_BESIDE = (IMAGES, "images", "Images", "imgs", "img")


@dataclass(frozen=True)
class Folder:
    """A folder that may hold images; it is listed once."""

    path: str

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of its images."""
        try:
            return frozenset(entries_in(self.path).images)
        except OSError:
            return frozenset()

    @cached_property
    def by_stem(self) -> dict[str, str]:
        """Its images by name without ending; the first in order where several share one."""
        by_stem = {_stem(name): name for name in self.names}
        if len(by_stem) == len(self.names):
            return by_stem
        return {_stem(name): name for name in sorted(self.names, reverse=True)}

    @cached_property
    def start(self) -> str:
        """What the paths of its images begin with."""
        return os.path.join(self.path, "")

    def image(self, stem: str, preferred: str) -> str:
        """The path of the image called `stem`; `preferred` if several are."""
        first = self.by_stem.get(stem)
        if first is None:
            return ""
        if first == preferred:
            return self.start + first
        same = preferred in self.names and _stem(preferred) == stem
        return self.start + (preferred if same else first)


class ImageLookup:
    """The folders in which the images of a dataset are looked for.

    Parameters
    ----------
    root:
        the folder of the dataset, absolute.
    given:
        folders that the user names. Without any, images are looked for beside the annotations.
    """

    def __init__(self, root: str, given: Sequence[Path]) -> None:
        self._root = root
        self._given = [os.path.abspath(path) for path in given]
        self._folders: dict[str, Folder] = {}
        self._near: dict[str, list[Folder]] = {}
        self._left: set[str] = set()  # folders nearby that hold images of something else
        self._fallen_back: tuple[Path, ...] = ()  # where images are, if not where they should be
        self._others: tuple[Path, ...] = ()  # where more of them are

    def paths(self, files: Sequence[str], filenames: Sequence[str | None]) -> list[str]:
        """The path of the image of each annotation, (n,); empty if it has none.

        What no image bears as it is written is looked for in other spellings and deeper inside. A
        folder outside of the dataset is taken only if it holds at least half of the images.

        Parameters
        ----------
        files:
            (n,) the paths of the annotations.
        filenames:
            (n,) what they call their images; None where they do not.
        """
        named = [name or "" for name in filenames]
        paths = self._as_written(files, named)
        if not self._given:
            self._leave_neighbours(paths)
        if "" in paths:
            stems = [os.path.splitext(os.path.basename(file))[0] for file in files]
            self._fallen_back = self.found or self._elsewhere(stems) or self._elsewhere(named)
            index = ImageIndex(self._fallen_back)
            for names in (stems, named):
                _find_spellings(index, names, paths)
            if "" in paths and not self._given:
                self._find_more(stems, paths)
        return paths

    def _as_written(self, files: Sequence[str], named: Sequence[str]) -> list[str]:
        """What `find` gives for each annotation, (n,), and for the usual one sooner.

        That is: of the folders that may hold their images one does, and in it is one called as the
        annotation, which names it so.
        """
        paths, folder, near = [], "", dict[str, str]()
        start = ""
        for file, name in zip(files, named, strict=True):
            cut = file.rfind(os.sep)
            if file[:cut] != folder:
                folder = file[:cut]
                places = [one for one in self._places(folder) if one.names]
                near, start = (places[0].by_stem, places[0].start) if len(places) == 1 else ({}, "")
            usual = name and near.get(file[cut + 1 : -len(".xml")]) == name and file[-4:] == ".xml"
            paths.append(start + name if usual else self.find(file, name))
        return paths

    def _places(self, folder: str) -> list[Folder]:
        """The folders in which images of the annotations in one are looked for, in order."""
        return self._near.get(folder) or self._nearby(folder)

    def _find_more(self, stems: Sequence[str], paths: list[str]) -> None:
        """Look for what is left in other folders of the dataset, which hold many of it."""
        lost = [stem for stem, path in zip(stems, paths, strict=True) if not path]
        folders = more_folders(Path(self._root), texts(dict.fromkeys(lost)), self.found)
        if folders:
            self._others = tuple(folders)
            _find_spellings(ImageIndex(folders), stems, paths)

    def find(self, file: str, filename: str) -> str:
        """The path of the image of an annotation that names it `filename`; empty if none."""
        folder, _, name = file.rpartition(os.sep)
        places = self._places(folder)
        stem = _stem(name)
        for place in places:
            if path := place.image(stem, filename):
                return path
        inside, wanted = inner_path(filename)
        for place in places:
            deeper = self._folder(os.path.join(place.path, inside)) if inside else place
            for candidate in (deeper, place):
                if wanted in candidate.names:
                    return os.path.join(candidate.path, wanted)
        return self._anywhere.get(stem, "")

    @property
    def found(self) -> tuple[Path, ...]:
        """The folders that the user named, or those in which images were found."""
        if self._given:
            return tuple(map(Path, self._given))
        near = {place.path: place for places in self._near.values() for place in places}
        held = [path for path, place in near.items() if place.names and path not in self._left]
        return (tuple(map(Path, held)) or self._fallen_back) + self._others

    def _elsewhere(self, names: Sequence[str]) -> tuple[Path, ...]:
        return tuple(folders_beside(Path(self._root), texts(filter(None, names))))

    def _leave_neighbours(self, paths: list[str]) -> None:
        """Forget images in folders outside of the dataset that hold less than half of all."""
        inside = os.path.join(self._root, "")
        folders = Counter(os.path.dirname(path) for path in paths if not path.startswith(inside))
        near = {place.path for places in self._near.values() for place in places}
        outside = {path for path in near if not os.path.join(path, "").startswith(inside)}
        self._left = {path for path in outside if folders[path] < ENOUGH * len(paths)}
        for row, path in enumerate(paths if self._left else ()):
            if path and os.path.dirname(path) in self._left:
                paths[row] = ""

    @cached_property
    def _anywhere(self) -> dict[str, str]:
        """Images at any depth of the given folders, by stem; empty if several share it."""
        paths: dict[str, str] = {}
        for folder in self._given:
            for inside in listed(Path(folder)):
                if is_image(inside):
                    path = os.path.join(folder, inside)
                    stem = os.path.splitext(os.path.basename(inside))[0]
                    paths[stem] = path if paths.get(stem, path) == path else ""
        return paths

    def _nearby(self, folder: str) -> list[Folder]:
        paths = self._mirrored(folder) if self._given else self._beside(folder)
        self._near[folder] = [self._folder(path) for path in dict.fromkeys(paths)]
        return self._near[folder]

    def _mirrored(self, folder: str) -> list[str]:
        """In each given folder, the one that lies as `folder` does; then the given folders."""
        below = os.path.relpath(folder, self._root)
        given = [str(path) for path in own_first(list(map(Path, self._given)), Path(folder))]
        return [*(os.path.normpath(os.path.join(path, below)) for path in given), *given]

    def _beside(self, folder: str) -> list[str]:
        """`folder` itself, and folders of the usual names beside it or beside one that it is in.

        Beside `a/Annotations/day` these are `a/Annotations/images`, `a/images/day` and `a/images`,
        as far up as the dataset goes.
        """
        paths = [folder]
        base, beside = os.path.split(folder)
        below = ""
        while True:
            for name in _BESIDE:
                images = os.path.join(base, name)
                paths += [os.path.join(images, below), images] if below else [images]
            if not base.startswith(os.path.join(self._root, "")):
                return paths
            below = os.path.join(beside, below) if below else beside
            base, beside = os.path.split(base)

    def _folder(self, path: str) -> Folder:
        if path not in self._folders:
            self._folders[path] = Folder(path)
        return self._folders[path]


def _stem(name: str) -> str:
    """The name of a file without its ending, as `os.path.splitext` has it, which is slower.

    >>> _stem("a.b.jpg"), _stem("a"), _stem("..jpg")
    ('a.b', 'a', '..jpg')
    """
    return os.path.splitext(name)[0] if name[:1] == "." else name.rpartition(".")[0] or name


def _find_spellings(index: ImageIndex, names: Sequence[str], paths: list[str]) -> None:
    """Find more images by names; no file twice."""
    lost = [row for row, path in enumerate(paths) if not path and names[row].strip()]
    taken = set(paths)
    for row, path in zip(lost, index.located(texts(names[row] for row in lost)), strict=True):
        paths[row] = "" if path in taken else str(path)


def inner_path(filename: str) -> tuple[str, str]:
    r"""The folders and the name in a `filename`; no folders that lead out of the dataset.

    >>> inner_path("day/one.jpg"), inner_path("C:\\cards\\one.jpg"), inner_path("../../one.jpg")
    (('day', 'one.jpg'), ('', 'one.jpg'), ('', 'one.jpg'))
    """
    folders, _, name = filename.strip().replace("\\", "/").rpartition("/")
    return (folders if is_inner(filename) else ""), name


def is_inner(filename: str) -> bool:
    r"""Whether a path stays below the folder it is joined to, on every system.

    >>> is_inner("day/one.jpg"), is_inner("/home/me/one.jpg"), is_inner("C:\\cards\\one.jpg")
    (True, False, False)
    """
    return not (filename.startswith("/") or "\\" in filename or ".." in filename.split("/"))
