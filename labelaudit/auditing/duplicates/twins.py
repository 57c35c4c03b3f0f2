"""Twins: images of the same bytes that the labels speak of as if they were several."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from labelaudit.core.columns import MISSING, Ints
from labelaudit.dataset.tables import Dataset, Images


def distinct_twins(images: Images, group: Ints) -> list[Ints]:
    """The rows of each group of identical images, ascending, by their first.

    Of records that speak of one file on disk, those of one label file count, each name once: that
    an image is listed twice is another matter, and several label files may be about one image, as
    those of COCO for boxes and for keypoints are.

    Parameters
    ----------
    images:
        of the dataset.
    group:
        (n,) a number for each image, equal for identical ones; MISSING for one that has no twin.
    """
    rows = np.flatnonzero(group != MISSING)
    columns = (rows, group[rows], images.path[rows], images.file[rows], images.name[rows])
    about: dict[str, int] = {}  # by path, the label file whose records count
    twins: dict[int, dict[tuple[str, str], int]] = {}
    for row, number, path, file, name in zip(*(one.tolist() for one in columns), strict=True):
        if about.setdefault(path, file) == file:
            twins.setdefault(number, {}).setdefault((path, name), row)
    return [np.array(list(one.values())) for one in twins.values() if len(one) > 1]


def twin_names(dataset: Dataset, groups: Sequence[Ints]) -> list[list[str]]:
    """What the images of each group are called, so that nobody takes one for another.

    By name; with their splits where there are several; and with the files of their labels where two
    would be called the same.

    Parameters
    ----------
    dataset:
        that they are of.
    groups:
        rows in Images, (n,) each.
    """
    every = np.concatenate([*groups, np.zeros(0, np.int64)])
    splits = splits_of(dataset, every)
    names = {
        row: f"{dataset.images.name[row] or '?'}{_of(splits.get(row, []))}"
        for row in every.tolist()
    }
    return [_told_apart(dataset, [names[row] for row in group.tolist()], group) for group in groups]


def splits_of(dataset: Dataset, image: Ints) -> dict[int, list[str]]:
    """The names of the splits that list some images, (n,), by their rows, if there are several."""
    found: dict[int, list[str]] = {}
    if len(dataset.splits) < 2:
        return found
    members = dataset.split_members
    here = np.flatnonzero(np.isin(members.image, image))
    for row, split in zip(members.image[here].tolist(), members.split[here].tolist(), strict=True):
        names = found.setdefault(row, [])
        if dataset.splits[split] not in names:
            names.append(dataset.splits[split])
    return found


def _of(splits: Sequence[str]) -> str:
    return f" ({' and '.join(splits)})" if splits else ""


def _told_apart(dataset: Dataset, names: list[str], group: Ints) -> list[str]:
    if len(set(names)) == len(names):
        return names
    files = dataset.images.file[group].tolist()
    paths = [dataset.files.path[file] if file != MISSING else "no file" for file in files]
    return [
        f"{name} in {path}" if names.count(name) > 1 else name
        for name, path in zip(names, paths, strict=True)
    ]
