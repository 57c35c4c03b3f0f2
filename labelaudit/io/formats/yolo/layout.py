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

from labelaudit.core.columns import texts
from labelaudit.dataset.tables import ProblemKind
from labelaudit.images.files import is_image, listed, locate, locate_stems
from labelaudit.io.formats.problems import FieldProblem
from labelaudit.io.formats.yolo.description import ALIASES, SPLITS, Description
from labelaudit.io.formats.yolo.finding import LABELS, is_class_list, seems_labels
from labelaudit.io.formats.yolo.loose import shortened


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

    def add_orphan(self, label: str, split: str) -> None:
        """Take in the image that a label file should belong to; its ending is unknown."""
        image = mirrored(label, "labels", "images").removesuffix(LABELS)
        self.add(image, split, label=label, found=False)

    def has_label(self, label: str) -> bool:
        """Whether a label file belongs to an image."""
        return label in self._owner

    def find_missing(self, folders: Sequence[Path]) -> None:
        """Look under folders for the images that are not where they should be.

        What another entry is about already is not found again.
        """
        rows = [row for row, found in enumerate(self.found) if not found]
        if not rows or not folders:
            return
        names = [self.images[row] for row in rows]
        stems = [posixpath.splitext(name)[0] if is_image(name) else name for name in names]
        for row, path in zip(rows, locate_stems(texts(stems), folders).tolist(), strict=True):
            if path and path not in self._row:
                self._row[path] = row
                self.images[row], self.found[row] = path, True


def label_path(image: str) -> str:
    """The path of the label file of an image.

    >>> label_path("/data/images/train/a.jpg"), label_path("/data/a.b.jpg")
    ('/data/labels/train/a.txt', '/data/a.b.txt')
    """
    return posixpath.splitext(mirrored(image, "images", "labels"))[0] + LABELS


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


def described_layout(description: Description, images: Sequence[Path]) -> YoloLayout:
    """The images that the sources of a description lead to, looked for under `images`, too."""
    layout = YoloLayout()
    bases = [*_bases(description), _absolute(description.home)]
    folders = []
    for source in description.sources:
        place = _resolved(source.path, bases)
        if not place:
            words = f"no folder or list {source.path}"
            problem = FieldProblem(ProblemKind.UNREADABLE_FIELD, source.split, shortened(words))
            layout.problems.append(problem)
        elif os.path.isfile(place):
            _add_list(layout, source.split, place, bases)
        else:
            _add_images(layout, source.split, place)
            folders.append((source.split, place))
    for split, place in folders:
        for label in _orphans(layout, mirrored(f"{place}/", "images", "labels")):
            layout.add_orphan(label, split)
    if not layout.images and not layout.problems:
        for source in description.sources:
            words = shortened(f"no image in {source.path}")
            layout.problems.append(FieldProblem(ProblemKind.UNREADABLE_FIELD, source.split, words))
    return _completed(layout, images)


def bare_layout(folder: Path, images: Sequence[Path]) -> YoloLayout:
    """All images and label files in a folder; folders called train, val, ... are its splits."""
    layout = YoloLayout()
    start = _absolute(folder)
    if os.path.isdir(other := mirrored(f"{start}/", "labels", "images").rstrip("/")):
        start = other
    for path in _files(start, is_image):
        layout.add(path, _split_of(path, start), label=label_path(path), found=True)
    layout.folders += [Path(start)] if layout.images else []
    for place in (f"{start}/", mirrored(f"{start}/", "images", "labels")):
        for label in _orphans(layout, place):
            layout.add_orphan(label, _split_of(label, place))
    return _completed(layout, images)


def _completed(layout: YoloLayout, images: Sequence[Path]) -> YoloLayout:
    """The layout with missing images looked for where the user says, or else where others are."""
    layout.folders = list(images) or list(dict.fromkeys(layout.folders))
    layout.find_missing(layout.folders)
    return layout


def _bases(description: Description) -> Iterator[str]:
    """The folder that a description says it is about, if there is one of that name."""
    place = _absolute(description.home / description.base.replace("\\", "/"))
    if description.base and os.path.isdir(place):
        yield place


