"""Small pictures of what findings are about, as many as fit into the page."""

from __future__ import annotations

import base64
import hashlib
import io
import warnings
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from PIL import Image, features

from labelaudit.core.parallel import cores, map_groups
from labelaudit.dataset.tables import Dataset
from labelaudit.images.decoding import rgb_for_people
from labelaudit.images.shown_files import NotShownError, ShownFiles, opened

BUDGET = 5_500_000
"""Characters of the page that pictures take at most; a choice: with 2,000 findings of 10,000 images
the page stays below 10 MB (benchmarks/html_report.py, benchmarks/results/html_report.md)."""

MOST_SCENES = 2_000
"""Pictures at most, so that a report does not take longer than the scan; a choice."""

MOST_SIDE, LEAST_SIDE = 320, 120
"""Pixels of the longer side of a picture where there are few, and where there are most."""

PER_PIXEL = 0.22
"""Characters that a pixel of a picture takes, by which their sides are chosen; a choice on the safe
side of what photographs take (benchmarks/results/html_report.md)."""

QUALITY = 60
"""Of the encoded pictures."""

DECODERS = 4
"""Images that are decoded at the same time, at most."""


class Scene(NamedTuple):
    """A part of an image that is shown: left, top, right, bottom in pixels of the image."""

    image: int  # row in Images
    extent: tuple[int, int, int, int] | None  # None: all of it


@dataclass(frozen=True)
class Crop:
    """The pixels of a scene, as far as they are in the image, and where they lie in it."""

    left: int
    top: int
    width: int
    height: int
    image_size: tuple[int, int]  # width, height of the whole image
    href: str  # a data address

    @property
    def name(self) -> str:
        """What it is called in the page; equal crops have equal names."""
        place = f"{self.left} {self.top} {self.width} {self.height} {self.href}"
        return "p" + hashlib.blake2b(place.encode(), digest_size=6).hexdigest()


@dataclass(frozen=True)
class Crops:
    """What came of scenes."""

    shown: Mapping[Scene, Crop] = field(default_factory=dict)
    reasons: Mapping[Scene, str] = field(default_factory=dict)  # why a scene cannot be shown
    left_out: int = 0  # scenes for which there was no room


def crops_of(dataset: Dataset, scenes: Iterable[Scene], *, budget: int = BUDGET) -> Crops:
    """The pictures of scenes, those that come first first, within a budget of characters.

    Parameters
    ----------
    dataset:
        whose images are shown.
    scenes:
        of which pictures are wanted; equal ones count once.
    budget:
        characters that all pictures take at most.
    """
    every = list(dict.fromkeys(scenes))
    wanted = every[:MOST_SCENES]
    side = _side(len(wanted), budget)
    by_image: dict[int, list[Scene]] = defaultdict(list)
    for scene in wanted:
        by_image[scene.image].append(scene)
    files = ShownFiles(dataset)

    def cut(image: int) -> list[Crop] | str:
        try:
            return _cut(files, image, by_image[image], side)
        except NotShownError as error:
            return str(error)

    threads = min(cores(), DECODERS)
    groups = [list(by_image)[start::threads] for start in range(threads)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, about odd metadata and sizes
        done = dict(map_groups(cut, filter(None, groups), threads))
    return _within(budget, wanted, by_image, done, len(every) - len(wanted))


def _side(count: int, budget: int) -> int:
    """Pixels of the longer side of each of so many pictures of three by four."""
    fitting = (budget / max(count, 1) / PER_PIXEL / 0.75) ** 0.5
    return int(min(max(fitting, LEAST_SIDE), MOST_SIDE))


def _within(
    budget: int,
    wanted: Sequence[Scene],
    by_image: Mapping[int, Sequence[Scene]],
    done: Mapping[int, list[Crop] | str],
    left_out: int,
) -> Crops:
    """The first of the pictures that fit into the budget.

    Parameters
    ----------
    budget:
        in characters.
    wanted:
        scenes, the most important first.
    by_image:
        the scenes of each image.
    done:
        their crops in the same order, or why the image cannot be shown.
    left_out:
        scenes that were not tried.
    """
    shown, reasons, names, used = {}, {}, set(), 0
    for scene in wanted:
        crops = done[scene.image]
        if isinstance(crops, str):
            reasons[scene] = crops
            continue
        crop = crops[by_image[scene.image].index(scene)]
        if crop.name not in names and used + len(crop.href) > budget:
            left_out += 1
            continue
        used += 0 if crop.name in names else len(crop.href)
        names.add(crop.name)
        shown[scene] = crop
    return Crops(shown, reasons, left_out)


def _cut(files: ShownFiles, image: int, scenes: Sequence[Scene], side: int) -> list[Crop]:
    """The pictures of scenes of one image, which is decoded once.

    Parameters
    ----------
    files:
        of the dataset.
    image:
        row in Images.
    scenes:
        of that image.
    side:
        pixels of their longer sides, at most.
    """
    with opened(files.path(image)) as source:
        size = source.size
        extents = [_inside(scene.extent or (0, 0, *size), size) for scene in scenes]
        smallest = min(max(right - left, bottom - top) for left, top, right, bottom in extents)
        if smallest > 2 * side:  # a JPEG is decoded at a part of its size right away
            width, height = (-(-one * side // smallest) for one in size)
            source.draft("RGB", (width, height))
        pixels = rgb_for_people(source)
    return [_crop(pixels, extent, size, side) for extent in extents]


def _inside(extent: tuple[int, int, int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """What of an extent lies in an image; a pixel of its edge if nothing does."""
    left, right = (min(max(one, 0), size[0]) for one in extent[::2])
    top, bottom = (min(max(one, 0), size[1]) for one in extent[1::2])
    left, top = min(left, size[0] - 1), min(top, size[1] - 1)
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _crop(
    pixels: Image.Image, extent: tuple[int, int, int, int], size: tuple[int, int], side: int
) -> Crop:
    """One picture.

    Parameters
    ----------
    pixels:
        of the image, perhaps fewer than it has.
    extent:
        left, top, right, bottom in pixels of the image.
    size:
        of the image.
    side:
        pixels of the longer side, at most; nothing is enlarged.
    """
    left, top, right, bottom = extent
    by = pixels.width / size[0], pixels.height / size[1]
    part = (left * by[0], top * by[1], right * by[0], bottom * by[1])
    wide, high = part[2] - part[0], part[3] - part[1]
    shrink = min(1.0, side / max(wide, high))
    small = pixels.resize(
        (max(1, round(wide * shrink)), max(1, round(high * shrink))),
        Image.Resampling.BILINEAR,
        box=part,
        reducing_gap=2.0,
    )
    return Crop(left, top, right - left, bottom - top, size, encoded(small))


def encoded(image: Image.Image) -> str:
    """A picture as a data address: WebP, or JPEG where this Pillow cannot write it."""
    kind = "webp" if features.check("webp") else "jpeg"
    out = io.BytesIO()
    image.save(out, kind.upper(), quality=QUALITY)
    return f"data:image/{kind};base64,{base64.b64encode(out.getvalue()).decode()}"
