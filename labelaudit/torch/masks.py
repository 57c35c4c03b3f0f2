"""Masks of objects as pixels, from polygons and run-length encodings."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

import numpy as np
import torch
from numpy.typing import NDArray

from labelaudit.core.columns import MISSING, Bools, Floats
from labelaudit.dataset.masks import decompressed
from labelaudit.dataset.shapes import Shape
from labelaudit.dataset.tables import Dataset, MaskFault
from labelaudit.errors import ConfigError
from labelaudit.io.formats import shapes
from labelaudit.torch.image_files import ImageFiles

UNDRAWN = tuple(
    int(fault)
    for fault in (
        *(MaskFault.UNREADABLE, MaskFault.EMPTY, MaskFault.ZERO_AREA, MaskFault.TOO_FEW_POINTS),
        *(MaskFault.RLE_SIZE, MaskFault.RLE_COUNTS),
    )
)
"""Faults with which a mask shows nothing, or not what it should."""


FARTHEST = 1e15
"""Pixels; corners beyond are drawn as if they were there, so that nothing overflows."""


def read_shapes(dataset: Dataset) -> Mapping[int, Shape]:
    """The polygons and run-length encodings of a dataset, by the row of their box.

    Raises
    ------
    ConfigError
        if its labels hold no masks, or what draws them is not installed.
    """
    if not len(dataset.masks):
        raise ConfigError(
            "masks=True, and these labels hold no masks: only boxes can be trained on"
        )
    if find_spec("pycocotools") is None:
        raise ConfigError("masks need pycocotools: pip install 'labelaudit[torch]'")
    broken = set(dataset.masks.box[np.isin(dataset.masks.fault, UNDRAWN)].tolist())
    return {
        row: shape
        for row, shape in shapes(dataset).items()
        if (shape.polygons or shape.rle is not None) and row not in broken
    }


def has_mask(shaped: Mapping[int, Shape], rows: NDArray[np.int32], turned: Bools) -> Bools:
    """Which boxes have a mask that can be drawn, (b,).

    Parameters
    ----------
    shaped: by the row of the box as it was loaded.
    rows: (b,) these rows; MISSING for a box that is new.
    turned: (b,) whether the image of the box is turned, which masks are not.
    """
    known = [row != MISSING and row in shaped for row in rows.tolist()]
    return np.array(known, bool) & ~turned


def drawn(shape: Shape, size: tuple[int, int]) -> torch.Tensor:
    """The pixels of a mask, (height, width) uint8 of 0 and 1, as pycocotools draws them.

    A run-length encoding that does not fit the image is nothing that can be drawn there: the result
    is empty.
    """
    from pycocotools import mask  # noqa: PLC0415  # not everybody has it who needs no masks

    height, width = size
    if shape.rle is not None:
        if list(shape.rle["size"]) != [height, width]:
            return torch.zeros(size, dtype=torch.uint8)
        counts = shape.rle["counts"]
        runs = decompressed(counts) if isinstance(counts, str) else counts
    else:
        near = [
            near_image(np.asarray(part, np.float64).reshape(-1, 2), size) for part in shape.polygons
        ]
        flat = [part.ravel().tolist() for part in near if len(part) > 2]
        if not flat:
            return torch.zeros(size, dtype=torch.uint8)
        encoded = mask.merge(mask.frPyObjects(flat, height, width))
        runs = decompressed(encoded["counts"].decode())
    if sum(runs) != height * width or min(runs, default=0) < 0:
        return torch.zeros(size, dtype=torch.uint8)
    # Its own decode is as fast, and of releases that numpy warns about.
    columns = np.repeat(np.arange(len(runs), dtype=np.uint8) % 2, runs)
    return torch.from_numpy(np.ascontiguousarray(columns.reshape(width, height).T))


def near_image(polygon: Floats, size: tuple[int, int]) -> Floats:
    """A polygon, (n, 2) x and y, without what of it is far from an image of height and width.

    pycocotools goes along edges step by step: one of 1e7 pixels takes it seconds, and a longer one
    ends the process. What is cut off is farther from the image than its longer side.
    """
    height, width = size
    reach = float(max(size))
    low, high = np.array([-reach, -reach]), np.array([width + reach, height + reach])
    if ((polygon >= low) & (polygon <= high)).all():
        return polygon
    polygon = np.clip(polygon, -FARTHEST, FARTHEST)
    for axis in (0, 1):
        polygon = _cut(polygon, axis, polygon[:, axis] >= low[axis], low[axis])
        polygon = _cut(polygon, axis, polygon[:, axis] <= high[axis], high[axis])
    return polygon


def _cut(polygon: Floats, axis: int, inside: Bools, limit: float) -> Floats:
    """What of a polygon is on one side of a line, after Sutherland and Hodgman.

    Source: "Reentrant polygon clipping", 1974.

    Parameters
    ----------
    polygon: (n, 2).
    axis: 0 for a line of one x, 1 for one of one y.
    inside: (n,) which points stay.
    limit: the x or y of the line.
    """
    before, was_inside = np.roll(polygon, 1, axis=0), np.roll(inside, 1)
    crosses = inside != was_inside
    way = polygon - before
    part = np.divide(limit - before[:, axis], way[:, axis], out=np.zeros(len(way)), where=crosses)
    crossing = before + part[:, None] * way
    crossing[:, axis] = limit
    points = np.stack([crossing, polygon], axis=1).reshape(-1, 2)
    kept: Floats = points[np.stack([crosses, inside], axis=1).ravel()]
    return kept


def drawn_masks(shaped: list[Shape], size: tuple[int, int]) -> torch.Tensor:
    """The masks of several objects of an image, (n, height, width) uint8."""
    if not shaped:
        return torch.zeros((0, *size), dtype=torch.uint8)
    return torch.stack([drawn(shape, size) for shape in shaped])


def turned_boxes(dataset: Dataset, files: ImageFiles) -> Bools:
    """Which boxes are in an image that is turned before it is looked at, (b,)."""
    return np.append(files.turn != 1, False)[dataset.boxes.image]
