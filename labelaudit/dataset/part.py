"""A part of a dataset: the images of one split, without those that a pattern excludes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

import numpy as np

from labelaudit.core.columns import MISSING, Bools
from labelaudit.core.registry import instead
from labelaudit.core.text import counted
from labelaudit.dataset.tables import Dataset, DatasetPart
from labelaudit.errors import FormatError, UnknownNameError


def part_of(dataset: Dataset, part: DatasetPart) -> Dataset:
    """The dataset with the images of a part, their labels, and what a whole dataset has beside.

    Classes and files all stay. Records that belong to no image stay with their file, which goes
    where it has images and all of them go.

    Raises
    ------
    UnknownNameError
        if there is no such split.
    FormatError
        if nothing is left.
    """
    if part == DatasetPart():
        return dataset
    kept, notes = _not_excluded(dataset, part.exclude)
    if part.split:
        kept &= _members(dataset, part.split)
    if len(kept) and not kept.any():
        raise FormatError(f"{_sources(dataset)}: no image is left of {part}")
    files = _kept_files(dataset, kept)
    boxes = dataset.boxes
    stay = np.where(boxes.image == MISSING, files[boxes.file], kept[boxes.image])
    smaller = dataset.keep(images=kept, boxes=stay)
    problems = smaller.problems
    alone = problems.row == MISSING
    return dataclasses.replace(
        _one_split(smaller, part.split),
        problems=problems.rows(~alone | files[problems.file]),
        notes=(*dataset.notes, *notes),
        part=part,
    )


def is_excluded(path: str, pattern: str) -> bool:
    """Whether a pattern is of a path: of any of its names, or, with a slash, of its beginning.

    >>> is_excluded("train/synthetic/1.jpg", "synthetic"), is_excluded("a/1.jpg", "*.jpg")
    (True, True)
    >>> is_excluded("train/old/1.jpg", "train/old"), is_excluded("train/old/1.jpg", "old/1.jpg")
    (True, False)
    """
    parts = PurePosixPath(path).parts
    pattern = pattern.removeprefix("./").rstrip("/")
    if "/" not in pattern:
        return any(fnmatchcase(name, pattern) for name in parts)
    starts = ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
    return any(fnmatchcase(start, pattern) for start in starts)


def _not_excluded(dataset: Dataset, patterns: Sequence[str]) -> tuple[Bools, list[str]]:
    """Which images no pattern is of, (images,), and what to say of the patterns."""
    kept, notes = np.ones(len(dataset.images), bool), []
    files = dataset.files.path.tolist()
    for pattern in patterns:
        by_file = np.array([*_matching(files, pattern), False], bool)
        here = by_file[dataset.images.file]
        here |= _matching(dataset.images.name.tolist(), pattern)
        here |= _matching(dataset.images.path.tolist(), pattern)
        if not here.any():
            notes.append(f"exclude {pattern!r} is of no image and no label file: leave it out")
        kept &= ~here
    if not kept.all():
        notes.append(f"{counted(int((~kept).sum()), 'image')} excluded: {', '.join(patterns)}")
    return kept, notes


def _matching(paths: Iterable[str], pattern: str) -> Bools:
    return np.array([is_excluded(path, pattern) for path in paths], bool)


def _members(dataset: Dataset, split: str) -> Bools:
    """Which images are in a split, (images,)."""
    if split not in dataset.splits:
        raise UnknownNameError(
            f"{_sources(dataset)}: no split is called {split!r}{instead(split, dataset.splits)}"
        )
    members = dataset.split_members
    listed = members.image[members.split == dataset.splits.index(split)]
    inside = np.zeros(len(dataset.images), bool)
    inside[listed[listed != MISSING]] = True
    return inside


def _kept_files(dataset: Dataset, kept: Bools) -> Bools:
    """Which files stay, (files + 1,): those that keep an image, or never had one."""
    file = dataset.images.file
    files = np.ones(len(dataset.files) + 1, bool)  # the last for records of no file
    files[file[file != MISSING]] = False
    files[file[kept]] = True
    return files


def _one_split(dataset: Dataset, split: str) -> Dataset:
    """The dataset with a split alone, where one is named: it may share images with others."""
    if not split:
        return dataset
    members = dataset.split_members
    own = members.rows(members.split == dataset.splits.index(split))
    own = dataclasses.replace(own, split=np.zeros_like(own.split))
    return dataclasses.replace(dataset, splits=(split,), split_members=own)


def _sources(dataset: Dataset) -> str:
    return ", ".join(map(str, dataset.sources)) or "the dataset"
