"""Groups of images that show the same in other bytes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.core.columns import MISSING, Bools, Ints, Rows
from labelaudit.images.frame_names import VERSION, picture_name
from labelaudit.images.near_duplicates import joined


def same_pixels(audit: AuditContext) -> list[Ints]:
    """Images with the same pixels, in whatever bytes, group by group; only where bytes differ."""
    near = audit.near_duplicates
    same = near.rows(near.same_pixels)
    return _groups(audit, same.first, same.second)


def near_groups(audit: AuditContext) -> list[Ints]:
    """Images that show the same but not in the same pixels, group by group, ascending.

    Versions that Roboflow made of one picture are left out: they were made on purpose.
    """
    near = audit.near_duplicates
    other = near.rows(~near.same_pixels & ~_are_versions(audit, near.first, near.second))
    return _groups(audit, other.first, other.second)


def _are_versions(audit: AuditContext, first: Rows, second: Rows) -> Bools:
    """Which pairs of images, (n,), were made of one picture, by their names."""
    names = audit.dataset.images.name
    made = [
        VERSION in one and VERSION in other and picture_name(one) == picture_name(other)
        for one, other in zip(names[first].tolist(), names[second].tolist(), strict=True)
    ]
    return np.array(made, bool)


def _groups(audit: AuditContext, first: Rows, second: Rows) -> list[Ints]:
    """Images that pairs connect, and those of the same bytes with them."""
    if not len(first):
        return []
    twin = audit.identical_images.group
    rows = np.flatnonzero(twin != MISSING)
    pairs = np.concatenate(
        [np.stack([first, second], axis=1), np.stack([twin[rows], rows], axis=1)]
    )
    group = joined(len(audit.dataset.images), pairs.astype(np.int64))
    return _members(group, np.unique(group[np.concatenate([first, second])]).tolist())


def _members(group: Ints, numbers: Sequence[int]) -> list[Ints]:
    order = np.argsort(group, kind="stable")
    sorted_ = group[order]
    start = np.searchsorted(sorted_, numbers, "left")
    stop = np.searchsorted(sorted_, numbers, "right")
    return [order[a:b] for a, b in zip(start.tolist(), stop.tolist(), strict=True)]
