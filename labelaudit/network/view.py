"""What a network sees of the boxes of a dataset before it learns: sizes, levels, cells, anchors."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from labelaudit.boxes.anchors import best_anchors, placed_overlap
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.network.settings import NetworkSettings

LEAST_PART = 0.5
"""Part of the finest stride that the shorter side of a box has at least, or it vanishes: below,
what is beside it fills more than half of the cell that is to answer for it. A choice."""

MATCHED = 0.5
"""Overlap from which on a box is matched with an anchor: SSD, section 2.2; RetinaNet, section 4."""

UNMATCHED = 0.4
"""Overlap below which an anchor is background: RetinaNet, section 4."""

REACH = 8
"""Strides from the middle of a box to its farther sides, up to which a level without anchors
answers for it: FCOS, section 3.2, where 64 px are for stride 8 and so on."""

TILE_OVERLAP = 0.2
"""Part of a tile that its neighbour covers, too: Akyon et al. 2022, SAHI, whose default it is."""

LARGEST_ENLARGEMENT = 2.0
"""Beyond this, an enlarged tile shows nothing that was not there: as `labelaudit train` has it."""

LEAST_SIDE = 1e-3
"""Pixels of the input: sides below count as this, so that products stay above 0."""


@dataclass(frozen=True, eq=False)
class NetworkView:
    """The boxes that one can say something about, as a network sees them."""

    settings: NetworkSettings
    classes: tuple[str, ...]
    box: Ints  # (m,) row in Boxes
    label: Ints  # (m,) index in `classes`
    size: Floats  # (m, 2) width and height in pixels of the input
    centre: Floats  # (m, 2)
    image_size: Floats  # (m, 2) of its image, in its own pixels
    level: Ints  # (m,) that answers for it
    shape_overlap: Floats  # (m,) with the anchor that fits best, wherever it is; 0 without anchors
    vanishes: Bools  # (m,) too thin for the finest level
    crowded: Bools  # (m,) its centre is in the cell of another one that the same anchors answer for

    def __len__(self) -> int:
        return len(self.box)

    def per_class(self, which: Bools | None = None) -> Ints:
        """How many boxes of each class there are, (c,); of those in `which`, if given."""
        label = self.label if which is None else self.label[which]
        return np.bincount(label, minlength=len(self.classes))

    def thinned(self, most: int) -> NetworkView:
        """The same with so many boxes at most, drawn at random; always the same ones."""
        if len(self) <= most:
            return self
        chosen = np.sort(np.random.default_rng(0).choice(len(self), most, replace=False))
        columns: dict[str, Any] = {  # Any: columns of any type
            name: value[chosen]
            for name, value in vars(self).items()
            if isinstance(value, np.ndarray)
        }
        return dataclasses.replace(self, **columns)

    @property
    def weight(self) -> Floats:
        """How much each box counts where anchors are chosen, (m,): less in large classes.

        One over the root of the class's boxes: between boxes that count the same and classes that
        do, as in mAP. A choice.
        """
        weight: Floats = 1 / np.sqrt(np.maximum(self.per_class(), 1))
        return weight[self.label]

    def overlap(self, strides: Sequence[int], anchors: Sequence[Floats]) -> Floats:
        """The best overlap of each box with an anchor in its place on the grid, (m,).

        Parameters
        ----------
        strides:
            of levels.
        anchors:
            (k, 2) width and height for each level, in pixels of the input.
        """
        best = np.zeros(len(self))
        for stride, level in zip(strides, anchors, strict=True):
            for anchor in level:
                found = placed_overlap(self.size, self.centre, anchor, stride)
                np.maximum(best, found, out=best)
        return best

    def matched(self, strides: Sequence[int], anchors: Sequence[Floats]) -> Bools:
        """Which boxes some anchor is matched with, (m,), by the network's own measure."""
        limit = self.settings.side_limit
        if limit is None:
            return self.overlap(strides, anchors) >= MATCHED
        found = np.zeros(len(self), bool)
        for anchor in np.concatenate([np.empty((0, 2)), *anchors]):
            ratio = self.size / anchor
            found |= np.maximum(ratio, 1 / ratio).max(axis=1) < limit
        return found


