from __future__ import annotations

import os

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.auditing.setting_types import Count

BILLION = 1 << 30
"""Pixels above which OpenCV refuses an image, as its CV_IO_MAX_IMAGE_PIXELS is by default."""


@rule(
    "IMG014",
    "huge-image",
    message="image {image} is {width:,.0f} x {height:,.0f} px, {millions:,.0f} million pixels"
    "{within}: {who}",
    severity=Severity.ERROR,
    needs=Need.IMAGE_FILES,
    scope=Scope.RECORDS,
)
def huge_image(
    audit: AuditContext, *, max_pixels: Count = 178_956_970, many_pixels: Count = 89_478_485
) -> Found:
    """An image of more pixels than what trainers open it with agrees to decode.

    Why it hurts: Pillow takes it for a decompression bomb and stops, and so does what opens images
    with it. Decoded it fills the memory of each worker that comes to it: three bytes a pixel, and a
    file of some kilobytes can hold billions. Mostly it is a whole scan or an aerial picture that
    was never cut into tiles, or a header that is damaged.

    Sizes are those of the files; no pixel is decoded. What Pillow only warns of is worth knowing.

    Settings:
        max_pixels: an image of more pixels is an error.
        many_pixels: one of more pixels than that is worth knowing.

    Why these defaults: those at which Pillow raises DecompressionBombError, and warns. The largest
    image of BCCD, cards and COCO has a two-hundredth of them.

    Example:
        >>> from labelaudit.testing import before_and_after, coco_text, one_image
        >>> large = coco_text(one_image("car 10 10 40 40", size=(3000, 2000)))
        >>> small = coco_text(one_image("car 10 10 40 40", size=(1500, 1000)))
        >>> wrong = {"labels.json": large, "image.jpg": (3000, 2000)}
        >>> right = {"labels.json": small, "image.jpg": (1500, 1000)}
        >>> limits = {"max_pixels": 5_000_000, "many_pixels": 4_000_000}
        >>> print(before_and_after(huge_image, wrong, right, **limits))
        Found: image image.jpg is 3,000 x 2,000 px, 6 million pixels in 123 kB: Pillow takes it for
            a decompression bomb and stops
        image.jpg, wrong (-) and right (+):
        - JPEG RGB, 3000 x 2000 px, brightness 52%
        + JPEG RGB, 1500 x 1000 px, brightness 52%
        labels.json, wrong (-) and right (+):
        - {"id": 1, "file_name": "image.jpg", "width": 3000, "height": 2000}
        + {"id": 1, "file_name": "image.jpg", "width": 1500, "height": 1000}

    Fix: none. Cut it into tiles, with its boxes, or scale both down.

    Source: Image.MAX_IMAGE_PIXELS of Pillow; loadsave.cpp of OpenCV.
    """
    size = audit.headers.size
    pixels = size.prod(axis=1)
    with np.errstate(invalid="ignore"):
        image = np.flatnonzero(pixels > min(max_pixels, many_pixels))
    pixels = pixels[image]
    return found(
        image=image,
        severity=[Severity.ERROR if one > max_pixels else Severity.INFO for one in pixels],
        width=size[image, 0],
        height=size[image, 1],
        millions=pixels / 1e6,
        within=[_in_a_file(path) for path in audit.dataset.images.path[image].tolist()],
        who=[_who(one, max_pixels) for one in pixels.tolist()],
    )


def _who(pixels: float, max_pixels: int) -> str:
    if pixels > BILLION:
        return "Pillow and OpenCV refuse it"
    if pixels > max_pixels:
        return "Pillow takes it for a decompression bomb and stops"
    return "Pillow warns of a decompression bomb"


def _in_a_file(path: str) -> str:
    """The size of a file in words, which tells a bomb from a photograph."""
    try:
        count = os.stat(path).st_size
    except OSError:
        return ""
    megabytes = count / 1e6
    return f" in {megabytes:,.0f} MB" if megabytes >= 10 else f" in {count / 1e3:,.0f} kB"
