"""Boxes inside out in a format of corners whose numbers may as well be left, top, width, height."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.scopes.gathering import Gathering
from labelaudit.boxes.conventions import CONVENTIONS, Form
from labelaudit.boxes.ops import overhang
from labelaudit.core.columns import MISSING, Bools, Ints
from labelaudit.rules.geo.misread_conventions import MIN_IN_ORDER, SLACK

SIZE = "xywh"
"""The other reading, a name in `CONVENTIONS`."""

MIN_TOGETHER = 2
"""Fewest boxes inside out in one image that nobody draws backwards by chance; a choice."""


def may_be_sizes(audit: AuditContext, box: Ints) -> Bools:
    """Which of these boxes, all inside out, may be left, top, width and height, (n,).

    All boxes of their image have to fit so. Where nearly all boxes of the dataset are in order, or
    one of them fits as corners alone, several of the image have to be inside out, and nearly all.
    """
    if not len(box) or not _is_of_corners(audit):
        return np.zeros(len(box), bool)
    images, own = len(audit.dataset.images), _Orders(audit)
    count, wrong, fitting = (
        np.bincount(own.image, flags, images) for flags in (None, own.inverted, own.fits_as_size)
    )
    open_ = fitting == count
    order = BOX_ORDER.known(audit, own.counts)
    if order.corners or order.inverted < (1 - MIN_IN_ORDER) * order.boxes:
        open_ &= (wrong >= MIN_TOGETHER) & (wrong >= MIN_IN_ORDER * count)
    found: Bools = np.append(open_, False)[audit.dataset.boxes.image[box]]
    return found


class BoxOrder(NamedTuple):
    """How many boxes of a dataset have their corners in which order; 0 in formats of no corners."""

    boxes: int
    inverted: int
    corners: int  # that fit their images, and would not as left, top, width, height


class _Orders:
    """The readable boxes of images, and how each may be read."""

    def __init__(self, audit: AuditContext) -> None:
        boxes = audit.dataset.boxes
        row = np.flatnonzero(audit.derived.in_range & (boxes.image != MISSING))
        self.image, xyxy = boxes.image[row], boxes.xyxy[row]
        size = audit.derived.image_size_of(row)
        written = CONVENTIONS[audit.dataset.facts.convention].write(xyxy, size)
        self.inverted = (xyxy[:, 2:] < xyxy[:, :2]).any(axis=1)
        self.fits_as_size, self.fits = (
            (one[:, 2:] > one[:, :2]).all(axis=1) & ~(overhang(one, size) > SLACK)
            for one in (CONVENTIONS[SIZE].read(written, size), xyxy)
        )

    def counts(self) -> BoxOrder:
        """How many there are of each kind."""
        corners = self.fits & ~self.fits_as_size
        inverted, alone = (int(np.count_nonzero(flags)) for flags in (self.inverted, corners))
        return BoxOrder(len(self.image), inverted, alone)


def _is_of_corners(audit: AuditContext) -> bool:
    convention = CONVENTIONS[audit.dataset.facts.convention]
    return convention.form is Form.CORNERS and not convention.normalised


def _order_of(audit: AuditContext, _settings: Mapping[str, Any]) -> BoxOrder:
    return _Orders(audit).counts() if _is_of_corners(audit) else BoxOrder(0, 0, 0)


def _merged(parts: Sequence[BoxOrder]) -> BoxOrder:
    return BoxOrder(*map(sum, zip(*parts, strict=True)))


BOX_ORDER = Gathering("orders of corners", _order_of, _merged)
"""Whether boxes of a dataset are corners, by all of them."""
