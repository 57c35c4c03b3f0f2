"""Polygons of annotations cut off where their image ends, written as they are written there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from labelaudit.boxes.clipping import clipped_polygon, ring_area
from labelaudit.core.columns import Floats
from labelaudit.errors import FixError
from labelaudit.io.formats.coco.records import Rle, decoded, loose_segmentation
from labelaudit.io.formats.coco.spans import Span

CUT = "\0cut"
"""A key that no file can hold: the rectangle to which the mask of a record is cut."""

LEAST_DECIMALS = 2  # as COCO writes coordinates


def with_cut_mask(fields: dict[str, Any], span: Span) -> dict[str, Any]:
    """The new values of a record, with those of a mask that is cut in place of its rectangle.

    A stated area that is that of the polygons is stated anew.

    Raises
    ------
    FixError
        if the mask is none of polygons, or nothing would be left of it.
    """
    if CUT not in fields:
        return fields
    record = decoded(span.text or b"{}")
    polygons = loose_segmentation(record.get("segmentation"))
    if isinstance(polygons, Rle) or not polygons:
        raise FixError(f"{span.place}: its mask is no polygon that could be cut")
    rings = [np.array(part, np.float64)[: len(part) // 2 * 2].reshape(-1, 2) for part in polygons]
    decimals = max(LEAST_DECIMALS, *(_decimals(x) for part in polygons for x in part))
    cut = [_cut(ring, fields[CUT], decimals) for ring in rings]
    left = [ring for ring in cut if len(ring) > 2]
    if not left:
        raise FixError(f"{span.place}: nothing would be left of its mask")
    wanted = {key: value for key, value in fields.items() if key != CUT}
    wanted["segmentation"] = [ring.ravel().tolist() for ring in left]
    before, after = sum(map(ring_area, rings)), sum(map(ring_area, left))
    stated, new = record.get("area"), fields.get("area")
    if _is(stated, before) or _is(new, before) or _is(new, after):
        wanted["area"] = round(
            after, max(decimals, _decimals(stated) if _is(stated, before) else 0)
        )
    return wanted


def _is(stated: Any, area: float) -> bool:
    """Whether what is stated is an area, but for rounding."""
    return isinstance(stated, int | float) and math.isclose(stated, area, rel_tol=1e-3)


def _cut(ring: Floats, rectangle: Floats, decimals: int) -> Floats:
    """A polygon inside of a rectangle; itself if it does not leave it."""
    cut = clipped_polygon(ring, rectangle)
    return ring if cut is ring else np.where(np.isin(cut, ring), cut, cut.round(decimals))


def _decimals(value: float) -> int:
    return len(repr(float(value)).partition(".")[2].removesuffix("0")) if value % 1 else 0
