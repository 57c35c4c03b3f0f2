"""Which images a detector learns from, and which it is measured on."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from labelaudit.core.columns import MISSING, Bools, Ints
from labelaudit.core.text import counted
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.split_roles import SplitRole, split_roles
from labelaudit.dataset.tables import Dataset
from labelaudit.detector.cross_validation.folds import folds
from labelaudit.errors import ConfigError
from labelaudit.images.near_duplicates import groups

SHARE = 0.2
"""Part of the images that validate where the dataset does not say which; a choice."""


MOST_FOLDS = 20
"""Folds that are made of images, unless the share that validates is less than one of so many, or
all but one; a choice: so it is met to a fortieth at worst."""


@dataclass(frozen=True, eq=False)
class TrainingSplit:
    """Rows in Images; none is in both."""

    learn: Ints  # (l,) ascending
    validate: Ints  # (v,) ascending; none where no image can be spared
    how: str  # how they were chosen, in a line for people


def training_split(
    dataset: Dataset, *, seed: int, share: float = SHARE, workers: int = 1
) -> TrainingSplit:
    """The dataset's own split, or one fold in which near duplicates stay together.

    An image that is in a split for training and in one for validation validates. What is in splits
    for tests alone is left alone. The fold has about as much of each class as the rest.

    Parameters
    ----------
    dataset: whose images are on disk.
    seed: of the fold.
    share: of the images that validate, where the dataset does not say which.
    workers: threads that look for near duplicates.

    Raises
    ------
    ConfigError
        if the share is not between 0 and 1, or no image is there to learn from.
    """
    if not 0 < share < 1:
        raise ConfigError(f"the share of images that validate is {share:g}; it is between 0 and 1")
    there = dataset.images.path != ""
    if not there.any():
        what = "its images were not found" if len(there) else "it has none"
        raise ConfigError(f"{dataset.root}: no images to train on: {what}; name a folder: --images")
    train, val, tested = (_in_splits_for(dataset, role) for role in SplitRole)
    listed, learn, validate = train | val | tested, train & ~val & there, val & there
    if learn.any() and validate.any():
        how = f"the dataset's own splits: {_amounts(learn, validate)}{_left(there & ~train & ~val)}"
        return TrainingSplit(np.flatnonzero(learn), np.flatnonzero(validate), how)
    # Of a dataset with splits for tests, these stay unseen; one that is nothing else is taken.
    usable = there & ~(tested & ~train & ~val) if listed.any() else there
    usable = usable if usable.any() else there
    return _fold(dataset, usable, seed, share, workers=workers)


def _fold(
    dataset: Dataset, usable: Bools, seed: int, share: float, *, workers: int
) -> TrainingSplit:
    """One fold of the usable images or several validate, the others are learned."""
    rows = np.flatnonzero(usable)
    group = groups(dataset.images.path[rows], workers=workers)
    apart = len(np.unique(group))
    k, held = _folds(share, apart)
    if k < 2:
        how = f"no validation: {counted(len(rows), 'image')} that cannot be told apart"
        return TrainingSplit(rows, rows[:0], how)
    place = np.full(len(usable) + 1, MISSING, np.int32)
    place[rows] = np.arange(len(rows))
    image, label = place[dataset.boxes.image], DatasetColumns(dataset).box_class
    counts = (image != MISSING) & (label != MISSING)
    fold = folds(group, image[counts], label[counts], k, seed)
    some = np.flatnonzero(np.bincount(fold, minlength=k))
    first = np.isin(fold, some[: max(min(held, len(some) - 1), 1)])
    which = f"{'one' if held == 1 else held} of {k} folds"
    how = (
        f"{which}, near duplicates together, balanced by class: {_amounts(~first, first)}"
        f"{_left(~usable & (dataset.images.path != ''))}"
    )
    return TrainingSplit(rows[~first], rows[first], how)


def _folds(share: float, most: int) -> tuple[int, int]:
    """How many folds to make, `most` at most, and how many of them validate for a share of images.

    >>> _folds(0.2, 100), _folds(0.4, 100), _folds(0.01, 1000), _folds(0.9, 5), _folds(0.2, 1)
    ((5, 1), (5, 2), (100, 1), (5, 4), (1, 1))
    """
    k = Fraction(share).limit_denominator(MOST_FOLDS).denominator
    k = min(max(k, round(1 / min(share, 1 - share)) if k == 1 else k), most)
    return k, min(max(round(share * k), 1), max(k - 1, 1))


def _in_splits_for(dataset: Dataset, role: SplitRole) -> Bools:
    """Which images are in a split for this, (images,)."""
    found = np.zeros(len(dataset.images), bool)
    members = dataset.split_members
    for split, name in enumerate(dataset.splits):
        if role in split_roles(name) and not (role != SplitRole.TRAIN and _several(name)):
            rows = members.image[members.split == split]
            found[rows[rows != MISSING]] = True
    return found


def _several(name: str) -> bool:
    """Whether a split is for training and something else, as trainval is: then it is learned."""
    roles = split_roles(name)
    return SplitRole.TRAIN in roles and len(roles) > 1


def _amounts(learn: Bools, validate: Bools) -> str:
    learned, validated = int(learn.sum()), int(validate.sum())
    return f"{counted(learned, 'image')} to learn from, {validated:,} to validate on"


def _left(rest: Bools) -> str:
    return f"; {counted(int(rest.sum()), 'image')} of other splits left alone" if rest.any() else ""
