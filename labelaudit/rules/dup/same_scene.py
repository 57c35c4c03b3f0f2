"""Whether images with the same boxes show the same there: a camera that stood still, or crops."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from enum import Enum

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.core.columns import Floats, Ints
from labelaudit.images.thumbnails import SIDE, thumbnail

LOOKED_AT = 8
"""Images, spread evenly, whose pixels are compared; a choice."""

AROUND = 0.5
"""By how much of its width and height what is looked at reaches beyond a box, for its outline."""

LEAST = 4
"""Fewest pixels of a thumbnail, across and down, that are compared."""

FLAT = 4.0
"""Standard deviation of grey values below which there is nothing to be seen; a choice."""

ALIKE = 0.5
"""Correlation of the pixels in and around boxes from which on they show the same; a choice."""

STEP = 30
"""Largest mean distance between the numbers of images in a row: a frame a second; a choice."""


class SameScene(Enum):
    """Whether images show the same where their boxes are."""

    YES = "yes"
    NO = "no"
    MAYBE = "their pixels tell nothing, and their names are numbered in a row"


def same_scene(audit: AuditContext, image: Ints) -> SameScene:
    """Whether some images with the same boxes, rows (n,), show the same in and around these."""
    of_first = np.flatnonzero(audit.dataset.boxes.image == image[0])
    size = audit.derived.image_size_of(of_first[:1])[0]
    xyxy = audit.dataset.boxes.xyxy[of_first]
    pictures = _pictures(audit, image)
    if np.isfinite(size).all() and len(pictures) > 1:
        windows = [_window(box, size) for box in xyxy]
        likeness = [_likeness(pictures, window) for window in windows]
        alike = [value for value in likeness if value is not None]
        if alike:
            return SameScene.YES if float(np.median(alike)) >= ALIKE else SameScene.NO
    names = audit.dataset.images.name[image].tolist()
    return SameScene.MAYBE if _in_a_row(names) else SameScene.NO


def same_picture(audit: AuditContext, image: Ints) -> bool | None:
    """Whether some images, rows (n,), show the same as a whole; None where no pixels tell."""
    pictures = _pictures(audit, image)
    likeness = _likeness(pictures, (slice(None), slice(None))) if len(pictures) > 1 else None
    return None if likeness is None else likeness >= ALIKE


def _pictures(audit: AuditContext, image: Ints) -> list[Floats]:
    """Thumbnails of some of these images, spread evenly, as far as they are at hand."""
    paths = audit.dataset.images.path[image]
    at_hand = np.flatnonzero(paths != "")
    some = at_hand[np.linspace(0, len(at_hand) - 1, min(LOOKED_AT, len(at_hand))).astype(np.int64)]
    return [shown for row in some.tolist() if (shown := thumbnail(paths[row])) is not None]


def _window(xyxy: Floats, size: Floats) -> tuple[slice, slice]:
    """The rows and columns of a thumbnail in and around a box; none of one that is not finite."""
    corners = np.nan_to_num(xyxy / np.tile(size, 2), posinf=0, neginf=0)
    margin = AROUND * np.tile(corners[2:] - corners[:2], 2) * [-1, -1, 1, 1]
    left, top, right, bottom = np.rint(np.clip(corners + margin, 0, 1) * SIDE).astype(int).tolist()
    return slice(top, bottom), slice(left, right)


def _likeness(pictures: Sequence[Floats], window: tuple[slice, slice]) -> float | None:
    """The median correlation of a window of pictures that follow each other; None if flat."""
    parts = [picture[window] for picture in pictures]
    if min(parts[0].shape) < LEAST:
        return None
    shown = [part.ravel() for part in parts if part.std() >= FLAT]
    if len(shown) < len(parts) / 2 or len(shown) < 2:
        return None
    return float(np.median([np.corrcoef(*pair)[0, 1] for pair in itertools.pairwise(shown)]))


def _in_a_row(names: Sequence[str]) -> bool:
    """Whether names differ in one number alone, and these numbers follow each other closely.

    >>> _in_a_row(["a_1.jpg", "a_3.jpg", "a_9.jpg"]), _in_a_row(["a_1.jpg", "b_2.jpg"])
    (True, False)
    """
    numbers = [re.split(r"(\d+)", name) for name in names]
    words = {tuple(one[::2]) for one in numbers}
    if len(words) > 1:
        return False
    values = np.array([[int(word) % 10**15 for word in one[1::2]] for one in numbers], np.int64)
    varies = np.flatnonzero(np.ptp(values, axis=0)) if values.size else np.zeros(0, np.int64)
    if len(varies) != 1:
        return False
    return bool(np.ptp(values[:, varies[0]]) <= STEP * (len(names) - 1))
