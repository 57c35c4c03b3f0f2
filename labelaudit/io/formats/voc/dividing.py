"""A Pascal VOC dataset with other splits: lists in `ImageSets/Main`, or folders of annotations.

Annotations are copied byte for byte. Where they lie in folders `Annotations`, these stay as they
are and the lists are written anew; else the folder of an annotation is its split.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from labelaudit.core.text import counted
from labelaudit.dataset.tables import Dataset
from labelaudit.images.files import listed
from labelaudit.io.formats.copy_plan import file_places, image_places
from labelaudit.io.formats.division import (
    Division,
    PlacesInSplits,
    check_readable,
    copy_file,
    path_within,
    put_all_images,
)
from labelaudit.io.formats.voc.copy_places import copy_plan
from labelaudit.io.formats.voc.layout import ANNOTATIONS, annotation_folder
from labelaudit.io.formats.voc.splits import LISTS, split_word

_TRAIN, _VAL, _UNION = "train", "val", "trainval"


def divide(dataset: Dataset, division: Division, place: Path, *, copied: bool) -> tuple[str, ...]:
    """Write a dataset with other splits, and say what there is to know about it.

    Parameters
    ----------
    dataset, division, place, copied:
        see `Divide`.
    """
    check_readable(dataset, "mend or remove that file first")
    place.mkdir(parents=True)
    files = (f"/{name}" for name in dataset.files.path[dataset.images.file].tolist())
    folders = {annotation_folder(posixpath.dirname(name)) for name in files}
    if {posixpath.basename(folder) for folder in folders} == {ANNOTATIONS}:
        return tuple(_lists(dataset, division, place, copied=copied))
    return tuple(_folders(dataset, division, place, copied=copied))


def _lists(dataset: Dataset, division: Division, place: Path, *, copied: bool) -> Iterator[str]:
    """All annotations where they are, and a list for each split."""
    places = file_places(dataset)
    plan = copy_plan(dataset)
    for row in dataset.images.file.tolist():
        copy_file(dataset.root / str(dataset.files.path[row]), place / places[row])
    put_all_images(plan.images, place, copied=copied)
    lists: dict[tuple[str, str], list[str]] = {}
    for image, row in enumerate(dataset.images.file.tolist()):
        top = annotation_folder(posixpath.dirname(f"/{places[row]}"))
        name = posixpath.relpath(f"/{places[row]}", top)[: -len(".xml")]
        home = posixpath.dirname(top)[1:]
        for split in _lists_of(division.name_of(image), division):
            lists.setdefault((home, split), []).append(name)
    for (home, split), names in lists.items():
        path = place / home / LISTS / f"{split}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{name}\n" for name in sorted(names)), "utf-8", newline="\n")
    yield from _old_lists(dataset)
    odd = [name for name in division.names if not split_word(name)]
    if odd:
        yield f"{', '.join(odd)}: lists of these names are not read back as splits"


def _lists_of(split: str, division: Division) -> list[str]:
    """The lists that an image of a split is in: `trainval` holds what train and val do."""
    both = {_TRAIN, _VAL} <= set(division.names) and _UNION not in division.names
    return [split, _UNION] if both and split in (_TRAIN, _VAL) else [split]


def _old_lists(dataset: Dataset) -> Iterator[str]:
    """Lists of a class or of another task, which are of the old splits, too."""
    sets = os.path.dirname(LISTS)
    folder = dataset.root / sets
    every = [Path(name) for name in listed(folder)] if folder.is_dir() else []
    left = [
        one
        for one in every
        if one.suffix == ".txt" and not (one.parent.name == "Main" and _is_split(one, dataset))
    ]
    if left:
        some = f"{sets}/{left[0].as_posix()}"
        yield f"{counted(len(left), 'list')} of the old splits not taken along: {some}, ..."


def _is_split(path: Path, dataset: Dataset) -> bool:
    """Whether a list is that of a split, and not about a class."""
    return path.stem in dataset.splits or path.stem.lower() == split_word(path.stem)


def _folders(dataset: Dataset, division: Division, place: Path, *, copied: bool) -> Iterator[str]:
    """A folder for each split, with its annotations, and the images that lie with them."""
    places = PlacesInSplits(lambda folder: bool(split_word(folder)))
    files, images = file_places(dataset), image_places(dataset)
    put: dict[str, str] = {}
    order = np.argsort(dataset.files.path[dataset.images.file]).tolist()
    moved = 0
    for image in order:
        file, path = int(dataset.images.file[image]), str(dataset.images.path[image])
        split = division.name_of(image)
        label = places.place(files[file], split)
        beside = posixpath.join(posixpath.dirname(label), posixpath.basename(path))
        within = places.place(images[image], split) if path_within(dataset, path) else beside
        wanted = [label, within] if path else [label]
        free = places.free(wanted, split)
        moved += free != wanted
        copy_file(dataset.root / str(dataset.files.path[file]), place / free[0])
        if path:
            put[free[1]] = path
    put_all_images(put, place, copied=copied)
    if moved:
        yield f"{counted(moved, 'image')} of a name that another has: in folders called 2, 3, ..."
