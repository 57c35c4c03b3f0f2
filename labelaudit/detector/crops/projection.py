"""Vectors of crops in few numbers: their principal components, and the shape of the box.

All that judges crops reads these. It is faster than vectors as they are, and finds loose boxes
better (docs/method.md, section 3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

SHAPE_NUMBERS = 3
"""The last numbers of a vector from `roi_features` are the shape of its box; they stay apart, as
three of some thousands they would be lost."""

LENGTH = 512
"""Principal components that are kept (docs/method.md, section 3)."""

ITERATIONS, SPARE = 3, 10
"""Of the randomized SVD: how often it goes back and forth, and directions beyond those wanted."""

SAMPLE = 4_000
"""Crops that the components are worked out from; a choice."""

EPSILON = 1e-3
"""Added to spreads: a number that is the same in all crops is not blown up."""


@dataclass(frozen=True)
class CropProjection:
    """From vectors of crops (b, d) to few numbers (b, p)."""

    directions: NDArray[np.float32]  # (d, p)
    middle: NDArray[np.float32]  # (p,) the mean crop along them

    def __call__(self, vectors: Tensor) -> Tensor:
        """Principal components of vectors (b, d), the first first, then their shape, (b, p)."""
        directions, middle = (
            torch.from_numpy(values).to(vectors.device) for values in (self.directions, self.middle)
        )
        return torch.addmm(-middle, vectors, directions)


def fit_projection(sample: Tensor, length: int, seed: int) -> CropProjection:
    """The projection that keeps most of a sample of crops, each number brought to one spread.

    No class is looked at. So the sample may hold crops of images that a model is to judge: nothing
    leaks of what their labels say.

    Parameters
    ----------
    sample: (n, d) float32 vectors from `roi_features`, on the CPU; n may be 0.
    length: principal components that are wanted; there may be fewer of few crops.
    seed: of the randomized SVD.
    """
    width = sample.shape[1]
    content = width - SHAPE_NUMBERS
    count = max(min(length, len(sample) - 1, content), 0)
    mean, spread = torch.zeros(width), torch.ones(width)
    if len(sample):
        mean, spread = sample.mean(dim=0), sample.std(dim=0, correction=0) + EPSILON
    directions = torch.zeros((width, count + SHAPE_NUMBERS))
    shape = torch.arange(SHAPE_NUMBERS)
    directions[content + shape, count + shape] = 1 / spread[content:]
    if count:
        standard = ((sample - mean) / spread)[:, :content]
        axes = principal_axes(standard, count, seed)
        # Together of spread 1 on average, as each number of the shape is.
        scale = (standard @ axes).square().mean().sqrt() + EPSILON
        directions[:content, :count] = axes / (spread[:content, None] * scale)
    return CropProjection(directions.numpy(), (mean @ directions).numpy())


def principal_axes(centred: Tensor, count: int, seed: int) -> Tensor:
    """The directions in which rows differ most, (d, count), the largest number of each positive.

    Parameters
    ----------
    centred: (n, d) of mean 0.
    count: directions, fewer than n and at most d.
    seed: of the directions that it begins with.

    Source: Halko, Martinsson and Tropp, "Finding structure with randomness", 2011, algorithms 4.4
    and 5.1.
    """
    rows, width = centred.shape
    more = min(count + SPARE, rows, width)
    start = torch.randn((width, more), generator=torch.Generator().manual_seed(seed))
    range_of = torch.linalg.qr(centred @ start).Q
    for _ in range(ITERATIONS):
        back = torch.linalg.qr(centred.T @ range_of).Q
        range_of = torch.linalg.qr(centred @ back).Q
    axes: Tensor = torch.linalg.svd(range_of.T @ centred, full_matrices=False).Vh[:count].T
    largest = axes.gather(0, axes.abs().argmax(dim=0, keepdim=True))
    return torch.mul(axes, largest.sign())
