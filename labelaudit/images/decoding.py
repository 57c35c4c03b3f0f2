"""Pixels of image files of any kind as red, green and blue in 8 bits.

Pixels stay as they are stored, which is the frame that boxes are in: EXIF does not turn an image.
Where it has more than 8 bits or is transparent, people and networks need different pixels: people
want to see what is there, networks that the same object is the same in every image. Decoding raises
what `headers.REFUSALS` lists.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from labelaudit.core.columns import Floats

Pixels: TypeAlias = NDArray[np.uint8]


def rgb_for_people(image: Image.Image) -> Image.Image:
    """An image of any mode with all that is in it to be seen.

    More than 8 bits are stretched from the darkest to the brightest pixel; what is transparent lies
    on grey.
    """
    if image.mode == "RGB":
        image.load()
        return image.copy()
    if image.mode in ("F", "I") or image.mode.startswith("I;16"):
        return Image.fromarray(_stretched(np.asarray(image, np.float64))).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        drawn = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", drawn.size, "grey"), drawn).convert("RGB")
    return image.convert("RGB")


def rgb_for_networks(image: Image.Image) -> Image.Image:
    """An image of any mode whose values mean the same in every image of its depth.

    More than 8 bits are scaled by their depth; what is transparent shows its colour.
    """
    if image.mode.startswith(("I", "F")):
        return Image.fromarray(_scaled_by_depth(np.asarray(image, np.float64))).convert("RGB")
    if "transparency" in image.info:
        image = image.convert("RGBA")
    return image.convert("RGB")


def _stretched(values: Floats) -> Pixels:
    """Grey values in 8 bits, from the darkest to the brightest; what is not finite counts as 0.

    >>> _stretched(np.array([1000.0, 3000, np.nan]))
    array([ 85, 255,   0], dtype=uint8)
    """
    values = np.nan_to_num(values, posinf=0, neginf=0)
    low, high = float(values.min()), float(values.max())
    scaled: Floats = (values - low) * (255 / (high - low) if high > low else 0)
    return scaled.astype(np.uint8)


def _scaled_by_depth(values: Floats) -> Pixels:
    """Grey values of more than 8 bits in 8: the highest of the fewest bits that hold them is white.

    Cameras store 10 or 12 bits in 16, which would be all but black if 16 were taken at their word.

    >>> _scaled_by_depth(np.array([0.0, 1023, 4095]))
    array([  0,  63, 255], dtype=uint8)
    """
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    values = values - min(values.min(initial=0.0), 0.0)
    highest = values.max(initial=0.0)
    bits = 2.0 ** max(np.ceil(np.log2(highest + 1)), 8) - 1 if highest > 1 else 1.0
    return np.asarray(values * (255 / bits), np.uint8)
