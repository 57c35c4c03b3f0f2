"""What follows from a finding that names a cause: other findings, and labels that are wrong."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from labelaudit.core.columns import Ints, Rows
from labelaudit.dataset.tables import Dataset


def _nothing() -> Ints:
    return np.empty(0, np.int64)


@dataclass(frozen=True, eq=False)
class Explained:
    """The findings that follow from the cause which another finding names.

    They are of one of these rules, and at one of these records: an image stands for the boxes in
    it, a file for all that is in it.
    """

    codes: tuple[str, ...]  # of rules, or how they start
    file: Ints | Rows = field(default_factory=_nothing)  # rows in Files
    image: Ints | Rows = field(default_factory=_nothing)  # rows in Images
    box: Ints | Rows = field(default_factory=_nothing)  # rows in Boxes
    category: Ints | Rows = field(default_factory=_nothing)  # rows in Categories
    problem: Ints | Rows = field(default_factory=_nothing)  # rows in LoadProblems
    also: tuple[Explained, ...] = ()  # of other rules at other records

    @property
    def all_codes(self) -> tuple[str, ...]:
        """The codes, and those of `also`."""
        return self.codes + sum((one.all_codes for one in self.also), ())


@dataclass(frozen=True, eq=False)
class Affected:
    """The labels that are wrong by what one finding about many says.

    Its own box and image are where it is shown, and are wrong if they are among these. An image is
    one whose own record or file is wrong, whatever its boxes are.
    """

    box: Ints | Rows = field(default_factory=_nothing)  # rows in Boxes
    image: Ints | Rows = field(default_factory=_nothing)  # rows in Images

    @classmethod
    def boxes_in(cls, dataset: Dataset, image: Ints | Rows) -> Affected:
        """The boxes in some images, rows (n,)."""
        return cls(np.flatnonzero(np.isin(dataset.boxes.image, image)))
