"""Where the images of a dataset and their label files are.

The label file of an image has its path with the last folder `images` replaced by `labels`; where
there is none, it is beside the image. So Ultralytics finds it, and so it is found here.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labelaudit.core.columns import Texts, texts
from labelaudit.images.files import is_image
from labelaudit.images.locate import locate
from labelaudit.images.nearby import folders_beside
from labelaudit.io.formats.listing import label_files
from labelaudit.io.formats.problems import FieldProblem
from labelaudit.io.formats.yolo.description import ALIASES, SPLITS
from labelaudit.io.formats.yolo.finding import ENDINGS, LABELS, head, is_class_list, seems_labels


@dataclass
class YoloLayout:
    """The images of a dataset, a place in each list for one."""

    images: list[str] = field(default_factory=list)  # absolute path; without an ending if unknown
    found: list[bool] = field(default_factory=list)  # whether it is on disk
    labels: list[str] = field(default_factory=list)  # absolute path of its label file, if any
    shares: dict[int, int] = field(default_factory=dict)  # image: an earlier one of its label file
    splits: list[str] = field(default_factory=list)
    members: list[tuple[int, int, str]] = field(default_factory=list)  # split, image, as listed
    folders: list[Path] = field(default_factory=list)  # where images were looked for
    problems: list[FieldProblem] = field(default_factory=list)  # about the description
    notes: list[str] = field(default_factory=list)  # of `Dataset`
    _row: dict[str, int] = field(default_factory=dict)  # of an image
    _owner: dict[str, int] = field(default_factory=dict)  # of a label file

    def add(self, image: str, split: str, *, label: str, found: bool, listed_as: str = "") -> None:
        """Take in an image of a split; of none if that has no name.

        Parameters
        ----------
        image:
            the path of the image.
        split:
            the split that lists it; empty if none does.
        label:
            the path of its label file.
        found:
            whether the image is there.
        listed_as:
            what the list says of it.
        """
        row = self._row.setdefault(image, len(self.images))
        if row == len(self.images):
            self.images.append(image)
            self.found.append(found)
            self.labels.append(label)
            if self._owner.setdefault(label, row) != row:
                self.shares[row] = self._owner[label]
        if split:
            if split not in self.splits:
                self.splits.append(split)
            self.members.append((self.splits.index(split), row, listed_as))

    def add_folder(self, images: Sequence[str], labels: Sequence[str], split: str) -> None:
        """Take in the images of a folder of a split, which were found.

        Parameters
        ----------
        images:
            their paths.
        labels:
            of each the path of its label file.
        split:
            see `add`.
        """
        first = self._owner.keys().isdisjoint(labels) and len(set(labels)) == len(labels)
        if not split or not images or not first or not self._row.keys().isdisjoint(images):
            for image, label in zip(images, labels, strict=True):
                self.add(image, split, label=label, found=True)
            return
        rows = range(len(self.images), len(self.images) + len(images))
        self._row.update(zip(images, rows, strict=True))
        self._owner.update(zip(labels, rows, strict=True))
        self.images += images
        self.labels += labels
        self.found += [True] * len(images)
        if split not in self.splits:
            self.splits.append(split)
        number = self.splits.index(split)
        self.members += [(number, row, "") for row in rows]

    def add_orphan(self, label: str, split: str) -> None:
        """Take in the image that a label file should belong to; its ending is unknown."""
        image = mirrored(without_ending(label), "labels", "images")
        self.add(image, split, label=label, found=False)

    def list_again(self, label: str, split: str) -> bool:
        """Take in the image of a label file for one more split; False if it belongs to none.

        An image that was found is listed by each split whose folder it is in.
        """
        row = self._owner.get(label)
        if row is not None and not self.found[row]:
            self.add(self.images[row], split, label=label, found=self.found[row])
        return row is not None

    def has_label(self, label: str) -> bool:
        """Whether a label file belongs to an image."""
        return label in self._owner

    def has_labels(self, labels: Iterable[str]) -> bool:
        """Whether all label files belong to images."""
        return self._owner.keys() >= set(labels)

    @property
    def is_labelled(self) -> bool:
        """Whether any image has a label file that is there."""
        return any(os.path.exists(label) for label in self.labels)

    def give_label(self, row: int, label: str, split: str) -> None:
        """Pair an image with a label file that lies elsewhere than it should.

        Parameters
        ----------
        row:
            of the image.
        label:
            the path of the label file.
        split:
            the split that the label file is in; empty if in none.
        """
        self._owner.pop(self.labels[row], None)
        self.labels[row] = label
        self._owner[label] = row
        if split and not any(image == row for _, image, _ in self.members):
            self.add(self.images[row], split, label=label, found=True)

    def find_missing(self, folders: Sequence[Path]) -> None:
        """Look under folders for the images that are not where they should be.

        What another entry is about already is not found again.
        """
        rows = [row for row, found in enumerate(self.found) if not found]
        if not rows or not folders:
            return
        for row, path in zip(rows, locate(self._stems(rows), folders).tolist(), strict=True):
            if path and path not in self._row:
                self._row[path] = row
                self.images[row], self.found[row] = path, True

    def find_nearby(self) -> None:
        """Look for the images in or near the folder of the labels, where nobody says where."""
        home = dataset_folder(os.path.commonpath({posixpath.dirname(one) for one in self.labels}))
        names = texts(map(posixpath.basename, self._stems(range(len(self.images)))))
        self.folders = folders_beside(Path(home), names)
        self.find_missing(self.folders)

    def _stems(self, rows: Iterable[int]) -> Texts:
        """The paths of images without their endings, which nothing says, (n,)."""
        names = [self.images[row] for row in rows]
        return texts(posixpath.splitext(name)[0] if is_image(name) else name for name in names)


def label_path(image: str) -> str:
    """The path of the label file of an image.

    >>> label_path("/data/images/train/a.jpg"), label_path("/data/a.b.jpg")
    ('/data/labels/train/a.txt', '/data/a.b.txt')
    """
    return posixpath.splitext(mirrored(image, "images", "labels"))[0] + LABELS


def label_paths(images: Iterable[str]) -> Iterator[str]:
    """The path of the label file of each image, of absolute paths: `label_path` by folders."""
    folders: dict[str, str] = {}
    for image in images:
        folder, _, name = image.rpartition("/")
        if folder not in folders:
            folders[folder] = mirrored(f"{folder}/", "images", "labels")
        stem = posixpath.splitext(name)[0] if name[:1] == "." else name.rpartition(".")[0] or name
        yield f"{folders[folder]}{stem}{LABELS}"


def without_ending(label: str) -> str:
    """The path or name of a label file without its ending.

    >>> without_ending("labels/a.b.txt"), without_ending("a.TXT")
    ('labels/a.b', 'a')
    """
    return label[: -len(LABELS)] if label.endswith(ENDINGS) else label


def as_spelt(labels: Sequence[str]) -> list[str]:
    """Paths of label files as their folders have them: `a.TXT` where there is no `a.txt`."""
    spelt: dict[str, str] = {}
    for folder in {label.rpartition("/")[0] for label in labels}:
        names = os.listdir(folder) if os.path.isdir(folder) else []
        odd = [name for name in names if name.endswith(ENDINGS[1:])]
        plain = set(names) if odd else set()
        for name in odd:
            usual = without_ending(name) + LABELS
            if usual not in plain:
                spelt[posixpath.join(folder, usual)] = posixpath.join(folder, name)
    return [spelt.get(label, label) for label in labels] if spelt else list(labels)


def dataset_folder(folder: str) -> str:
    """The folder above `images` or `labels`, where a folder is one of them or in one; else itself.

    >>> dataset_folder("/data/labels/train"), dataset_folder("/data")
    ('/data', '/data')
    """
    for name in ("labels", "images"):
        above, found, _ = f"{folder}/".rpartition(f"/{name}/")
        if found:
            return above
    return folder


def mirrored(path: str, old: str, new: str) -> str:
    """A path with its last folder `old` called `new`; the same path if it has none.

    Parameters
    ----------
    path:
        the path of a file.
    old:
        the name of a folder in it.
    new:
        the name that the folder gets.
    """
    return f"/{new}/".join(path.rsplit(f"/{old}/", 1))


def completed(layout: YoloLayout, images: Sequence[Path]) -> YoloLayout:
    """The layout with missing images looked for where the user says, or else where others are.

    If none is found and nobody said where they are, they are not at hand.
    """
    layout.folders = list(images) or list(dict.fromkeys(layout.folders))
    layout.find_missing(layout.folders)
    if layout.images and not any(layout.found) and not images:
        layout.find_nearby()
    if layout.images and not any(layout.found) and not images:
        layout.folders = []
    return layout


def orphans(layout: YoloLayout, folder: str) -> Iterator[str]:
    """The label files in a folder that belong to no image.

    An empty file is that of an image without objects if it is in a folder `labels`, or in one that
    holds other label files. One in capitals, `a.TXT`, is none beside its like, `a.txt`.
    """
    paths = list(files_in(folder, lambda name: name.endswith(ENDINGS)))
    if layout.has_labels(paths):  # the usual case, in a tenth of the time
        return
    holding, alone, empty = set(), [], set()
    for path in paths:
        place, _, name = path.rpartition("/")
        if is_class_list(name):
            continue
        if not path.endswith(LABELS) and os.path.exists(without_ending(path) + LABELS):
            continue
        known = layout.has_label(path)
        if known or seems_labels(Path(path)):
            holding.add(place)
        elif not head(Path(path)).strip():
            empty.add(path)
        else:
            continue
        if not known:
            alone.append(path)
    for path in alone:
        if path not in empty or "/labels/" in path or path.rpartition("/")[0] in holding:
            yield path


def files_in(folder: str, wanted: Callable[[str], bool]) -> Iterator[str]:
    """The paths of the files of a kind in a folder and below."""
    start = posixpath.join(folder, "")
    for name in label_files(Path(folder)):
        if wanted(name):
            yield start + name


def split_of(path: str, start: str) -> str:
    """The split that a folder in a path names; empty if none does.

    >>> split_of("/data/images/valid/a.jpg", "/data")
    'val'
    """
    for part in posixpath.dirname(path[len(start) :]).split("/"):
        name = ALIASES.get(part, part)
        if name in SPLITS:
            return name
    return ""


def absolute(path: Path | str) -> str:
    """A path from the root on, without `..`, with forward slashes; links are not followed."""
    return Path(os.path.abspath(path)).as_posix()
