"""Fixes that several geometry rules propose."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, drops, moves
from labelaudit.core.columns import Bools, Ints
from labelaudit.dataset.tables import RecordType
from labelaudit.rules.geo.mask_columns import mask_extent


def either(where: Bools, first: Iterable[Fix], second: Iterable[Fix]) -> list[Fix]:
    """For each row the fix in `first` where it is true, else the one in `second`."""
    rows = zip(where.tolist(), first, second, strict=True)
    return [one if chosen else other for chosen, one, other in rows]


def restored_or_dropped(audit: AuditContext, box: Ints, safety: Safety) -> list[Fix]:
    """A fix for each box that says nothing: it becomes the extent of its mask, or goes without one.

    `safety` is that of dropping. Moving is safe: the box says nothing that could be lost.
    """
    extent = mask_extent(audit, box)
    masked = np.isfinite(extent[:, 0])
    return either(masked, moves(box, extent, Safety.SAFE), drops(RecordType.BOX, box, safety))
