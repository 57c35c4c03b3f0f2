"""Images that a model is asked about, and what a results file calls them and their classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from labelaudit.core.columns import Texts, texts
from labelaudit.core.text import counted
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.errors import ConfigError, FormatError
from labelaudit.images.files import is_image, listed

FileId: TypeAlias = int | str
"""What a results file calls an image or a class."""

MOST_NAMED = 5
"""Classes that a message names at most; a choice."""


@dataclass(frozen=True, eq=False)
class InferenceImages:
    """Images in order, and the classes of a model by their ids in a results file."""

    names: tuple[str, ...]  # (n,) for people
    paths: Texts  # (n,) files; empty where the labels name one that was not found
    ids: tuple[FileId, ...]  # (n,) no two are the same
    category_ids: tuple[FileId | None, ...]  # of the model's classes; None: it is left out
    notes: tuple[str, ...] = ()  # what to know of the ids, a line each

    def __len__(self) -> int:
        return len(self.names)


def images_in(paths: Sequence[Path], class_ids: Sequence[FileId]) -> InferenceImages:
    """Image files, and all images under folders, by their names below what was given.

    An image is called by its name, not by a number: a number in a file name is not the id that a
    label file gives to the image, and readers that know the one would take it for the other. Where
    two are called the same, all are called by their whole paths.

    Parameters
    ----------
    paths: image files and folders.
    class_ids: of the model's classes.

    Raises
    ------
    FormatError
        if there is no image among them.
    """
    found = list(dict.fromkeys(_files(paths)))
    names = [name for name, _ in found]
    if len(set(names)) < len(names):
        names = [path for _, path in found]
    if not names:
        given = ", ".join(map(str, paths))
        raise FormatError(f"{given}: no image is there, by the endings of files")
    return InferenceImages(
        tuple(names), texts(path for _, path in found), tuple(names), tuple(class_ids)
    )


def _files(paths: Sequence[Path]) -> Iterable[tuple[str, str]]:
    """The name and the path of each image."""
    for path in paths:
        if path.is_dir():
            yield from ((name, str(path / name)) for name in listed(path) if is_image(name))
        elif path.is_file():
            yield path.name, str(path)
        else:
            raise FormatError(f"{path}: no such file or folder")


def images_of_dataset(derived: DatasetColumns, classes: Sequence[str]) -> InferenceImages:
    """The images of a dataset by its own ids, and the classes of a model by the dataset's ids.

    Where the labels have no ids, or one id for two, the name stands instead, which readers look up.

    Parameters
    ----------
    derived: the dataset.
    classes: of the model, in order.

    Raises
    ------
    ConfigError
        if the dataset has none of the classes.
    """
    images = derived.dataset.images
    names = images.name.tolist()
    ids, notes = _unique_ids(images.id.values(), names, images.path.tolist())
    known = _category_ids(derived)
    category_ids = tuple(known.get(name) for name in classes)
    unknown = [name for name in classes if name not in known]
    if len(unknown) == len(classes):
        raise ConfigError(
            f"the model knows {_named(classes)}, the labels {_named(derived.classes)}: no class "
            "has the same name"
        )
    if unknown:
        notes = (*notes, f"left out, as the labels have no such class: {_named(unknown)}")
    return InferenceImages(tuple(names), images.path, ids, category_ids, notes)


def _unique_ids(
    ids: Sequence[object], names: Sequence[str], paths: Sequence[str]
) -> tuple[tuple[FileId, ...], tuple[str, ...]]:
    """An id for each image that no other has, and a note if it is not that of the labels."""
    if _are_ids(ids):
        return tuple(ids), ()  # type: ignore[arg-type]  # looked at one by one
    why = "since the labels do not give each an id of its own"
    if _are_ids(names):
        return tuple(names), (f"results call images by their names, {why}",)
    if _are_ids(paths):
        return tuple(paths), (f"results call images by their paths, {why} or a name",)
    places = tuple(range(len(names)))
    return places, (f"results call images by their places in the labels, {why}, name or path",)


def _are_ids(values: Sequence[object]) -> bool:
    """Whether values name images: whole numbers or texts, each once."""
    usable = all(isinstance(value, int | str) and value != "" for value in values)
    return usable and len(set(map(str, values))) == len(values)


def _category_ids(derived: DatasetColumns) -> dict[str, FileId]:
    """The id of each class by name; its name where files differ about it, or have none."""
    said: dict[str, set[object]] = {name: set() for name in derived.classes}
    ids = derived.dataset.categories.id.values()
    for row, place in enumerate(derived.class_of.tolist()):
        said[derived.classes[place]].add(ids[row])
    one = {name: found.pop() if len(found) == 1 else None for name, found in said.items()}
    counts = Counter(map(str, one.values()))
    return {
        name: value if isinstance(value, int | str) and counts[str(value)] == 1 else name
        for name, value in one.items()
    }


def _named(classes: Sequence[str]) -> str:
    """Some classes by name."""
    more = len(classes) - MOST_NAMED
    first = ", ".join(classes[:MOST_NAMED]) or "no class"
    return f"{first} and {counted(more, 'other')}" if more > 0 else first
