"""Who labelled which images: people with files of their own, or whom a field names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from labelaudit.auditing.sources.box_sources import (
    FILE,
    BoxSources,
    given_sources,
    named_sources,
)
from labelaudit.core.columns import MISSING, Bools, Ints
from labelaudit.dataset.fields import Fields, source_of_files
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
    return _checked(raters_of(dataset, people))


def raters_of_files(dataset: Dataset) -> Raters:
    """People whose labels were loaded from a path each; they labelled the images that it lists.

    Raises
    ------
    ConfigError
        if nobody labelled what another did.
    """
    return _checked(raters_of(dataset, given_sources(dataset)))


def raters_of(dataset: Dataset, people: BoxSources) -> Raters:
    """Those who drew the boxes, and where they looked; they may share no picture.

    Parameters
    ----------
    dataset:
        with the boxes of all.
    people:
        who drew each box.
    """
    asked = np.zeros((len(dataset.images), len(people.names)), bool)
    if people.field == FILE and len(dataset.sources) > 1:
        of_image = source_of_files(dataset)[dataset.images.file]
        whose = of_image
    else:
        column = Fields(dataset).column(people.field)
        place = {name: row for row, name in enumerate(people.names)}
        said = np.array([*(place.get(name, MISSING) for name in column.values.tolist()), MISSING])
        of_image = said[column.image]
        drawn = (people.box != MISSING) & (dataset.boxes.image != MISSING)
        asked[dataset.boxes.image[drawn], people.box[drawn]] = True
        whose = np.zeros(len(dataset.images), np.int64)
    rows = np.flatnonzero(of_image != MISSING)
    asked[rows, of_image[rows]] = True
    return Raters(people, asked, _pictures(dataset, whose))


def _pictures(dataset: Dataset, of: Ints) -> Ints:
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
