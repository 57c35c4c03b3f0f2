"""Fixes that several geometry rules propose."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import TypeVar

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.duplicates.record_values import may_say_a_place
from labelaudit.auditing.findings import Fix, Safety, drops, moves
from labelaudit.boxes.ops import clip, is_valid, overhang
from labelaudit.core.columns import MISSING, Bools, Floats, Ints
from labelaudit.dataset.derived import FARTHEST
from labelaudit.dataset.tables import MaskKind, ProblemKind, RecordType
from labelaudit.rules.geo.bounds import off_image
from labelaudit.rules.geo.mask_columns import (
    has_extent,
    has_shape,
    mask_extent,
    mask_row_of,
    shape_extent,
)

Proposed = TypeVar("Proposed", Fix, "Fix | None")


def either(where: Bools, first: Iterable[Proposed], second: Iterable[Proposed]) -> list[Proposed]:
    """For each row the fix in `first` where it is true, else the one in `second`."""
    rows = zip(where.tolist(), first, second, strict=True)
    return [one if chosen else other for chosen, one, other in rows]


def clips(audit: AuditContext, box: Ints, safety: Safety) -> list[Fix | None]:
    """A fix for each box that cuts it off at the edges of its image, and its mask if that is drawn.

    None where the format has no box beside a mask that cannot be cut, where nothing of the mask
    would be left, and where less than a pixel of a larger box would: nobody could learn from that.
    """
    dataset, size = audit.dataset, audit.derived.image_size_of(box)
    inside = clip(dataset.boxes.xyxy[box], size)
    row = mask_row_of(audit, box)
    masked = row != MISSING
    cut = np.zeros(len(box), bool)
    some = dataset.masks.rows(row[masked])
    cut[masked] = has_extent(some) & (some.kind == MaskKind.POLYGON) & dataset.facts.has_polygons
    cut[masked] &= (overhang(some.xyxy, size[masked]) > 0) & ~off_image(some.xyxy, size[masked])
    stuck = masked & ~cut & dataset.facts.box_of_polygon
    if cut.any():
        from labelaudit.auditing.fixes.clipped_masks import nothing_left  # noqa: PLC0415  # few ask

        stuck[cut] |= nothing_left(dataset, row[cut].astype(np.int64))
    before, left = (one[:, 2:] - one[:, :2] for one in (dataset.boxes.xyxy[box], inside))
    stuck |= ((left < 1) & (before >= 1)).any(axis=1)
    fixes = moves(box, inside, safety)
    return [
        None if is_stuck else dataclasses.replace(fix, kind="clip") if is_cut else fix
        for fix, is_cut, is_stuck in zip(fixes, cut.tolist(), stuck.tolist(), strict=True)
    ]


def restored_or_dropped(audit: AuditContext, box: Ints, safety: Safety) -> list[Fix]:
    """A fix for each box that says nothing: it becomes the extent of its mask, or goes without one.

    `safety` is that of dropping a box of which nothing else may say where its object is; where it
    has a mask or keypoints, a key twice, or numbers under a key that is not known, somebody may
    read that, and dropping is unsafe. Moving to the extent of a valid mask is
    safe: the box says nothing that could be lost. That of a faulty mask, or of keypoints, which
    lie inside of their object, is unsafe.
    """
    if not len(box):
        return []
    masked_extent = mask_extent(audit, box)
    extent = shape_extent(audit, box)
    masked, shaped = _is_place(masked_extent), _is_place(extent)
    moved = either(
        masked, moves(box, masked_extent, Safety.SAFE), moves(box, extent, Safety.UNSAFE)
    )
    bare = ~(has_shape(audit)[box] | masked | shaped | _written_twice(audit, box))
    bare[bare] = ~may_say_a_place(audit.dataset, box[bare])
    dropped = either(
        bare,
        drops(RecordType.BOX, box, safety),
        drops(RecordType.BOX, box, Safety.UNSAFE),
    )
    return either(masked | shaped, moved, dropped)


def _written_twice(audit: AuditContext, box: Ints) -> Bools:
    """Which boxes have two values in their record, (n,): only one of them was understood."""
    problems = audit.dataset.problems
    twice = (problems.kind == ProblemKind.DUPLICATE_KEY.value) & (
        problems.part == RecordType.BOX.value
    )
    fields = np.array([one in audit.dataset.facts.box_fields for one in problems.field.tolist()])
    return np.isin(box, problems.row[twice & fields.astype(bool)])


def _is_place(extent: Floats) -> Bools:
    """Which extents, (n, 4), a box can take: they have an inside, where an image could be."""
    return is_valid(extent) & (np.abs(extent) <= FARTHEST).all(axis=1)