def network_view(derived: DatasetColumns, settings: NetworkSettings, single: Bools) -> NetworkView:
    """What a network sees of a dataset.

    Crowds, difficult boxes, boxes without a class or an inside are left out, and those in images
    whose sizes nobody knows.

    Parameters
    ----------
    derived:
        of the dataset.
    settings:
        of the network.
    single:
        (n,) which boxes are no duplicates of others: only these can crowd each other.
    """
    dataset = derived.dataset
    used = derived.is_valid & derived.in_range & derived.is_evaluated
    used &= (derived.box_class != MISSING) & (dataset.boxes.image != MISSING)
    used &= ~np.append(dataset.images.assumed, True)[dataset.boxes.image]
    box = np.flatnonzero(used)
    image_size = derived.image_size_of(box)
    known = np.isfinite(image_size).all(axis=1)
    box, image_size = box[known], image_size[known]
    scale = settings.scales(image_size)
    size = np.maximum(dataset.boxes.size[box] * scale, LEAST_SIDE)
    xyxy = dataset.boxes.xyxy[box]
    centre = (xyxy[:, :2] + xyxy[:, 2:]) / 2 * scale
    found = answering(size, settings.strides, settings.anchor_levels)
    place = _places(settings, centre, found, dataset.boxes.image[box])
    return NetworkView(
        settings,
        tuple(derived.classes),
        box,
        derived.box_class[box].astype(np.int64),
        size,
        centre,
        image_size,
        found.level,
        found.overlap,
        size.min(axis=1) < LEAST_PART * settings.strides[0],
        _shared(place, single[box]),
    )


@dataclass(frozen=True, eq=False)
class Answering:
    """What answers for each box, by shape alone."""

    level: Ints  # (m,)
    slot: Ints  # (m,) anchor, counted over all levels; the level itself without anchors
    overlap: Floats  # (m,) with that anchor; 0 without anchors


def answering(size: Floats, strides: Sequence[int], anchors: Sequence[Floats]) -> Answering:
    """The anchor that fits each box best, with its level; the level that reaches it without any.

    Parameters
    ----------
    size:
        (m, 2) of boxes in pixels of the input.
    strides:
        of levels, one at least.
    anchors:
        (k, 2) of each level; nothing for a network without any.
    """
    if not len(anchors):
        level = _by_reach(strides, size)
        return Answering(level, level, np.zeros(len(size)))
    overlap, slot = best_anchors(size, np.concatenate(anchors))
    owner = np.repeat(np.arange(len(anchors)), [len(level) for level in anchors])
    return Answering(owner[slot], slot, overlap)


def _by_reach(strides: Sequence[int], size: Floats) -> Ints:
    """The finest level that reaches the sides of each box from its middle, (m,); else the last."""
    reach = REACH * np.array(strides[:-1], np.float64)
    level: Ints = np.searchsorted(reach, size.max(axis=1) / 2)
    return level


def _places(settings: NetworkSettings, centre: Floats, found: Answering, image: Rows) -> Ints:
    """A number for each image, anchor or level, and cell of it, (m,)."""
    stride = np.array(settings.strides, np.float64)[found.level]
    many = max(settings.train_size) + 2
    cell = np.clip(np.floor(centre / stride[:, None]), 0, many - 1).astype(np.int64)
    slots = int(found.slot.max(initial=0)) + 1
    number: Ints = image.astype(np.int64) * slots + found.slot
    return (number * many + cell[:, 0]) * many + cell[:, 1]


def _shared(place: Ints, single: Bools) -> Bools:
    """At which boxes another one has the same place, (m,), duplicates aside."""
    _, which, count = np.unique(place[single], return_inverse=True, return_counts=True)
    found = np.zeros(len(place), bool)
    found[single] = count[which] > 1
    return found


@dataclass(frozen=True)
class TileGrid:
    """Images cut into tiles, each of which the network sees at its full size."""

    columns: int  # of the image in the middle
    rows: int
    vanishing: int  # boxes that still do
    back: tuple[int, ...]  # boxes of each class that vanish no longer
    cut: int  # boxes that no tile can hold whole


def tile_grid(view: NetworkView, along: int) -> TileGrid:
    """What becomes of boxes in tiles, so many along the longer side of an image, nearly square.

    Parameters
    ----------
    view:
        of whole images.
    along:
        tiles.
    """
    longer = view.image_size.max(axis=1, keepdims=True)
    tiles = np.maximum(1, np.round(along * view.image_size / longer))
    side = view.image_size / (tiles - (tiles - 1) * TILE_OVERLAP)
    scale = np.minimum(view.settings.scales(side), LARGEST_ENLARGEMENT)
    whole = view.settings.scales(view.image_size)
    # An image that the network sees enlarged as it is is not made smaller by tiles.
    size = view.size / whole * np.maximum(scale, whole)
    vanishes = size.min(axis=1) < LEAST_PART * view.settings.strides[0]
    cut = (view.size / whole > side).any(axis=1)
    middle = np.median(tiles, axis=0) if len(view) else np.array([along, along])
    return TileGrid(
        int(middle[0]),
        int(middle[1]),
        int(np.count_nonzero(vanishes)),
        tuple(view.per_class(view.vanishes & ~vanishes).tolist()),
        int(np.count_nonzero(cut)),
    )
