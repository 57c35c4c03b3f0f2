"""One labelled object of a format that is read only, and the columns that its shapes come to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from labelaudit.core.columns import MISSING, Floats
from labelaudit.dataset.masks import polygon_masks, rle_masks
from labelaudit.dataset.shapes import Shape
from labelaudit.dataset.tables import Keypoints, MaskFault, Masks


@dataclass(frozen=True, slots=True)
class BoxRecord:
    """One labelled object as a file has it."""

    label: str  # the name of its class; empty if it has none that can be read
    xyxy: Sequence[float] | None  # left, top, right, bottom; None if unknown
    record: int  # its position among all objects of its file, whatever image they are in
    polygons: Sequence[Sequence[float]] = ()  # x, y, x, y, ... for each part
    rle: Mapping[str, Any] | None = None  # size and counts as COCO has them, in place of polygons
    keypoints: Sequence[Sequence[float]] = ()  # x, y and visibility (0, 1 or 2) of each
    fractions: bool = False  # coordinates are fractions of width and height, not pixels
    crowd: bool = False  # a region of many objects
    difficult: bool = False  # not to be judged
    id: Any = None  # Any: whatever the file writes

    @property
    def shaped(self) -> bool:
        """Whether it has a mask or keypoints."""
        return bool(self.polygons or self.rle or self.keypoints)

    def shape(self, size: Floats) -> Shape:
        """Its mask and keypoints in pixels of an image of that width and height, (2,)."""
        scale = size if self.fractions else np.ones(2)
        parts = [
            np.asarray(part, np.float64).reshape(-1, 2)
            for part in self.polygons
            if len(part) % 2 == 0
        ]
        points = np.array(self.keypoints, np.float64).reshape(-1, 3)
        return Shape(
            tuple(part * scale for part in parts),
            rle=self.rle,
            keypoints=points * [*scale, 1.0] if len(points) else None,
        )


def corners(boxes: Sequence[BoxRecord]) -> Floats:
    """Left, top, right, bottom of each box as it is written, (n, 4); NaN if unknown."""
    return np.array([box.xyxy or [math.nan] * 4 for box in boxes], np.float64).reshape(-1, 4)


def masks(
    boxes: Sequence[BoxRecord], scale: Floats, image_size: Floats, *, validity: bool
) -> Masks:
    """The masks of boxes, in their order.

    Parameters
    ----------
    boxes:
        the objects.
    scale:
        (n, 2) by what their coordinates are multiplied.
    image_size:
        (n, 2) width and height of the image of each; NaN if unknown.
    validity:
        whether to look for self-crossing polygons.
    """
    rows = [row for row, box in enumerate(boxes) if box.polygons]
    polygons = [
        [
            (np.asarray(part) * np.resize(scale[row], len(part))).tolist()
            for part in boxes[row].polygons
        ]
        for row in rows
    ]
    drawn = polygon_masks(polygons, validity=validity).replaced(box=np.array(rows, np.int32))
    encoded = [(row, box.rle) for row, box in enumerate(boxes) if box.rle and not box.polygons]
    if not encoded:
        return drawn
    sizes = np.array([rle["size"] for _, rle in encoded], np.float64).reshape(-1, 2)
    packed = rle_masks([rle["counts"] for _, rle in encoded], sizes)
    true = image_size[[row for row, _ in encoded]]
    differs = np.isfinite(true).all(axis=1) & (sizes[:, ::-1] != true).any(axis=1)
    differs &= packed.fault == MaskFault.NONE
    packed = packed.replaced(
        box=np.array([row for row, _ in encoded], np.int32),
        fault=np.where(differs, MaskFault.RLE_SIZE, packed.fault).astype(packed.fault.dtype),
    )
    both = Masks.concat([drawn, packed])
    return both.rows(np.argsort(both.box, kind="stable"))


def keypoints(boxes: Sequence[BoxRecord], scale: Floats) -> Keypoints:
    """The keypoints of boxes that have some, in their order; `scale` as for `masks`."""
    rows = [row for row, box in enumerate(boxes) if box.keypoints]
    points = [np.array(boxes[row].keypoints, np.float64).reshape(-1, 3) for row in rows]
    seen = [some[some[:, 2] > 0, :2] * scale[row] for row, some in zip(rows, points, strict=True)]
    extents = [
        [*some.min(axis=0), *some.max(axis=0)] if len(some) else [math.nan] * 4 for some in seen
    ]
    return Keypoints.of(
        len(rows),
        box=rows,
        values=[some.size for some in points],
        labelled=[len(some) for some in seen],
        stated=np.full(len(rows), MISSING),
        readable=[bool(np.isfinite(some).all()) for some in points],
        xyxy=np.array(extents, np.float64).reshape(-1, 4),
    )


def extent(points: Sequence[Sequence[float]]) -> list[float] | None:
    """Left, top, right, bottom of points, (n, 2); None without any.

    >>> extent([[3, 1], [0, 2]])
    [0, 1, 3, 2]
    """
    if not points:
        return None
    xs, ys = zip(*points, strict=True)
    return [min(xs), min(ys), max(xs), max(ys)]
