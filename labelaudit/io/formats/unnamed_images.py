"""Images whose labels do not name them: a new dataset calls them as their label files."""

from __future__ import annotations

import dataclasses
import posixpath
from collections import Counter

import numpy as np

from labelaudit.core.columns import MISSING, texts
from labelaudit.core.text import counted
from labelaudit.dataset.tables import Dataset


def named_by_files(dataset: Dataset) -> Dataset:
    """A dataset in which an image without a name is called as its label file, which a note says.

    So do readers that pair them by their stems. A label file of several images names none of them.
    One stem in several folders goes with its folder.
    """
    images = dataset.images
    names, file = images.name.tolist(), images.file
    alone = np.bincount(file[file != MISSING], minlength=len(dataset.files)) == 1
    rows = [
        row
        for row, name in enumerate(names)
        if not name.strip() and file[row] != MISSING and alone[file[row]]
    ]
    paths = [posixpath.splitext(dataset.files.path[file[row]])[0] for row in rows]
    stems = Counter([*names, *map(posixpath.basename, paths)])
    for row, path in zip(rows, paths, strict=True):
        stem = posixpath.basename(path)
        names[row] = stem if stems[stem] == 1 else path
    if not rows:
        return dataset
    said = f"{counted(len(rows), 'image')} without a name, called as the label file"
    return dataclasses.replace(
        dataset, images=images.replaced(name=texts(names)), notes=(*dataset.notes, said)
    )
