"""Image files as input of the network: resized, padded, and how large that input is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from PIL import Image

from labelaudit.core.columns import Floats
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.images.decoding import Pixels, rgb_for_networks
from labelaudit.images.headers import REFUSALS
from labelaudit.storage.at_hand import at_hand

Size: TypeAlias = tuple[int, int]  # height, width

GREY = 127
"""Value of the padding beside an image, near the middle of what networks are trained on."""

LARGEST_ENLARGEMENT = 2.0
"""Beyond this, an enlarged image costs time and shows nothing that was not there; a choice."""

LEAST_SIDE = 14.0
"""Pixels of the network that nine of ten sides of boxes shall have at least; a choice."""

LEAST_AREA, LARGEST_AREA = 288 * 384, 512 * 640
"""Pixels of the network's input: below, small objects are lost; above, time grows with the area.

A choice; one size of input was not compared with another.
"""

GRID = 32
"""Sides of the network's input are multiples of the coarsest stride of any backbone."""


@dataclass(frozen=True)
class PreprocessedImage:
    """An image in the top left corner of the network's input, as stored: EXIF does not turn it.

    Labels are in stored pixels.
    """

    pixels: Pixels  # (3, h, w) RGB
    size: tuple[int, int] = (0, 0)  # width, height of the file
    error: str = ""  # why it cannot be read; empty if it can


def preprocess(path: str, input_size: Size) -> PreprocessedImage:
    """The image in a file, resized and padded to height x width, its aspect kept.

    Grey, palette, 16-bit and CMYK images become RGB. A file that is missing or broken gives a grey
    input size and an error.
    """
    blank = np.full((3, *input_size), GREY, np.uint8)
    if not path:
        return PreprocessedImage(blank, error="not found on disk")
    at_hand([path])
    try:
        with Image.open(path) as image:
            size = image.size
            scale = fitting_scale(size, input_size)
            width, height = (max(1, round(side * scale)) for side in size)
            # A JPEG can be decoded at half its size or less; twice is left for a good resize.
            image.draft("RGB", (2 * width, 2 * height))
            small = rgb_for_networks(image).resize(
                (width, height), Image.Resampling.BILINEAR, reducing_gap=2.0
            )
    except (*REFUSALS, MemoryError, Image.DecompressionBombError) as error:
        return PreprocessedImage(blank, error=str(error).split("\n")[0] or type(error).__name__)
    blank[:, :height, :width] = np.asarray(small).transpose(2, 0, 1)
    return PreprocessedImage(blank, size)


def fitting_scale(size: tuple[float, float], input_size: Sequence[int]) -> float:
    """The factor that fits an image of width x height into an input of height x width.

    >>> fitting_scale((640, 480), (288, 384)), fitting_scale((30, 30), (288, 384))
    (0.6, 2.0)
    """
    return min(input_size[1] / size[0], input_size[0] / size[1], LARGEST_ENLARGEMENT)


def fitting_scales(size: Floats, input_size: Size) -> Floats:
    """`fitting_scale` of each image, (n,), for widths and heights (n, 2); NaN for NaN."""
    fit = np.min(np.array([input_size[1], input_size[0]]) / size, axis=1)
    scales: Floats = np.minimum(fit, LARGEST_ENLARGEMENT)
    return scales


def choose_input_size(derived: DatasetColumns) -> Size:
    """Height and width of the network's image for a dataset, multiples of 32.

    The aspect is that of the images in the middle. The area is what lets nine of ten sides of boxes
    have 14 pixels, within limits that keep the time on a processor in minutes.
    """
    boxes = derived.dataset.boxes
    used = (
        derived.is_valid
        & derived.in_range
        & derived.is_evaluated
        & np.isfinite(derived.image_size).all(axis=1)
    )
    # An image is scaled as a whole: what counts is a side as part of its image's.
    root = np.sqrt(derived.image_size[used].prod(axis=1))
    sides = (boxes.size[used] / root[:, None]).ravel()
    least = max(float(np.percentile(sides, 10)), 1e-6) if len(sides) else 1.0
    area = np.clip((LEAST_SIDE / least) ** 2, LEAST_AREA, LARGEST_AREA)
    size = derived.dataset.images.size[derived.dataset.images.path != ""]
    size = size[(size >= 1).all(axis=1)]
    if len(size) == 0:
        return _input_size_of(float(area), 4 / 3)
    possible = np.median(size.prod(axis=1)) * LARGEST_ENLARGEMENT**2
    return _input_size_of(float(min(area, possible)), float(np.median(size[:, 0] / size[:, 1])))


def _input_size_of(area: float, aspect: float) -> Size:
    """Height and width of about an area and an aspect (width over height).

    >>> _input_size_of(288 * 384, 4 / 3)
    (288, 384)
    """
    aspect = min(max(aspect, 1 / 3), 3.0)
    width = (area * aspect) ** 0.5
    height, width = (max(1, round(side / GRID)) * GRID for side in (width / aspect, width))
    return height, width