def _absolute(path: Path | str) -> str:
    return Path(os.path.abspath(path)).as_posix()


def _resolved(written: str, bases: Sequence[str]) -> str:
    """The folder or list that a source is; empty if there is none.

    A path of another machine, or one that Roboflow began with `../` by mistake, is looked for by
    its last parts beside the description: two of a folder at least, because `images` alone would be
    the folder of every split.
    """
    path = written.strip().replace("\\", "/")
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    endings = ["/".join(parts[start:]) for start in range(max(0, len(parts) - 20), len(parts))]
    for candidate in [path, *endings]:
        for base in bases:
            place = _absolute(posixpath.join(base, candidate))
            whole = candidate == path or "/" in candidate or len(parts) == 1
            if os.path.isfile(place) or (whole and _holds_dataset(place)):
                return place
    return ""


def _holds_dataset(folder: str) -> bool:
    """Whether a folder of images, or the one of their labels, is there."""
    return os.path.isdir(folder) or os.path.isdir(mirrored(f"{folder}/", "images", "labels"))


def _add_images(layout: YoloLayout, split: str, folder: str) -> None:
    for path in _files(folder, is_image):
        layout.add(path, split, label=label_path(path), found=True)
    if os.path.isdir(folder):
        layout.folders.append(Path(folder))


def _add_list(layout: YoloLayout, split: str, file: str, bases: Sequence[str]) -> None:
    """Take in the images that a file lists, one path a line."""
    lines = _listed_paths(Path(file))
    paths = [_listed_image(line, [posixpath.dirname(file), *bases]) for line in lines]
    lost = [row for row, path in enumerate(paths) if not os.path.isfile(path)]
    folders = [Path(base) for base in bases]
    elsewhere = locate(texts(lines[row] for row in lost), folders).tolist() if lost else []
    for row, path in zip(lost, elsewhere, strict=True):
        paths[row] = path or paths[row]
    unfound = {row for row, path in zip(lost, elsewhere, strict=True) if not path}
    odd = [line for line in lines if not is_image(line)]
    for row, (line, path) in enumerate(zip(lines, paths, strict=True)):
        if is_image(line):
            found = row not in unfound
            layout.add(path, split, label=label_path(path), found=found, listed_as=line)
    if odd:
        words = f"{len(odd)} lines of {posixpath.basename(file)} name no image: {odd[0]}"
        layout.problems.append(FieldProblem(ProblemKind.UNREADABLE_FIELD, split, shortened(words)))
    layout.folders += [Path(bases[0])] if any(layout.found) else []


def _listed_paths(file: Path) -> list[str]:
    try:
        text = file.read_bytes().decode("utf-8-sig", "replace")
    except OSError:
        return []
    return [line.strip() for line in text.splitlines() if line.strip()]


def _listed_image(line: str, bases: Iterable[str]) -> str:
    """The path that a line of a list means: relative to the list, or to the dataset."""
    path = line.replace("\\", "/")
    candidates = [_absolute(posixpath.join(base, path)) for base in bases]
    return next((place for place in candidates if os.path.isfile(place)), candidates[0])


def _orphans(layout: YoloLayout, folder: str) -> Iterator[str]:
    """The label files in a folder that belong to no image; an empty one says nothing."""
    for path in _files(folder, lambda name: name.endswith(LABELS)):
        listing = is_class_list(posixpath.basename(path))
        if not listing and not layout.has_label(path) and seems_labels(Path(path)):
            yield path


def _files(folder: str, wanted: Callable[[str], bool]) -> Iterator[str]:
    """The paths of the files of a kind in a folder and below."""
    for name in listed(Path(folder)):
        if wanted(name):
            yield posixpath.join(folder, name)


def _split_of(path: str, start: str) -> str:
    """The split that a folder in a path names; empty if none does.

    >>> _split_of("/data/images/valid/a.jpg", "/data")
    'val'
    """
    for part in posixpath.dirname(path[len(start) :]).split("/"):
        name = ALIASES.get(part, part)
        if name in SPLITS:
            return name
    return ""
