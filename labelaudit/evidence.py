"""What several rules need to know of a dataset, worked out once."""

from __future__ import annotations

from functools import cached_property
from threading import RLock
from typing import Any, Self, TypeVar, overload

import numpy as np

from labelaudit.copies import (
    Heaped,
    coinciding,
    exact_copies,
    heaped,
    originals,
    pairs_of,
    worth,
)
from labelaudit.dataset import Dataset, Headers
from labelaudit.geometry import Pairs, overlapping_pairs
from labelaudit.headers import read_headers
from labelaudit.rows import blocks
from labelaudit.suspicions import Suspicions
from labelaudit.table import MISSING, Bools, Floats, Ints, Rows

FARTHEST = 1e9
"""Pixels: no coordinate of any image is beyond. The largest of a JPEG are below 65,536."""

Value_co = TypeVar("Value_co", covariant=True)


class shared(cached_property[Value_co]):  # noqa: N801  # used as `property` is
    """A property that is worked out once, also where rules in several threads ask for it at once.

    Since Python 3.12 `cached_property` works it out in each of them.
    """

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> Value_co: ...
    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """The property itself of a class; the value of an audit."""
        if instance is None:
            return self
        with instance.lock_of(self.attrname):
            return super().__get__(instance, owner)


class Audit:
    """A dataset with everything that more than one rule works out from it."""

    def __init__(self, dataset: Dataset, suspicions: Suspicions | None = None) -> None:
        self.dataset = dataset
        self.suspicions = suspicions
        """What a model makes of the labels; None where no model was asked."""
        self._locks: dict[str, RLock] = {}

    def __getstate__(self) -> dict[str, Any]:
        """What goes to another process: no locks."""
        return vars(self) | {"_locks": {}}

    def lock_of(self, name: str) -> RLock:
        """The lock that whoever works out this property holds.

        Properties ask for each other in one direction only, so that no two wait for each other.
        """
        return self._locks.setdefault(name, RLock())

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
    def placed(self) -> Bools:
        """Which boxes have corners where an image could be, (n,): finite, at most `FARTHEST`."""
        placed = np.ones(len(self.dataset.boxes), bool)
        for rows in blocks(len(placed)):
            # Side by side: a reduction over rows of four takes three times as long.
            for side in self.dataset.boxes.xyxy[rows].T:
                placed[rows] &= np.abs(side) <= FARTHEST
        return placed

    @shared
    def sound(self) -> Bools:
        """Which boxes are finite and have an inside, (n,): only these can be compared."""
        sound = np.empty(len(self.dataset.boxes), bool)
        for rows in blocks(len(sound)):
            left, top, right, bottom = self.dataset.boxes.xyxy[rows].T
            sound[rows] = (left < right) & (top < bottom)
            for side in (left, top, right, bottom):
                sound[rows] &= np.isfinite(side)
        return sound

    @shared
    def judged(self) -> Bools:
        """Which boxes stand for one object that is to be judged, (n,): no crowd, not difficult."""
        return ~(self.dataset.boxes.crowd | self.dataset.boxes.difficult)

    @shared
    def worth(self) -> Ints:
        """How much each record says beside its box, (n,): which of several copies to keep."""
        return worth(self.dataset)

    @shared
    def copy_of(self) -> Rows:
        """The best box with exactly the corners and the class of each, (n,): mostly itself."""
        group = self._image_and_class(self.placed & self.judged)
        return exact_copies(self.dataset.boxes, group, self.worth)

    def _image_and_class(self, which: Bools) -> Ints:
        """A number for each image and class, (n,); negative without an image or outside `which`."""
        number = self.dataset.boxes.image.astype(np.int64)
        number *= len(self.classes) + 1
        number += self.box_class
        number += 1
        number[~which] = MISSING
        return number

    @shared
    def _compared(self) -> Bools:
        """Which boxes are compared with others, (n,): of exact copies only the best."""
        single = self.copy_of == np.arange(len(self.copy_of))
        compared: Bools = self.sound & self.placed & self.judged & single
        return compared

    @shared
    def heaped(self) -> Heaped:
        """Boxes among so many near duplicates that pairs of them would fill the memory."""
        group = self._image_and_class(self._compared & (self.box_class != MISSING))
        return heaped(self.dataset, group, self.worth)

    @shared
    def pairs(self) -> Pairs:
        """Pairs of boxes in one image of which one covers at least half of the other.

        Only boxes that are sound, placed and judged; of exact copies and of heaps only the best: a
        thousand copies of one box are no half million pairs.
        """
        compared = self._compared.copy()
        compared[self.heaped.box] = False
        group = np.where(compared, self.dataset.boxes.image, MISSING)
        return overlapping_pairs(self.dataset.boxes.xyxy, group, min_inside=0.5)

    @shared
    def original(self) -> Rows:
        """The box that each is a copy of, in class and but for rounding in corners, (n,)."""
        found = originals(self.dataset, self.copy_of, self.pairs, self.box_class, self.worth)
        box, by = self.heaped.box, self.heaped.by
        same = coinciding(self.dataset.boxes, pairs_of(self.dataset.boxes, box, by))
        stands_for = np.arange(len(found), dtype=np.int32)
        stands_for[box[same]] = by[same]
        return stands_for[found]

    @shared
    def distinct_pairs(self) -> Pairs:
        """The `pairs` of which neither box is a copy of another."""
        single = self.original == np.arange(len(self.original))
        return self.pairs.rows(single[self.pairs.first] & single[self.pairs.second])

    @shared
    def headers(self) -> Headers:
        """The header of each image that was found on disk, one row per image."""
        if len(self.dataset.headers):
            return self.dataset.headers
        return read_headers(self.dataset.images.path)
