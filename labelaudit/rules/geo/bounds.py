"""Where a box lies in its image."""

from __future__ import annotations

import numpy as np

from labelaudit.evidence import Audit
from labelaudit.table import Bools, Floats, Ints


def overhang(xyxy: Floats, image_size: Floats) -> Floats:
    """How far each box reaches beyond its image on its worst side, (n,) in pixels.

    Negative where the box ends inside on all sides, NaN where the size of the image is unknown.

    >>> overhang(np.array([[5.0, 5, 103, 90], [5, 5, 95, 90]]), np.array([[100.0, 100]] * 2))
    array([ 3., -5.])
    """
    left, top, right, bottom = xyxy.T
    width, height = image_size.T
    over: Floats = np.maximum(np.maximum(-left, -top), np.maximum(right - width, bottom - height))
    return over


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


def clipped(xyxy: Floats, image_size: Floats) -> Floats:
    """The part of each box that is inside its image, (n, 4); uncut where its size is unknown."""
    limit = np.hstack([image_size, image_size])
    return np.where(np.isnan(limit), xyxy, np.clip(xyxy, 0, limit))


def on_image(audit: Audit, box: Ints) -> Ints:
    """Those of the boxes in `box` that are not wholly off their image."""
    return box[~off_image(audit.dataset.boxes.xyxy[box], audit.image_size[box])]


def sides(audit: Audit) -> tuple[Floats, Floats]:
    """Width and height of every box, (n,) each; NaN where a corner is in no place of an image."""
    left, top, right, bottom = audit.dataset.boxes.xyxy.T
    with np.errstate(invalid="ignore", over="ignore"):
        width, height = right - left, bottom - top
    width[~audit.placed] = height[~audit.placed] = np.nan
    return width, height


def in_counted_pixels(audit: Audit) -> Bools:
    """Which boxes are in pixels of their image, (n,), and not of a size that stands in for it."""
    return ~np.append(audit.dataset.images.assumed, False)[audit.dataset.boxes.image]
