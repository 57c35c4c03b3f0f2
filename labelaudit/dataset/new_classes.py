"""Classes that a dataset does not have yet, as rows that saving writes into its lists."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np

from labelaudit.core.columns import MISSING, texts
from labelaudit.core.ids import Ids
from labelaudit.dataset.tables import Categories, Dataset
from labelaudit.errors import FixError

LONGEST_CLASS_NAME = 200
"""Characters of the name of a new class; a choice."""


def with_classes(dataset: Dataset, names: Iterable[str]) -> Dataset:
    """The dataset with classes of these names, as far as it does not have them, after its own.

    Where files list classes, each of them lists the new ones, under one id: the number after the
    highest. Where classes are but the names that labels bear, so are the new ones.

    Raises
    ------
    FixError
        if classes are numbers without names, so that there is nowhere to write a name.

    >>> from labelaudit.testing import one_image
    >>> with_classes(one_image("car 10 10 40 40"), ["tram", "car"]).class_names
    ['car', 'tram']
    """
    known = set(dataset.class_names)
    new = [name for name in dict.fromkeys(names) if name not in known]
    if not new:
        return dataset
    old = dataset.categories
    homes = np.unique(old.file[old.file != MISSING]).tolist()
    if not homes and old.id.given.any():
        raise FixError(
            f"{dataset.root}: its classes are numbers without names, so that a new one has no "
            "place; list the names of all classes first"
        )
    rows = [(file, name) for name in new for file in homes or [MISSING]]
    number = {name: at for at, name in enumerate(new, 1)}
    plain = old.id.number[old.id.plain]
    highest = int(plain.max(initial=-1))
    ids = [highest + number[name] if len(plain) else name for _, name in rows]
    more = Categories.of(
        len(rows),
        file=[file for file, _ in rows],
        id=Ids.of(ids) if homes else Ids.missing(len(rows)),
        name=texts(name for _, name in rows),
        keypoints=np.full(len(rows), old.keypoints.min() if len(old) else 0),
    )
    return dataclasses.replace(dataset, categories=Categories.concat([old, more]))


def class_in_file(dataset: Dataset, label: int, file: int) -> int:
    """The class of the same name that a file lists, as a row in Categories; else the same row.

    Files of several splits list each their own classes, by whose ids their labels name them.

    Parameters
    ----------
    dataset:
        with the class.
    label:
        row in Categories; MISSING stays what it is.
    file:
        row in Files.
    """
    categories = dataset.categories
    if label == MISSING or categories.file[label] in (MISSING, file):
        return label
    same = (categories.file == file) & (categories.name == categories.name[label])
    rows = np.flatnonzero(same)
    return int(rows[0]) if len(rows) else label
