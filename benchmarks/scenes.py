"""Invented scenes: images of everyday sizes and the boxes of a clean, plausible dataset.

Boxes stand in a jittered grid of cells, one box a cell, and grow over their neighbours. So scenes
are as crowded as photographs, yet no two boxes of an image coincide: centres are half a cell apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SIZES = np.array(
    [[640, 480], [480, 640], [640, 427], [640, 640], [500, 375], [612, 612], [427, 640]]
)
SIZE_SHARES = np.array([0.36, 0.14, 0.25, 0.06, 0.07, 0.05, 0.07])
NAMES_IN_ORDER = """
person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light,
fire hydrant, stop sign, parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant,
bear, zebra, giraffe, backpack, umbrella, handbag, tie, suitcase, frisbee, skis, snowboard,
sports ball, kite, baseball bat, baseball glove, skateboard, surfboard, tennis racket, bottle,
wine glass, cup, fork, knife, spoon, bowl, banana, apple, sandwich, orange, broccoli, carrot,
hot dog, pizza, donut, cake, chair, couch, potted plant, bed, dining table, toilet, tv,
laptop, mouse, remote, keyboard, cell phone, microwave, oven, toaster, sink, refrigerator,
book, clock, vase, scissors, teddy bear, hair drier, toothbrush
"""
NAMES = tuple(name.strip() for name in NAMES_IN_ORDER.split(","))
SMALLEST_SIDE = 6.0
LARGEST_SIDE_IN_CELLS = 2.2
CROWD_SHARE = 0.01
UNLABELLED_SHARE = 0.009  # as in COCO train2017


@dataclass(frozen=True)
class Scenes:
    """Images and their boxes, as columns; the boxes in no particular order."""

    id: Ints  # (n,) unique, unordered, with gaps
    size: Ints  # (n, 2) width and height in pixels
    image: Ints  # (m,) row of the image a box stands in
    label: Ints  # (m,) row of NAMES; a few are very common and most rare
    box: Ints  # (m, 4) left, top, right, bottom in hundredths of a pixel, inside the image
    crowd: Bools  # (m,) a region around many, about one in a hundred

    def boxes_of_images(self) -> list[Ints]:
        """The rows of the boxes in each image."""
        order = np.argsort(self.image, kind="stable")
        stops = np.cumsum(np.bincount(self.image, minlength=len(self.id)))
        return np.split(order, stops[:-1])


def draw_scenes(images: int, boxes: int, *, seed: int = 0) -> Scenes:
    """Exactly so many images and boxes, the same ones for the same seed."""
    random = np.random.default_rng(seed)
    size = SIZES[random.choice(len(SIZES), images, p=SIZE_SHARES)]
    count = _boxes_per_image(images, boxes, random)
    image = np.repeat(np.arange(images), count)
    box = _boxes(size, count, image, random)
    order = random.permutation(boxes)
    return Scenes(
        id=random.permutation(np.cumsum(random.integers(1, 9, images))),
        size=size,
        image=image[order],
        label=_labels(image, images, random)[order],
        box=box[order],
        crowd=random.random(boxes) < CROWD_SHARE,
    )


def _boxes_per_image(images: int, boxes: int, random: np.random.Generator) -> Ints:
    """Long-tailed counts that add up to `boxes`: mostly a few, now and then a hundred."""
    labelled = random.random(images) >= UNLABELLED_SHARE
    busyness = random.gamma(0.8, size=images) * labelled
    more = random.multinomial(boxes - int(labelled.sum()), busyness / busyness.sum())
    return np.asarray(more + labelled, np.int64)


def _boxes(size: Ints, count: Ints, image: Ints, random: np.random.Generator) -> Ints:
    """One box in each used cell of its image's grid, (m, 4) in hundredths of a pixel."""
    columns = np.ceil(np.sqrt(count)).astype(np.int64)
    grid = np.stack([columns, -(-count // np.maximum(columns, 1))], axis=1)[image]
    place = np.arange(len(image)) - np.repeat(np.cumsum(count) - count, count)
    cell = size[image] / grid
    position = np.stack([place % grid[:, 0], place // grid[:, 0]], axis=1)
    centre = (position + random.uniform(0.25, 0.75, cell.shape)) * cell
    scale = random.normal(-0.9, 0.75, (len(cell), 1)) + random.normal(0, 0.3, cell.shape)
    side = np.clip(cell * np.exp(scale), SMALLEST_SIDE, LARGEST_SIDE_IN_CELLS * cell)
    # Cut both sides alike at the border: cutting one would move the centre towards a neighbour's.
    half = np.minimum(side / 2, np.minimum(centre, size[image] - centre))
    low = np.floor((centre - half) * 100).astype(np.int64)
    high = np.floor((centre + half) * 100).astype(np.int64)
    return np.concatenate([low, high], axis=1)


def _labels(image: Ints, images: int, random: np.random.Generator) -> Ints:
    """A class for each box: seven in ten are of the kind their image is mostly about."""
    share = 1 / np.arange(3, len(NAMES) + 3)
    cumulative = np.cumsum(share / share.sum())
    main = np.searchsorted(cumulative[:-1], random.random(images))
    other = np.searchsorted(cumulative[:-1], random.random(len(image)))
    return np.where(random.random(len(image)) < 0.7, main[image], other)
