"""Crops for the terminal: the part of an image around boxes, with the boxes drawn on it."""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from labelaudit.core.columns import Floats
from labelaudit.core.terminal import Terminal
from labelaudit.review.web.image_tiles import QUALITY, EncodedImage, Extent

MARGIN = 0.5
"""What is shown around a box, by its longer side."""

COLOURS = {"other": "#4cc9f0", "finding": "#ff9f1c", "fix": "#38d39f"}
"""Of the boxes, as on the page; the last one lies on top."""

WIDEST = 60
"""Columns that an image takes at most."""

WORDS = 9
"""Lines of a terminal that are left for what is said of a finding."""


def around(corners: Floats) -> tuple[int, int, int, int] | None:
    """What to show of an image around boxes, (n, 4), in whole pixels; None if they are nowhere."""
    if not np.isfinite(corners).all() or np.abs(corners).max() > 1e6:
        return None
    low = np.minimum(corners[:, :2], corners[:, 2:]).min(axis=0)
    high = np.maximum(corners[:, :2], corners[:, 2:]).max(axis=0)
    margin = MARGIN * max(float((high - low).max()), 16.0)
    left, top = np.floor(low - margin).astype(int).tolist()
    right, bottom = np.ceil(high + margin).astype(int).tolist()
    return left, top, right, bottom


def drawn(path: Path, terminal: Terminal) -> bool:
    """Whether the image was drawn on the terminal: by sixels, by kitty's protocol or in cells.

    It is not where the terminal draws nothing, has no size, or answers what nobody can read.
    """
    if terminal.is_dumb_terminal:
        return False
    # A terminal that does not answer is logged with a traceback, which would stand in the review.
    logging.getLogger("textual_image").setLevel(logging.CRITICAL)
    try:
        # Asks the terminal what it can when it is imported, so not where there is none.
        from textual_image.renderable import Image as Drawn  # noqa: PLC0415
    except (ImportError, OSError, ArithmeticError, ValueError):
        return False
    # As high as the terminal has room for under the words; a cell is about twice as high as wide.
    width = min(WIDEST, max(20, 2 * (terminal.height - WORDS)))
    try:
        terminal.print(Drawn(str(path), width=width, height="auto"))
    except (OSError, ArithmeticError, ValueError):  # a size of 0 x 0, say
        return False
    return True


def marked(encoded: EncodedImage, extent: Extent, corners: Mapping[str, Floats]) -> bytes:
    """The image of `extent` as a JPEG with boxes, in pixels of the image, drawn on it.

    Parameters
    ----------
    encoded:
        of `extent`, encoded.
    extent:
        left, top, right, bottom in pixels of the image.
    corners:
        (4,) of a box or (n, 4) of several, in pixels of the image, by what they are called.

    Examples
    --------
    >>> seen = EncodedImage.of(Image.new("RGB", (40, 40)))
    >>> done = marked(seen, (0, 0, 80, 80), {"fix": np.array([20.0, 20, 60, 60])})
    >>> image = Image.open(io.BytesIO(done))
    >>> image.getpixel((10, 20))[1] > 100 > image.getpixel((20, 20))[1]
    True
    """
    image = Image.open(io.BytesIO(encoded.content)).convert("RGB")
    pen = ImageDraw.Draw(image)
    left, top, right, bottom = extent
    scale = np.tile([image.width / (right - left), image.height / (bottom - top)], 2)
    for name, colour in COLOURS.items():
        for box in np.atleast_2d(corners[name]) if name in corners else ():
            if not np.isfinite(box).all():
                continue
            shown = (box - np.tile([left, top], 2)) * scale
            low, high = np.minimum(shown[:2], shown[2:]), np.maximum(shown[:2], shown[2:])
            pen.rectangle([*np.clip(low, -9, 9999), *np.clip(high, -9, 9999)], None, colour, 2)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
