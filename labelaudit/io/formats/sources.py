"""The source files of a format at a path, told by their beginnings; their splits and companions."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Sequence
from pathlib import Path

from labelaudit.dataset.merge import split_names
from labelaudit.errors import FormatError
from labelaudit.io.formats.evidence import PathSample
from labelaudit.io.formats.listing import is_shown, without_copies

MOST_SPLITS = 10
"""Files that are a split each; of more, those of one folder are. A choice."""


def fitting_files(
    path: Path, endings: Sequence[str], fits: Callable[[bytes], bool], what: str
) -> tuple[Path, list[str]]:
    """The folder that the files at a path are relative to, and their names.

    A file is taken at its word; of a folder, those files belong to the format that begin so.

    Parameters
    ----------
    path:
        a file or a folder.
    endings:
        that label files have, in lower case with the dot.
    fits:
        whether a file is of the format, from its beginning.
    what:
        what a file of the format is called, for the message.

    Raises
    ------
    FormatError
        if there is none.
    """
    if path.is_file():
        return path.parent, [path.name]
    sample = PathSample(path)
    names = [name for name in sample.ending(*endings) if fits(sample.head(name))]
    if not names:
        raise FormatError(f"{path}: no {what} in it")
    return path, names


def beside(path: Path, endings: Sequence[str]) -> list[str]:
    """Names of files that may say more of what is at a path, relative to its folder.

    Of a folder all in it, at any depth; of a file only those that lie beside it: in the folders
    there may be other datasets, and everything that a user has.

    Parameters
    ----------
    path:
        a file or a folder.
    endings:
        that the names have, in lower case with the dot.
    """
    if not path.is_file():
        return PathSample(path).ending(*endings)
    names, _ = without_copies(sorted(filter(is_shown, os.listdir(path.parent))))
    return [name for name in names if posixpath.splitext(name)[1].lower() in endings]


def splits_of(names: list[str]) -> list[str]:
    """The split that each of several files is, by their names; none if there is one file.

    Many files are not a split each: there is one for each image, or for each task.

    >>> splits_of(["train/a.json", "valid/a.json"]), splits_of(["train.json"])
    (['train', 'valid'], [''])
    >>> splits_of([f"{place}/{number}.json" for place in ("a", "b") for number in range(6)])[5:7]
    ['a', 'b']
    """
    if len(names) <= MOST_SPLITS:
        return split_names([Path(name) for name in names]) if len(names) > 1 else [""] * len(names)
    folders = [posixpath.dirname(name) for name in names]
    every = list(dict.fromkeys(folders))
    if not 1 < len(every) <= MOST_SPLITS:
        return [""] * len(names)
    split = dict(zip(every, split_names([Path(folder) for folder in every]), strict=True))
    return [split[folder] for folder in folders]
