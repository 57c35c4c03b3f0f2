"""Where a box lies in its image."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.core.columns import Bools, Floats, Ints
from labelaudit.core.rows import blocks


class Block:
    """Boxes in rows that follow each other, and what rules ask of their size and place."""

    def __init__(self, audit: AuditContext, rows: slice) -> None:
        self.rows = rows
        self.in_range = audit.derived.in_range[rows]
        self.is_valid = audit.derived.is_valid[rows]
        self.is_evaluated = audit.derived.is_evaluated[rows]
        self.xyxy = audit.dataset.boxes.xyxy[rows]
        self._audit = audit

    @cached_property
    def width(self) -> Floats:
        """Width in pixels, (n,); NaN where a corner is in no place of an image."""
        return self._side(0)

    @cached_property
    def height(self) -> Floats:
        """Height in pixels, (n,); NaN where a corner is in no place of an image."""
        return self._side(1)

    @cached_property
    def image_size(self) -> Floats:
        """Width and height of the image, (n, 2); NaN where no image has such a size."""
        return self._audit.derived.image_size_of(self.rows)

    @cached_property
    def in_counted_pixels(self) -> Bools:
        """See the function of this name."""
        return in_counted_pixels(self._audit, self.rows)

    def _side(self, axis: int) -> Floats:
        with np.errstate(invalid="ignore", over="ignore"):
            side: Floats = self.xyxy[:, axis + 2] - self.xyxy[:, axis]
        side[~self.in_range] = np.nan
        return side


def boxes_where(audit: AuditContext, test: Callable[[Block], Bools]) -> Ints:
    """The rows of the boxes that a test is true of."""
    every = blocks(len(audit.dataset.boxes))
    found = (np.flatnonzero(test(Block(audit, rows))) + rows.start for rows in every)
    return np.concatenate([np.empty(0, np.int64), *found])


def off_image(xyxy: Floats, image_size: Floats) -> Bools:
    """Which boxes share nothing with their image, (n,); none where its size is unknown.

    >>> boxes = np.array([[100.0, 0, 110, 9], [99, 0, 110, 9], [-9, 0, -1, 9]])
    >>> off_image(boxes, np.array([[100, 100], [100, 100], [np.nan, np.nan]]))
    array([ True, False, False])
    """
    left, top, right, bottom = xyxy.T
    width, height = image_size.T
    before = (right <= 0) | (bottom <= 0)
    after = (left >= width) | (top >= height)
    off: Bools = (before | after) & ~np.isnan(width + height)
    return off


def on_image(audit: AuditContext, box: Ints) -> Ints:
    """Those of the boxes in `box` that are not wholly off their image."""
    return box[~off_image(audit.dataset.boxes.xyxy[box], audit.derived.image_size_of(box))]


def sides(audit: AuditContext, box: Ints) -> tuple[Floats, Floats]:
    """Width and height of the boxes in `box`, (n,) each, which are in places of an image."""
    left, top, right, bottom = audit.dataset.boxes.xyxy[box].T
    return right - left, bottom - top


def in_counted_pixels(audit: AuditContext, box: Ints | slice) -> Bools:
    """Which boxes are in pixels of their image, (n,), and not of a size that stands in for it."""
    return ~np.append(audit.dataset.images.assumed, False)[audit.dataset.boxes.image[box]]
