"""How a box is put wrong on purpose: one function for each kind of mistake.

Each draws a box for every object from a generator. The numbers here only have to reach far enough:
`label_noise.py` draws again for boxes whose IoU with the object is not what their family wants
(docs/method.md, section 5).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from labelaudit.core.columns import Floats
from labelaudit.core.table import Table, column


@dataclass(frozen=True, eq=False, repr=False)
class Objects(Table):
    """Labelled objects whose boxes are to be put wrong, with what there is around them."""

    xyxy: Floats = column(np.float64, 4, fill=np.nan)  # (n, 4) in pixels
    image_size: Floats = column(np.float64, 2, fill=np.nan)  # (n, 2) width and height of the image
    # (n, 4) the next label of the image to its right; NaN for the last
    neighbour: Floats = column(np.float64, 4, fill=np.nan)

    @property
    def sides(self) -> Floats:
        """Width, height, width, height of each box, (n, 4)."""
        size = self.xyxy[:, 2:] - self.xyxy[:, :2]
        return np.hstack([size, size])


Distortion: TypeAlias = Callable[[np.random.Generator, Objects], Floats]
"""From n objects to a wrong box of each, (n, 4) in pixels; NaN where there can be none."""

CORNER_NOISE = 0.22
"""Standard deviation, of the side: most of such draws have an IoU between .3 and .75."""


def jittered(rng: np.random.Generator, objects: Objects) -> Floats:
    """Every side moved on its own, as by a careless hand."""
    return objects.xyxy + rng.normal(0, CORNER_NOISE, objects.xyxy.shape) * objects.sides


def grown(rng: np.random.Generator, objects: Objects) -> Floats:
    """Every side moved outwards: a box with air around its object."""
    moves = rng.uniform(0.02, 0.4, objects.xyxy.shape) * (-1, -1, 1, 1)
    return objects.xyxy + moves * objects.sides


def shrunk(rng: np.random.Generator, objects: Objects) -> Floats:
    """Every side moved inwards: a box that cuts its object off all round."""
    moves = rng.uniform(0.02, 0.25, objects.xyxy.shape) * (1, 1, -1, -1)
    return objects.xyxy + moves * objects.sides


def one_sided(rng: np.random.Generator, objects: Objects) -> Floats:
    """One side moved, in or out, the others as they were."""
    moves = rng.uniform(0.25, 1.0, len(objects)) * rng.choice((-1, 1), len(objects))
    which = np.arange(4) == rng.integers(0, 4, len(objects))[:, None]
    return objects.xyxy + np.where(which, moves[:, None], 0) * objects.sides


def displaced(rng: np.random.Generator, objects: Objects) -> Floats:
    """The whole box moved, its size kept."""
    moves = rng.normal(0, 0.3, (len(objects), 2))
    return objects.xyxy + np.hstack([moves, moves]) * objects.sides


def part(rng: np.random.Generator, objects: Objects) -> Floats:
    """Only a part of the object, from one of its corners or one half of it."""
    kept = rng.uniform(0.4, 1.0, (len(objects), 2))
    start = rng.choice((0.0, 1.0), (len(objects), 2)) * (1 - kept)
    low = objects.xyxy[:, :2] + start * objects.sides[:, :2]
    return np.hstack([low, low + kept * objects.sides[:, :2]])


def merged(_: np.random.Generator, objects: Objects) -> Floats:
    """One box around the object and its neighbour; NaN where it has none."""
    low = np.minimum(objects.xyxy[:, :2], objects.neighbour[:, :2])
    return np.hstack([low, np.maximum(objects.xyxy[:, 2:], objects.neighbour[:, 2:])])


def anywhere(rng: np.random.Generator, objects: Objects) -> Floats:
    """A box of about the object's size in any place of its image."""
    size = objects.sides[:, :2] * np.exp(rng.normal(0, 0.3, (len(objects), 2)))
    low = rng.uniform(0, 1, size.shape) * np.maximum(objects.image_size - size, 1)
    return np.hstack([low, low + size])


def beside(rng: np.random.Generator, objects: Objects) -> Floats:
    """The box moved so far that hardly anything of its object is left in it."""
    angle = rng.uniform(0, 2 * np.pi, len(objects))
    reach = rng.uniform(0.4, 1.1, len(objects))
    moves = np.stack([np.cos(angle), np.sin(angle)], axis=1) * reach[:, None]
    return objects.xyxy + np.hstack([moves, moves]) * objects.sides


def repeated(rng: np.random.Generator, objects: Objects) -> Floats:
    """The object once more, by another hand."""
    return objects.xyxy + rng.normal(0, 0.05, objects.xyxy.shape) * objects.sides
