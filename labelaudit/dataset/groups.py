"""Images that may have one history: those of a split, of a folder, of a file, of one size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from labelaudit.core.columns import MISSING, Ints, Rows
from labelaudit.core.rows import stable_sort, unique
from labelaudit.core.shared import shared
from labelaudit.dataset.tables import Dataset

MOST_NAMED = 3
"""Names of a group of images that a message says at most, so that it stays a line or two."""


@dataclass(frozen=True, eq=False)
class Partition:
    """Every image in one group at most."""

    group: Rows | Ints  # (images,) number of the group; MISSING if it is in none
    words: Callable[[int], str]  # what the images of a group are called: images of val
    by_hand: bool = True  # whether a group was put together by somebody, not by its pictures

    def crowded(self, image: Rows | Ints, least: int) -> Iterator[int]:
        """The groups, but not all images together, that hold at least so many of these images."""
        counts = self._counts
        often = np.bincount(self.group[image] + 1, minlength=len(counts) + 1)[1:]
        crowded = (often >= max(least, 1)) & (counts < len(self.group))
        yield from np.flatnonzero(crowded).tolist()

    @shared
    def _counts(self) -> Ints:
        """How many images each group has; counting takes a tenth of the time of sorting."""
        return np.bincount(self.group + 1)[1:]

    def places(self, image: Rows | Ints) -> Callable[[int], Ints]:
        """Of some images, (n,), where in these those of a group are, ascending, by its number.

        They are sorted once: where there are as many groups as files, to go over all images for
        each of them takes longest of all.
        """
        group = np.full(len(image), MISSING, np.int32)
        known = np.asarray(image) != MISSING
        group[known] = self.group[image[known]]
        ascending, place = stable_sort(group)

        def of(number: int) -> Ints:
            start, stop = np.searchsorted(ascending, [number, number + 1])
            return place[start:stop]

        return of


def made_by_hand(dataset: Dataset) -> Iterator[Partition]:
    """By split, by folder and by source file, where there are several."""
    images = dataset.images
    if len(dataset.splits) > 1:
        split = np.full(len(images), MISSING, np.int32)
        listed = dataset.split_members.image != MISSING
        members = dataset.split_members.rows(listed)
        split[members.image[::-1]] = members.split[::-1]
        yield Partition(split, lambda row: f"images of {dataset.splits[row]}")
    of_image = folders(dataset)
    names = list(dict.fromkeys(of_image))
    if len(names) > 1:
        place = {name: row for row, name in enumerate(names)}
        folder = np.array([place[name] for name in of_image], np.int32)
        yield Partition(folder, lambda row: f"images in {names[row] or 'no folder'}")
    paths = dataset.files.path
    if 1 < len(dataset.files) < len(images):
        yield Partition(images.file, lambda row: f"images of {paths[row]}")


def folders(dataset: Dataset) -> list[str]:
    """The folder of each image by its name, and of its labels where each image has a file."""
    names = dataset.images.name.tolist()
    if "/" in "".join(names):
        names = [name.rpartition("/")[0] for name in names]
    else:  # the usual case of many images, in a tenth of the time
        names = [""] * len(names)
    if len(dataset.files) < len(names) or all(names):
        return names
    paths = [path.rpartition("/")[0] for path in dataset.files.path.tolist()]
    return [
        name or (paths[file] if file != MISSING else "")
        for name, file in zip(names, dataset.images.file.tolist(), strict=True)
    ]


def made_by_size(dataset: Dataset) -> Iterator[Partition]:
    """By orientation and by size."""
    images = dataset.images
    known = np.isfinite(images.size).all(axis=1) & ~images.assumed
    width, height = images.size.T
    with np.errstate(invalid="ignore"):
        shape = np.where(known & (width > height), 0, np.where(known & (width < height), 1, -1))
    kinds = ("images wider than high", "images higher than wide")
    yield Partition(shape, lambda row: kinds[row], by_hand=False)
    # Width and height as one number each: sorting rows takes five times as long.
    both = np.where(known, width, 0) + 1j * np.where(known, height, 0)
    sizes, number = np.unique(both, return_inverse=True)
    size = np.where(known, number, MISSING)

    def words(row: int) -> str:
        return f"images of {sizes[row].real:g} x {sizes[row].imag:g} px"

    yield Partition(size, words, by_hand=False)


def pools_of_files(dataset: Dataset) -> Rows:
    """The file of each image, (images,); MISSING where every image has a file of its own."""
    file = dataset.images.file
    one_each = len(dataset.files) > 1 and len(unique(file)) * 2 > len(file)
    return np.full_like(file, MISSING) if one_each else file


def counted_images(names: Sequence[str]) -> str:
    """How many images there are, and the names of the first.

    >>> counted_images(["a", "b", "c", "d", "e"]), counted_images(["a"])
    ('5 images (a, b, c, ...)', 'a')
    """
    if len(names) == 1:
        return names[0]
    named = ", ".join(names[:MOST_NAMED])
    more = ", ..." if len(names) > MOST_NAMED else ""
    return f"{len(names):,} images ({named}{more})"
