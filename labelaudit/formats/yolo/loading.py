"""Loading a YOLO dataset: its description, its images, then its labels, some files at a time."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from labelaudit.dataset import (
    Boxes,
    Categories,
    Dataset,
    Files,
    Headers,
    Images,
    Keypoints,
    Members,
    Outlines,
    Part,
    ProblemKind,
    Problems,
)
from labelaudit.errors import FormatError
from labelaudit.formats.yolo.contents import read_labels
from labelaudit.formats.yolo.description import (
    ClassName,
    Description,
    described,
    listed_names,
)
from labelaudit.formats.yolo.finding import class_list_in, description_in
from labelaudit.formats.yolo.layout import Layout, bare_layout, described_layout
from labelaudit.formats.yolo.lines import pieces
from labelaudit.formats.yolo.loose import Note
from labelaudit.formats.yolo.tables import Piece, Place, Trouble, piece, problems
from labelaudit.headers import read_headers
from labelaudit.table import MISSING, Floats, Ids, Ints, Rows, texts

STAND_IN = 640.0
"""Width and height given to an image that cannot be read; Ultralytics trains at this size."""

MOST_CLASSES = 10_000
"""So many classes are made up at most where only their number is given."""


def load(path: Path, images: Sequence[Path]) -> Dataset:
    """The dataset that a data.yaml, a .data file or a folder of labels is about.

    Raises
    ------
    FormatError
        if there are no labels, or what describes the dataset cannot be read.
    """
    file = path if path.is_file() else description_in(path)
    if file:
        description = described(file.absolute())
        layout = described_layout(description, images)
        return Reading(file.absolute().parent, description, layout).dataset()
    layout = bare_layout(path, images)
    if not any(os.path.exists(label) for label in layout.labels):
        raise FormatError(f"{path}: expected data.yaml, or label files (.txt), found neither")
    description = Description(path.absolute(), names_path=_class_list(path.absolute(), layout))
    if description.names_path:
        description.names = listed_names(description.names_path)
    return Reading(path.absolute(), description, layout).dataset()


def _class_list(path: Path, layout: Layout) -> Path | None:
    """The list of classes beside the labels, or in the folder above them."""
    folders = [Path(folder) for folder in {posixpath.dirname(label) for label in layout.labels}]
    near = [path, path.parent, *sorted(folders), *sorted({folder.parent for folder in folders})]
    return next(filter(None, map(class_list_in, dict.fromkeys(near))), None)


@dataclass
class Reading:
    """A dataset while it is read."""

    home: Path  # the folder of the description
    description: Description
    layout: Layout

    def dataset(self) -> Dataset:
        """Everything, in tables."""
        headers = read_headers(texts(self._found()))
        sizes, assumed = _sizes(headers)
        labels = list(dict.fromkeys(self.layout.labels))
        owner = {label: row for row, label in reversed(list(enumerate(self.layout.labels)))}
        image = np.array([owner[label] for label in labels], np.int64)
        heads = self._heads()
        root = _root(self.home, self.layout)
        parts, troubles = self._pieces(labels, Place(image, sizes[image]))
        whole = joined(parts)
        categories, label = self._classes(whole.index, heads)
        file = np.arange(len(labels)) + len(heads)
        boxes = whole.boxes
        troubles += whole.troubles
        troubles += _dangling(whole, label)
        troubles += self._shared(labels)
        return Dataset(
            format="yolo",
            root=Path(root),
            files=Files.of(
                len(heads) + len(labels),
                path=texts(_relative(name, root) for name in [*map(Path.as_posix, heads), *labels]),
            ),
            images=self._images(root, labels, len(heads), sizes, assumed),
            categories=categories,
            boxes=_replaced(boxes, file=file[boxes.file].astype(np.int32), label=label),
            outlines=whole.outlines,
            keypoints=whole.keypoints,
            problems=Problems.concat([self._head_problems(heads), problems(troubles, file)]),
            splits=tuple(self.layout.splits),
            members=self._members(),
            image_folders=tuple(self.layout.folders),
            headers=headers,
        )
