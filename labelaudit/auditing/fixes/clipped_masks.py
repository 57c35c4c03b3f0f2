"""Masks that end at the edges of their images, as who reads the saved dataset sees them."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from labelaudit.boxes.clipping import clipped_polygon
from labelaudit.boxes.ops import clip
from labelaudit.core.columns import Bools, Floats, Ints
from labelaudit.dataset.masks import Polygons, polygon_masks
from labelaudit.dataset.tables import Dataset, MaskKind, Masks

SAME_AREA = 1e-3
"""By what fraction a stated area may differ from that of a mask and still be taken for it."""


def with_clipped_masks(dataset: Dataset, rows: Ints) -> Dataset:
    """The dataset in which the masks of these boxes, rows in Boxes, end where their images do.

    The source is read again for the points of polygons, so that extent, area and faults are those
    of what is left; a stated area that was the mask's is so again, and where a polygon is the box,
    the box is its extent. Of a mask that cannot be read again the extent is cut, the area unknown.
    Who saves the dataset cuts the polygons.
    """
    masks = dataset.masks
    at = np.flatnonzero(np.isin(masks.box, rows))
    if not len(at):
        return dataset
    size = dataset.images.size[dataset.boxes.image[masks.box[at]]]
    xyxy, area = masks.xyxy.copy(), masks.area.copy()
    xyxy[at] = clip(xyxy[at], size)
    at = at[(xyxy[at] != masks.xyxy[at]).any(axis=1)]
    area[at] = np.nan
    cut = dataclasses.replace(masks, xyxy=xyxy, area=area)
    return _with_points(dataclasses.replace(dataset, masks=cut), masks, at)


def nothing_left(dataset: Dataset, at: Ints) -> Bools:
    """Of which masks, rows in Masks (n,), no polygon has an area in their image, (n,).

    Their source is read again only where the extent does not tell: a mask beyond edges of one axis
    alone has a point in the image, but one around a corner may pass it by. False where it cannot be
    read.
    """
    masks, empty = dataset.masks, np.zeros(len(at), bool)
    xyxy, size = masks.xyxy.copy(), dataset.images.size[dataset.boxes.image[masks.box[at]]]
    inside = clip(xyxy[at], size)
    beyond = inside != xyxy[at]
    corner = (beyond[:, 0] | beyond[:, 2]) & (beyond[:, 1] | beyond[:, 3])
    xyxy[at] = inside
    cut = dataclasses.replace(dataset, masks=dataclasses.replace(masks, xyxy=xyxy))
    left = _polygons(cut, at[corner])
    empty[corner] = [left.get(row) == [] for row in at[corner].tolist()]
    return empty


def _with_points(dataset: Dataset, before: Masks, at: Ints) -> Dataset:
    """The dataset with what is left of the polygons of some masks, rows in Masks, worked out."""
    masks, boxes = dataset.masks, dataset.boxes
    read = _polygons(dataset, at[masks.kind[at] == MaskKind.POLYGON])
    left = {row: polygons for row, polygons in read.items() if polygons}
    if not left:
        return dataset
    rows, new = np.array([*left], np.int64), polygon_masks(list(left.values()))
    columns = {name: getattr(masks, name).copy() for name in ("xyxy", "area", "fault", "parts")}
    for name, values in columns.items():
        values[rows] = getattr(new, name)
    box, stated = masks.box[rows], boxes.area.copy()
    of_mask = np.isclose(stated[box], before.area[rows], rtol=SAME_AREA, atol=0)
    stated[box[of_mask]] = new.area[of_mask]
    xyxy = boxes.xyxy.copy()
    if dataset.facts.box_of_polygon:
        xyxy[box] = new.xyxy
    return dataclasses.replace(
        dataset,
        masks=dataclasses.replace(masks, **columns),
        boxes=dataclasses.replace(boxes, area=stated, xyxy=xyxy),
    )


def _polygons(dataset: Dataset, at: Ints) -> dict[int, Polygons]:
    """What is left of the polygons of some masks, by row; without those that cannot be read."""
    if dataset.box_records is None or not len(at):
        return {}
    masks, found = dataset.masks, dict[int, Polygons]()
    row_of = dict(zip(masks.box[at].tolist(), at.tolist(), strict=True))
    for record in dataset.box_records(dataset, masks.box[at].astype(np.int64)):
        row = row_of[record.row]
        rings = _rings(record.values.get("segmentation"))
        left = [
            one
            for one in (clipped_polygon(ring, masks.xyxy[row]) for ring in rings)
            if len(one) > 2
        ]
        if rings:
            found[row] = [one.ravel().tolist() for one in left]
    return found


def _rings(value: Any) -> list[Floats]:  # Any: whatever a file holds
    """The polygons of a mask, (points, 2) each; none if it is not of polygons in finite numbers."""
    try:
        flat = [np.array(part, np.float64) for part in value]
    except (TypeError, ValueError):
        return []
    if flat and not any(part.ndim for part in flat):  # the points of one, not in a list of them
        flat = [np.array(flat)]
    if not all(part.ndim == 1 and np.isfinite(part).all() for part in flat):
        return []
    return [part[: len(part) // 2 * 2].reshape(-1, 2) for part in flat]
