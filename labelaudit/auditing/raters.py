"""Who labelled which images: people with files of their own, or whom a field names."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from labelaudit.auditing.sources import BoxSources, named_sources
from labelaudit.core.columns import MISSING, Bools, Ints
from labelaudit.dataset.fields import Fields
from labelaudit.dataset.merge import split_names
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ConfigError


@dataclass(frozen=True, eq=False)
class Raters:
    """Several people, what they drew, and where they looked."""

    people: BoxSources
    asked: Bools  # (images, people) who labelled the image of each row
    picture: Ints  # (images,) a number for each image, equal for those of one name


def raters_of_field(dataset: Dataset, field: str) -> Raters:
    """People whom a field of boxes names.

    Somebody labelled a picture if they drew something in it, or if its image has their name.

    Raises
    ------
    ConfigError
        if there is no such field, or it has one value, or nobody labelled what another did.
    """
    people = named_sources(dataset, field)
    if people is None:
        raise ConfigError(f"field {field!r} does not say of several people who drew which box")
    column = Fields(dataset).column(field)
    place = {name: row for row, name in enumerate(people.names)}
    said = np.array([*(place.get(name, MISSING) for name in column.values.tolist()), MISSING])
    asked = np.zeros((len(dataset.images), len(people.names)), bool)
    drawn = (people.box != MISSING) & (dataset.boxes.image != MISSING)
    asked[dataset.boxes.image[drawn], people.box[drawn]] = True
    of_image = said[column.image]
    rows = np.flatnonzero(of_image != MISSING)
    asked[rows, of_image[rows]] = True
    return _checked(Raters(people, asked, _pictures(dataset, np.zeros(len(dataset.images)))))


def raters_of_files(dataset: Dataset) -> Raters:
    """People whose labels were loaded from a path each; they labelled the images that it lists.

    Raises
    ------
    ConfigError
        if nobody labelled what another did.
    """
    given = [os.path.realpath(path) for path in dataset.sources]
    person = np.full(len(dataset.files) + 1, MISSING, np.int64)
    for row, path in enumerate(dataset.files.path.tolist()):
        whole = os.path.realpath(dataset.root / path)
        inside = [one for one, start in enumerate(given) if _is_within(whole, start)]
        person[row] = inside[0] if inside else MISSING
    names = tuple(split_names(list(dataset.sources)))
    box = person[dataset.boxes.file].astype(np.int32)
    people = BoxSources("file", names, box, by_hand=True)
    of_image = person[dataset.images.file]
    asked = np.zeros((len(dataset.images), len(names)), bool)
    rows = np.flatnonzero(of_image != MISSING)
    asked[rows, of_image[rows]] = True
    return _checked(Raters(people, asked, _pictures(dataset, of_image)))


def _is_within(path: str, start: str) -> bool:
    return path == start or path.startswith(start.rstrip(os.sep) + os.sep)


def _pictures(dataset: Dataset, of: Ints | np.ndarray[tuple[int], np.dtype[np.float64]]) -> Ints:
    """A number for each name of an image, (images,): without folder and ending if that is enough.

    It is enough if no images of one person have the same.
    """
    paths = [PurePosixPath(name.replace("\\", "/")) for name in dataset.images.name.tolist()]
    stems = [path.stem for path in paths]
    whose = list(zip(of.tolist(), stems, strict=True))
    alone = len(set(whose)) == len(whose)
    names = stems if alone else [str(path) for path in paths]
    known: dict[str, int] = {}
    return np.array([known.setdefault(name, len(known)) for name in names], np.int64)


def _checked(raters: Raters) -> Raters:
    looked = np.zeros((int(raters.picture.max(initial=-1)) + 1, raters.asked.shape[1]), np.int64)
    rows, columns = np.nonzero(raters.asked)
    looked[raters.picture[rows], columns] = 1
    if not (looked.sum(axis=1) > 1).any():
        names = ", ".join(raters.people.names[:5])
        raise ConfigError(f"no image was labelled by two of these: {names}")
    return raters
