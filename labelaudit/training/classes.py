"""The classes that a detector is to tell apart: some merged, some left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from labelaudit.core.columns import MISSING, Ints, texts
from labelaudit.core.registry import instead
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ConfigError


@dataclass(frozen=True)
class ClassChoice:
    """What is done with classes, by their names.

    Raises `ConfigError` if a class is chosen twice.
    """

    merge: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # new: those that it is of
    drop: tuple[str, ...] = ()  # whose objects are background

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for name in (*self.drop, *(one for some in self.merge.values() for one in some)):
            if name in seen:
                raise ConfigError(f"class {name!r} is merged or dropped twice; name it once")
            seen.add(name)
        for name, some in self.merge.items():
            if not name or not some:
                raise ConfigError(f"merge: {name!r} needs a name and classes to be made of")
            if name in self.drop:
                raise ConfigError(f"class {name!r} is dropped, and others are merged into it")


@dataclass(frozen=True, eq=False)
class ChosenClasses:
    """A dataset of the chosen classes."""

    dataset: Dataset
    kept: Ints  # (b,) its boxes as rows of the dataset that it was made of


def chosen_classes(dataset: Dataset, choice: ClassChoice) -> ChosenClasses:
    """The dataset with classes merged and left out; objects of the latter have no box.

    A merged class has the id of the first record of the classes that it is made of.

    Raises
    ------
    ConfigError
        if a class that is named does not exist, or none is left.
    """
    names = dataset.class_names
    for name in (*choice.drop, *(one for some in choice.merge.values() for one in some)):
        if name not in names:
            raise ConfigError(f"{dataset.root}: no class is called {name!r}{instead(name, names)}")
    new = {old: name for name, some in choice.merge.items() for old in some}
    dropped = np.array([name in choice.drop for name in names], bool)
    if len(names) and dropped.all():
        raise ConfigError(f"{dataset.root}: every class is dropped; leave one to be learned")
    if not new and not dropped.any():
        return ChosenClasses(dataset, np.arange(len(dataset.boxes)))
    label = dataset.boxes.label
    kept = ~(np.append(dropped, False)[label] & (label != MISSING))
    some = _renamed(dataset, new).keep(categories=~dropped, boxes=kept)
    return ChosenClasses(some, np.flatnonzero(kept))


def _renamed(dataset: Dataset, new: Mapping[str, str]) -> Dataset:
    """The dataset with other names of classes."""
    return replace(
        dataset,
        categories=replace(
            dataset.categories, name=texts(new.get(name, name) for name in dataset.class_names)
        ),
    )


def class_ids(dataset: Dataset) -> dict[str, int | str]:
    """The id of each class by its name, as its first record says; the name where that has none."""
    values = dataset.categories.id.values()
    found: dict[str, int | str] = {}
    for row, name in enumerate(dataset.class_names):
        value = values[row]
        found.setdefault(name, value if isinstance(value, int | str) else name)
    return found
