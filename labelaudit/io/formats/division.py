"""A dataset divided into other splits, as whoever writes it in its own format needs to know it."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from labelaudit.core.columns import Ints
from labelaudit.dataset.tables import Dataset, LoadProblems, ProblemKind, RecordType
from labelaudit.errors import FormatError
from labelaudit.images.links import put_image
from labelaudit.io.formats.copy_plan import inner, relative_within

NOTHING_READ = (ProblemKind.UNREADABLE.value, ProblemKind.TRUNCATED.value)


@dataclass(frozen=True, eq=False)
class Division:
    """Which image goes into which split."""

    names: tuple[str, ...]
    split: Ints  # (images,) number of the split of each image

    def rows(self, number: int) -> list[int]:
        """The images of a split."""
        rows: list[int] = np.flatnonzero(self.split == number).tolist()
        return rows

    def name_of(self, image: int) -> str:
        """The split of an image."""
        return self.names[int(self.split[image])]


@dataclass
class PlacesInSplits:
    """Where the files of images go that each have a label file, so that no two go to one place.

    A path keeps its folders, but that the one which names a split gives way to the new split. Where
    none does, the new one comes behind a folder `after`, or before all others.
    """

    names_split: Callable[[str], bool]  # whether a folder is called as a split is
    after: tuple[str, ...] = ()
    taken: set[str] = field(default_factory=set)

    def place(self, path: str, split: str) -> str:
        """Where a file goes by its path in the dataset, whatever is there already.

        >>> PlacesInSplits("val".__eq__, ("images",)).place("images/val/a.jpg", "train")
        'images/train/a.jpg'
        >>> PlacesInSplits("val".__eq__, ("images",)).place("images/a.jpg", "train")
        'images/train/a.jpg'
        """
        *folders, name = inner(path).split("/")
        at = next((row for row, one in enumerate(folders) if self.names_split(one)), None)
        if at is not None:
            return "/".join([*folders[:at], split, *folders[at + 1 :], name])
        at = next((row + 1 for row, one in enumerate(folders) if one in self.after), 0)
        return "/".join([*folders[:at], split, *folders[at:], name])

    def free(self, places: Sequence[str], split: str) -> list[str]:
        """The same places, in a folder of their own within the split if one of them is taken.

        Names that differ in their case alone are one name where disks do not tell them apart.

        Parameters
        ----------
        places:
            of files that belong together.
        split:
            that they are in.
        """
        number, free = 1, list(places)
        while any(one.lower() in self.taken for one in free):
            number += 1
            free = [_deeper(one, split, str(number)) for one in places]
        self.taken.update(one.lower() for one in free)
        return free


def _deeper(place: str, split: str, folder: str) -> str:
    """A place, one folder deeper within its split.

    >>> _deeper("images/train/a.jpg", "train", "2")
    'images/train/2/a.jpg'
    """
    parts = place.split("/")
    at = parts.index(split) + 1 if split in parts[:-1] else len(parts) - 1
    return "/".join([*parts[:at], folder, *parts[at:]])


def path_within(dataset: Dataset, path: str) -> str:
    """The path of an image from the folder of the dataset on; empty if it lies elsewhere."""
    return relative_within(path, os.path.abspath(dataset.root)) if path else ""


def copy_file(source: Path, target: Path) -> None:
    """Copy a file byte for byte; the folders on the way are made."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as file, target.open("xb") as out:
        while block := file.read(1 << 20):
            out.write(block)


def put_all_images(images: Mapping[str, str], place: Path, *, copied: bool) -> None:
    """Put images where they go.

    Parameters
    ----------
    images:
        the absolute path of each by its place; empty ones are passed over.
    place:
        the folder that places are relative to.
    copied:
        whether they are copied instead of linked to.
    """
    for name, path in images.items():
        put_image(path, place / name, copied=copied)


def check_readable(dataset: Dataset, remedy: str) -> None:
    """Refuse to divide what could not be read: it would be lost, or spoil what is written.

    Parameters
    ----------
    dataset:
        as it was loaded.
    remedy:
        what to do about it.

    Raises
    ------
    FormatError
        naming the first such record.
    """
    for problems, row in _unread(dataset.problems):
        path = dataset.files.path[problems.file[row]]
        record = int(problems.record[row])
        where = f"{path}: {problems.part[row]}[{record}]" if record >= 0 else str(path)
        raise FormatError(
            f"{dataset.root / where}: cannot be read ({problems.found[row]}), and would be lost in "
            f"a new split; {remedy}"
        )


def _unread(problems: LoadProblems) -> Iterator[tuple[LoadProblems, int]]:
    parts = (RecordType.IMAGE.value, RecordType.BOX.value, RecordType.CATEGORY.value)
    kinds, of = problems.kind.tolist(), problems.part.tolist()
    for row, (kind, part) in enumerate(zip(kinds, of, strict=True)):
        if kind in NOTHING_READ and part in (*parts, RecordType.FILE.value):
            yield problems, row


def listed_below(folder: str, names: Sequence[str]) -> str:
    r"""Lines of a list of paths, each from its folder on as `./a/b.jpg`.

    >>> listed_below("", ["images/a.jpg"])
    './images/a.jpg\n'
    """
    return "".join(f"./{posixpath.relpath(name, folder or '.')}\n" for name in names)
