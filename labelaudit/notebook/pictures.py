"""Small pictures of images with boxes drawn on them, as data addresses."""

from __future__ import annotations

import base64
import io
import math
import warnings
from collections.abc import Iterable, Sequence

from PIL import Image, ImageDraw

from labelaudit.dataset.tables import Dataset
from labelaudit.images.decoding import rgb_for_people
from labelaudit.images.shown_files import NotShownError, ShownFiles, opened
from labelaudit.notebook.marks import Extent, Mark

BLANK = "#8c8c8c"
"""Behind boxes whose image is not at hand; seen on light and on dark pages."""

UNKNOWN_SIZE = (640, 480)
"""Pixels of an image of which nobody knows the size."""

DASH = 6
"""Pixels of a picture that a dash and a gap take each."""

QUALITIES = (80, 50, 20)
"""Of encoded pictures, the first that fits."""

MOST_BYTES = 18_000
"""Of an encoded picture: twenty of them stay below half a megabyte of a notebook; a choice."""

LARGEST = 4096
"""Pixels of a side of an image that is decoded whole; a larger one is decoded smaller if it can."""


class Pictures:
    """The images of a dataset as pixels; the last one is kept."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._files = ShownFiles(dataset)
        self._last: tuple[int, Image.Image, tuple[int, int]] | None = None

    def size(self, image: int) -> tuple[float, float]:
        """Width and height of an image as the labels say; a stand-in if they do not."""
        width, height = self._dataset.images.size[image].tolist()
        known = math.isfinite(width) and math.isfinite(height) and min(width, height) >= 1
        return (width, height) if known else UNKNOWN_SIZE

    def pixels(self, image: int) -> tuple[Image.Image, tuple[int, int]]:
        """An image, perhaps at a part of its size, and its size as it is stored.

        Raises
        ------
        NotShownError
            if it is not at hand, or cannot be read.
        """
        if self._last is None or self._last[0] != image:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Pillow's, about odd metadata and sizes
                with opened(self._files.path(image)) as source:
                    size = source.size
                    if max(size) > LARGEST:
                        source.draft("RGB", (LARGEST, LARGEST))
                    self._last = image, rgb_for_people(source), size
        return self._last[1], self._last[2]

    def drawn(self, image: int, extent: Extent, marks: Iterable[Mark], side: int) -> Image.Image:
        """A part of an image with boxes on it; the boxes alone if it is not at hand.

        Parameters
        ----------
        image:
            row in Images.
        extent:
            the part, in pixels of the image.
        marks:
            the boxes, also in pixels of the image.
        side:
            pixels of the longer side of the picture; small parts are enlarged, four times at most.
        """
        left, top, right, bottom = extent
        scale = min(side / max(right - left, bottom - top), 4.0)
        shape = (max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale)))
        try:
            pixels, size = self.pixels(image)
        except NotShownError:
            picture = Image.new("RGB", shape, BLANK)
        else:
            across, down = pixels.width / size[0], pixels.height / size[1]
            part = (int(left * across), int(top * down), int(right * across), int(bottom * down))
            whole = (*part[:2], max(part[2], part[0] + 1), max(part[3], part[1] + 1))
            cut = pixels.crop(whole)  # black beyond the image, where labels state another size
            picture = cut.resize(shape, Image.Resampling.BILINEAR, reducing_gap=2.0)
        for mark in marks:
            corners = [
                (value - start) * scale
                for value, start in zip(mark.xyxy, (left, top, left, top), strict=True)
            ]
            _draw(picture, corners, mark)
        return picture


def data_address(picture: Image.Image) -> str:
    """A picture as an address that holds it, coarser where it would be long."""
    for quality in QUALITIES:
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality)
        if out.tell() <= MOST_BYTES:
            break
    return f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode()}"


def _draw(picture: Image.Image, corners: Sequence[float], mark: Mark) -> None:
    """Draw a box, three pixels wide, on a light line that parts it from whatever is behind it.

    Parameters
    ----------
    picture:
        that it is drawn on.
    corners:
        in pixels of the picture, in any order.
    mark:
        colour and dashes.
    """
    draw = ImageDraw.Draw(picture)
    left, right = (min(max(one, -9.0), picture.width + 9.0) for one in sorted(corners[::2]))
    top, bottom = (min(max(one, -9.0), picture.height + 9.0) for one in sorted(corners[1::2]))
    draw.rectangle((left - 2, top - 2, right + 2, bottom + 2), outline="#ffffff", width=5)
    for start, end in (
        ((left, top), (right, top)),
        ((left, bottom), (right, bottom)),
        ((left, top), (left, bottom)),
        ((right, top), (right, bottom)),
    ):
        _line(draw, start, end, mark)


def _line(
    draw: ImageDraw.ImageDraw, start: tuple[float, float], end: tuple[float, float], mark: Mark
) -> None:
    """Draw a side of a box.

    Parameters
    ----------
    draw:
        what it is drawn with.
    start, end:
        of the side, which goes right or down.
    mark:
        colour and dashes.
    """
    length = max(end[0] - start[0], end[1] - start[1])
    if not mark.dashed or length < 2 * DASH:
        draw.line((*start, *end), fill=mark.colour, width=3)
        return
    across = end[0] > start[0]
    for at in range(0, int(length), 2 * DASH):
        to = min(at + DASH, length)
        first = (start[0] + at * across, start[1] + at * (not across))
        last = (start[0] + to * across, start[1] + to * (not across))
        draw.line((*first, *last), fill=mark.colour, width=3)
