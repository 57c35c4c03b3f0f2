"""Fixes that several geometry rules propose."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, drops, moves
from labelaudit.core.columns import Bools, Ints
from labelaudit.dataset.tables import RecordType
from labelaudit.rules.geo.mask_columns import has_shape, mask_extent, shape_extent


def either(where: Bools, first: Iterable[Fix], second: Iterable[Fix]) -> list[Fix]:
    """For each row the fix in `first` where it is true, else the one in `second`."""
    rows = zip(where.tolist(), first, second, strict=True)
    return [one if chosen else other for chosen, one, other in rows]


def restored_or_dropped(audit: AuditContext, box: Ints, safety: Safety) -> list[Fix]:
    """A fix for each box that says nothing: it becomes the extent of its mask, or goes without one.

    `safety` is that of dropping a box that has neither mask nor keypoints; where it has, somebody
    can read where its object is, and dropping is unsafe. Moving to the extent of a sound mask is
    safe: the box says nothing that could be lost. That of a faulty mask, or of keypoints, which
    lie inside of their object, is unsafe.
    """
    sound = mask_extent(audit, box)
    extent = shape_extent(audit, box)
    masked, shaped = np.isfinite(sound[:, 0]), np.isfinite(extent[:, 0])
    moved = either(masked, moves(box, sound, Safety.SAFE), moves(box, extent, Safety.UNSAFE))
    bare = ~has_shape(audit)[box]
    dropped = either(
        bare,
        drops(RecordType.BOX, box, safety),
        drops(RecordType.BOX, box, Safety.UNSAFE),
    )
    return either(masked | shaped, moved, dropped)
