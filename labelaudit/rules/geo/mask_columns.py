"""What the mask of an object says about its box."""

from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows
from labelaudit.dataset.derived import FARTHEST
from labelaudit.dataset.masks import with_extents
from labelaudit.dataset.tables import MaskFault, Masks


def has_extent(masks: Masks) -> Bools:
    """Which masks say where their object is, (n,): valid, or crossing themselves at worst."""
    left, top, right, bottom = masks.xyxy.T
    drawn = (masks.fault == MaskFault.NONE) | (masks.fault == MaskFault.SELF_CROSSING)
    in_range = np.asarray((np.abs(masks.xyxy) <= FARTHEST).all(axis=1))
    known: Bools = drawn & in_range & (left < right) & (top < bottom)
    return known


def mask_row_of(audit: AuditContext, box: Ints | slice) -> Rows:
    """The row in Masks of each box in `box`, (n,); MISSING if it has no mask."""
    row = np.full(len(audit.dataset.boxes), MISSING, np.int32)
    row[audit.dataset.masks.box] = np.arange(len(audit.dataset.masks), dtype=np.int32)
    return row[box]


def mask_extent(audit: AuditContext, box: Ints) -> Floats:
    """The extent of the mask of each box in `box`, (n, 4); NaN where no mask says it."""
    row = mask_row_of(audit, box)
    masked = row != MISSING
    masks = audit.dataset.masks.rows(row[masked])
    extent = np.full((len(box), 4), np.nan)
    extent[masked] = np.where(has_extent(masks)[:, None], masks.xyxy, np.nan)
    return extent


def shape_extent(audit: AuditContext, box: Ints) -> Floats:
    """The extent of the mask of each box in `box`, valid or not, else of its keypoints, (n, 4).

    NaN where neither says anything.
    """
    dataset = audit.dataset
    unknown = np.full((len(dataset.boxes), 4), np.nan)
    wanted = np.zeros(len(dataset.boxes), bool)
    wanted[box] = True
    return with_extents(unknown, wanted, dataset.masks, dataset.keypoints)[box]


def has_shape(audit: AuditContext) -> Bools:
    """Which boxes have a mask or keypoints, readable or not, (n,)."""
    dataset = audit.dataset
    shaped = np.zeros(len(dataset.boxes), bool)
    shaped[dataset.masks.box] = True
    shaped[dataset.keypoints.box] = True
    return shaped


def mask_area(audit: AuditContext, box: Ints) -> Floats:
    """The area of the mask of each box in `box`, (n,) in pixels; NaN where no mask says it."""
    return mask_areas(audit)[mask_row_of(audit, box)]


def mask_areas(audit: AuditContext) -> Floats:
    """The area of each row in Masks, and NaN for a box without a mask, (n + 1,) in pixels.

    The area of a mask that crosses itself is not what its points add up to, so it is not known.
    """
    masks = audit.dataset.masks
    is_valid = (masks.fault == MaskFault.NONE) & (masks.area > 0) & (masks.area < np.inf)
    return np.append(np.where(is_valid, masks.area, np.nan), np.nan)
