"""The folder of the images of a label file, where nobody names it.

Beside a label file lie the images of other projects as likely as its own, and numbers are the names
of images everywhere. So a folder is taken only if it holds at least half of them.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from labelaudit.core.columns import Texts, texts
from labelaudit.images.locate import ImageIndex, bare, locate

ENOUGH = 0.5
"""Share of the names that a folder has to hold which nobody named."""

NEARLY_ALL = 0.9
"""Share of the names that the folders beside the labels have to hold together; a choice."""

SEVERAL = 5
"""Names from which on folders beside the labels are looked into, and all together; a choice."""

FIRST_SAMPLE = 20
"""Names that are looked for as they are written in every folder nearby; a choice."""

SAMPLE = 500
"""Names that are looked for in any spelling, at any depth; a choice."""

MOST_FOLDERS = 50
"""Folders beside the labels that are looked into; a choice."""

MOST_FILES = 100_000
"""Files that are listed in all of them, about .4 s; a choice."""

_IMAGES = ("images", "Images", "imgs", "img", "JPEGImages", "data")
"""Folders that often hold a folder for each split."""

_OF_LABELS = re.compile(r"(ann|label|json|xml|txt|gt)", re.IGNORECASE)
"""How folders of labels are called, at the beginning."""


@dataclass(frozen=True)
class FoundImages:
    """Where images are."""

    paths: Texts  # (n,) absolute; empty if not found
    folders: tuple[Path, ...]  # where they were looked for; empty: they are not at hand


def found_images(
    names: Texts, home: Path, given: Sequence[Path], usual: Sequence[Path] = (), *, part: str = ""
) -> FoundImages:
    """Where the images of a label file are.

    Parameters
    ----------
    names:
        (n,) of the images, as the labels write them.
    home:
        the folder of the label file.
    given:
        folders that the user names; no other is looked into then. Where several hold a name, that
        of the labels comes first, see `own_first`.
    usual:
        where images of this format lie, as it declares: taken if any is there.
    part:
        what the labels are a part of, as their file is called: of folders that hold the same names,
        `val` is that of `instances_val.json`.
    """
    if given:
        return FoundImages(locate(names, own_first(given, home, part)), tuple(given))
    if usual:
        paths = locate(names, usual)
        if _share(paths) > 0:
            return FoundImages(paths, tuple(usual))
    folders = folders_beside(home, names, part)
    if not folders:
        return FoundImages(texts([""] * len(names)), ())
    paths = locate(names, folders)
    lost = texts(dict.fromkeys(names[paths == ""].tolist()))
    if others := more_folders(home, lost, folders):
        folders += others
        paths = locate(names, folders)
    return FoundImages(paths, tuple(folders))


def more_folders(home: Path, lost: Texts, folders: Sequence[Path]) -> list[Path]:
    """Other folders that hold images of a dataset, where not all are in those that were taken.

    These are folders in `home` and those beside one that was taken, as `val2017` is beside
    `train2017`. Each has to hold at least half of the names that are left, in any spelling, and no
    fewer than `SEVERAL`: one or two names are borne by images of other projects, too.

    Parameters
    ----------
    home:
        the folder of the labels.
    lost:
        (n,) names of images that are in none of the folders that were taken, each once.
    folders:
        those that were taken.
    """
    found: list[Path] = []
    left, names = MOST_FILES, lost
    inside = [home, *(folder.parent for folder in folders if folder != home)]
    candidates = [one for place in dict.fromkeys(inside) for one in _folders_in(place)]
    candidates = [
        one
        for one in dict.fromkeys(candidates)
        if not _is_in(home, one) and not any(_is_in(one, it) or _is_in(it, one) for it in folders)
    ]
    while len(names) >= SEVERAL and candidates and left > 0:
        best, most, where = candidates[0], 0, texts([])
        for folder in candidates:
            index = ImageIndex([folder], left, deep=home in folder.parents)
            left -= len(index)
            paths = index.located(names)
            if (count := int((paths != "").sum())) > most:
                best, most, where = folder, count, paths
        if most < max(SEVERAL, ENOUGH * len(names)):
            break
        found.append(best)
        candidates.remove(best)
        names = names[where == ""]
    return found


def _is_in(path: Path, folder: Path) -> bool:
    return path == folder or folder in path.parents


def own_first(folders: Sequence[Path], home: Path, part: str = "") -> list[Path]:
    """Folders of images in the order in which those of some labels are looked for.

    First those that have most of their path in common with the folder of the labels, then those
    that are called as it is or as the labels are, then as they were given.

    Parameters
    ----------
    folders:
        that the user names.
    home:
        the folder of the labels.
    part:
        see `found_images`.
    """
    words = _words(part) | {home.name.lower()}
    here = Path(os.path.abspath(home)).parts

    def rank(folder: Path) -> tuple[int, bool]:
        there = Path(os.path.abspath(folder)).parts
        pairs = zip(here, there, strict=False)
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        return -same, folder.name.lower() not in words

    return sorted(folders, key=rank)


def _words(part: str) -> set[str]:
    """What a file may be called after, in lower case.

    >>> sorted(_words("instances_val2017"))
    ['instances', 'val2017']
    """
    return set(re.split(r"[\W_]+", part.lower()))


def folders_beside(home: Path, names: Texts, part: str = "") -> list[Path]:
    """The folder in or near `home` in which images of these names are; none if there is none.

    `home` itself is taken if a name, as it is written, leads to a file from there. Of all others
    it is the one that holds most of the names, and at least half: a folder in `home`, the folder
    above, or one beside, as COCO has `annotations/` beside `train2017/`.

    Parameters
    ----------
    home:
        the folder of the label file.
    names:
        (n,) of the images, as the labels write them.
    part:
        see `found_images`.
    """
    every = [name for name in _spread(names, SAMPLE) if name]
    if not every:
        return []
    some = every[:: max(1, len(every) // FIRST_SAMPLE)][:FIRST_SAMPLE]
    shares: dict[Path, float] = {}
    for folder in _candidates(home, part, few=len(every) < SEVERAL):
        shares[folder] = sum(_leads_to(folder, name) for name in some) / len(some)
        if shares[folder] == 1:
            return [folder]
    return _most(home, shares, every)


def _most(home: Path, shares: dict[Path, float], names: Sequence[str]) -> list[Path]:
    """The folder that holds most of some names, in any spelling.

    It is looked through at any depth if it is called as folders of images are; others beside the
    labels may be of other projects, which have images of their own deep inside. For the same
    reason, all of them together have to hold nearly all of the names.
    """
    left, best, most = MOST_FILES, home, 0.0
    above = home.parent
    others = [one for one in shares if above in (one, one.parent) or shares[one]]
    likely = sorted(others, key=lambda folder: (folder == above, -shares[folder]))
    for folder in [home, *(one for one in likely if one != home)]:
        deep = folder in (home, above) or folder.name in _IMAGES
        index = ImageIndex([folder], left, deep=deep)
        left -= len(index)
        paths = index.located(texts(names))
        share = _share(paths)
        if folder == home:
            shares[home] = shares[home] or _in_place(home, names, paths)
        together = folder == above and not shares[folder]
        if share > most and ((share >= NEARLY_ALL and len(names) >= SEVERAL) or not together):
            best, most = folder, share
        if left <= 0 or most == 1 or (folder == home and most >= ENOUGH):
            break
    if most >= ENOUGH:
        return [best]
    return [home] if shares[home] else []


def _in_place(home: Path, names: Sequence[str], paths: Texts) -> bool:
    """Whether one of some names leads to the file that was found, read from a folder on."""
    start = len(os.path.join(os.path.abspath(home), ""))
    return any(
        path and bare(path[start:]) == bare(name)
        for name, path in zip(names, paths.tolist(), strict=True)
    )


def _candidates(home: Path, part: str, *, few: bool) -> Iterator[Path]:
    """The folders near a label file, those whose name is in that of the file first.

    A few names are borne by images of other projects, too: those beside are looked into then only
    if the labels lie in a folder of labels, or they are called as folders of images.

    Parameters
    ----------
    home:
        the folder of the label file.
    part:
        see `found_images`.
    few:
        whether there are few names.
    """
    words = _words(part)

    def likely_first(folders: Iterable[Path]) -> list[Path]:
        return sorted(folders, key=lambda folder: folder.name.lower() not in words)

    yield home
    inside, beside = _folders_in(home), _folders_in(home.parent)
    if few and not _OF_LABELS.match(home.name):
        beside = [folder for folder in beside if folder.name in _IMAGES]
    others = [folder for folder in (*inside, home.parent, *beside) if folder != home]
    yield from likely_first(others)
    whole = [folder for folder in others if folder.name in _IMAGES]
    yield from likely_first(deeper for folder in whole for deeper in _folders_in(folder))


def _folders_in(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if _is_folder(entry))
    except OSError:
        return []
    return [folder / name for name in names if name[0] != "."][:MOST_FOLDERS]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False) or (entry.is_symlink() and os.path.isdir(entry))


def _leads_to(folder: Path, name: str) -> bool:
    """Whether a name that stays in a folder is that of a file there.

    Names without an ending are of many files that are no images.
    """
    leads_out = os.path.isabs(name) or ".." in name.replace("\\", "/").split("/")
    if leads_out or "\0" in name or not posixpath.splitext(name)[1]:
        return False
    return os.path.isfile(os.path.join(folder, name))


def _spread(names: Texts, most: int) -> list[str]:
    """At most so many of some names, evenly spread."""
    step = max(1, -(-len(names) // most))
    spread: list[str] = names[::step].tolist()
    return spread


def _share(paths: Texts) -> float:
    return float((paths != "").mean()) if len(paths) else 0.0
