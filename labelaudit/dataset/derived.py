"""What the columns of a dataset say together: classes, sizes of images, which boxes count."""

from __future__ import annotations

import numpy as np

from labelaudit.boxes import ops
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows
from labelaudit.core.rows import blocks
from labelaudit.core.shared import shared
from labelaudit.dataset.tables import Dataset

FARTHEST = 1e9
"""Pixels: no coordinate of any image is beyond. The largest of a JPEG are below 65,536."""


class DatasetColumns:
    """Columns that follow from those of a dataset, for whoever reads its labels."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset

    @shared
    def classes(self) -> list[str]:
        """The distinct class names of all files, in order of appearance."""
        return list(dict.fromkeys(self.dataset.class_names))

    @shared
    def class_of(self) -> Rows:
        """The index in `classes` of each class record, (len(categories),)."""
        place = {name: row for row, name in enumerate(self.classes)}
        return np.array([place[name] for name in self.dataset.class_names], dtype=np.int32)

    @shared
    def box_class(self) -> Rows:
        """The index in `classes` of each box, (n,); MISSING without a class.

        Two class records of one name, in two files or in one, are one class here.
        """
        return np.append(self.class_of, np.int32(MISSING))[self.dataset.boxes.label]

    @property
    def image_size(self) -> Floats:
        """Width and height of the image of each box, (n, 2); NaN where no image has such a size."""
        return self.image_size_of(slice(None))

    def image_size_of(self, box: Rows | Ints | slice) -> Floats:
        """The same of the boxes in these rows alone."""
        # To take whole rows is five times as fast as to index by them.
        return self._possible_size.take(self.dataset.boxes.image[box], axis=0)

    @shared
    def _possible_size(self) -> Floats:
        """Width and height of each image that has such a size, and NaN for a box without one."""
        size = np.vstack([self.dataset.images.size, [[np.nan, np.nan]]])
        possible = (size >= 1) & (size <= FARTHEST)
        return np.where(possible, size, np.nan)

    @shared
    def in_range(self) -> Bools:
        """Which boxes have corners where an image could be, (n,): finite, at most `FARTHEST`."""
        within = np.ones(len(self.dataset.boxes), bool)
        for rows in blocks(len(within)):
            # Side by side: a reduction over rows of four takes three times as long.
            for side in self.dataset.boxes.xyxy[rows].T:
                within[rows] &= np.abs(side) <= FARTHEST
        return within

    @shared
    def is_valid(self) -> Bools:
        """Which boxes are finite and have an inside, (n,): only these can be compared."""
        valid = np.empty(len(self.dataset.boxes), bool)
        for rows in blocks(len(valid)):
            valid[rows] = ops.is_valid(self.dataset.boxes.xyxy[rows])
        return valid

    @shared
    def beyond_image(self) -> Ints:
        """The rows of valid boxes that reach beyond their image, by however little."""
        beyond = np.empty(len(self.dataset.boxes), bool)
        for rows in blocks(len(beyond)):
            over = ops.overhang(self.dataset.boxes.xyxy[rows], self.image_size_of(rows))
            beyond[rows] = (over > 0) & self.is_valid[rows] & self.in_range[rows]
        return np.flatnonzero(beyond)

    @shared
    def is_misfit(self) -> Bools:
        """Which boxes do not fit their image, (n,): they reach beyond it, or have no inside."""
        misfit: Bools = self.in_range & ~self.is_valid
        misfit[self.beyond_image] = True
        return misfit

    @shared
    def has_misfit(self) -> Bools:
        """Which images have a box that does not fit them, (images,)."""
        found = np.zeros(len(self.dataset.images) + 1, bool)  # the last: of boxes without an image
        found[self.dataset.boxes.image[self.is_misfit]] = True
        return found[:-1]

    def class_record(self, label: int, file: int) -> int:
        """The first record of a class, a row in Categories: of a file if it has one, else of any.

        Parameters
        ----------
        label:
            index in `classes`.
        file:
            row in Files.
        """
        return self._class_records.get((label, file), self._class_records[label, None])

    @shared
    def _class_records(self) -> dict[tuple[int, int | None], int]:
        found: dict[tuple[int, int | None], int] = {}
        files = self.dataset.categories.file.tolist()
        for row, (label, file) in enumerate(zip(self.class_of.tolist(), files, strict=True)):
            found.setdefault((label, file), row)
            found.setdefault((label, None), row)
        return found

    @shared
    def is_evaluated(self) -> Bools:
        """Which boxes stand for one object that is to be judged, (n,): no crowd, not difficult."""
        return ~(self.dataset.boxes.crowd | self.dataset.boxes.difficult)
