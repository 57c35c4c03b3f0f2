"""Whether two pictures are the same but for what saving, resizing and cropping do to pixels.

Noise of compression lies everywhere, and where there are edges more; what moved between two frames
of a video lies in one place, and there it is strong. So a picture is compared block by block.
"""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from labelaudit.core.columns import Floats
from labelaudit.images.duplicates.registration import Grey, registered, sampled
from labelaudit.images.headers import REFUSALS

SIDE = 144
"""Rows and columns at which pictures are compared; a choice."""

BLOCK = 9
"""Rows and columns of a block of them; a choice: 16 x 16 blocks."""

NOISE = 9.0
"""Mean square of differences that are noise anywhere, in grey values; a choice."""

OF_EDGES = 0.1
"""Share of the squared slope of grey values that is noise, too; a choice: a third of a pixel."""

MOST_NOISE = 1.5
"""How often its noise a block of a copy may differ at most; above it, something moved.

Of copies of 786 photographs (JPEG of quality 30, half and twice the size, cut by 10 %), the worst
block differed by 1.29 times its noise; of 286 frames of a camera that stood still while 4 to 8 % of
the sides moved, the least by 1.84 (copies that `benchmarks/copies_of_pictures.py` makes).
"""

MOVED = 0.5
"""How often its noise a block has to differ for it to say that something moved there; a choice."""

STANDS_OUT = 20.0
"""How often the noise of nine in ten blocks the worst one may have in a copy; above it, it moved.

Noise of saving anew lies everywhere: in 86 copies of 64 photographs at JPEG quality 10 and 15 and
at a quarter of the size, the worst block had at most 5.1 times as much. In 14 pairs of frames
before which a piece moved that looks much like what is behind it, it had at least 99 times.
"""

LEAST_NOISE = 1e-3
"""Noise below which blocks are the same, so that the worst of them stands out by itself."""

WORST_ALIKE = 0.9
"""Correlation of pictures below which they are not the same at all; a choice."""

MOST_NOISE_OF_LIGHT = 2.0
"""The same of pictures of other brightness, in which colours were clipped, too; a choice."""

LEAST_DETAIL = 0.7
"""Correlation of details below which two pictures are only alike at large, as skies are; a choice.
"""

CLIPPED = (8, 225)
"""Values of the least of red, green and blue between which brightening took nothing away; a choice.

The picture that is brighter has white where the other has colours: so they are compared by the
least colour, which is white last.
"""

NEARLY_ONE = 0.04
"""How far a gain may be from 1 that clips nothing; a choice."""

DIFFERENT = 4.0
"""Difference of mean grey values that clips nothing, likewise."""

PLACES = (np.arange(SIDE, dtype=np.float32) + np.float32(0.5)) / np.float32(SIDE)
"""Points that are compared, in fractions."""

AROUND = 4
"""Points between a grey value and those that it is a detail of; a choice."""

FRAME = 3
"""Points at the edges of what both show that are not compared."""


@dataclass(frozen=True, eq=False)
class Seen:
    """A picture as it is compared."""

    grey: Grey  # (SIDE, SIDE)
    lowest: Grey  # (SIDE, SIDE) of red, green and blue the least

    @cached_property
    def digest(self) -> bytes:
        """Of both, the same for pictures that are seen the same."""
        return hashlib.blake2b(self.grey.tobytes() + self.lowest.tobytes(), digest_size=16).digest()


@dataclass(frozen=True)
class PixelDigest:
    """What the pixels of an image come to: equal, if all are, of images of one size and mode."""

    size: tuple[int, int]
    mode: str
    digest: bytes


@dataclass(frozen=True, eq=False)
class Compared:
    """How two pictures compare."""

    window: Floats  # (4,) where the second lies in the first, in fractions
    correlation: float
    noise: float  # of the worst block, in how often its noise
    stands_out: float  # how often that is the noise of nine in ten blocks
    detail: float  # correlation of what is left without the mean of what is around
    brighter: float  # mean difference of the second, in grey values
    lit: bool  # whether one is of other brightness or contrast


def seen(path: str, inner: Floats) -> Seen | None:
    """What is inside of the border of an image, (4,) in fractions; None if it is not read."""
    from PIL import Image, ImageChops  # noqa: PLC0415  # 60 ms

    from labelaudit.images.decoding import rgb_for_people  # noqa: PLC0415  # it imports Pillow

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, about odd metadata
        try:
            with Image.open(path) as picture:
                picture.draft("RGB", (2 * SIDE, 2 * SIDE))
                shown = rgb_for_people(picture)
        except (*REFUSALS, Image.DecompressionBombError, MemoryError):
            return None
    width, height = shown.size
    left, top, right, bottom = (inner * [width, height, width, height]).tolist()
    red, green, blue = shown.split()
    pictures = (
        shown.convert("L"),
        ImageChops.darker(red, ImageChops.darker(green, blue)),
    )
    small = [
        one.resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=(left, top, right, bottom))
        for one in pictures
    ]
    return Seen(*(_smooth(np.asarray(one, np.float32)) for one in small))


def turned(picture: Seen, orientation: int) -> Seen:
    """A picture as EXIF says that it is shown."""
    from labelaudit.images.duplicates.cosines import turned_pictures  # noqa: PLC0415

    return Seen(
        *(
            np.ascontiguousarray(turned_pictures(one, orientation))
            for one in (picture.grey, picture.lowest)
        )
    )


def compared(first: Seen, second: Seen, window: Floats) -> Compared:
    """How the second picture, turned as the first, compares with what the first shows there.

    Parameters
    ----------
    first, second:
        as they are seen.
    window:
        (4,) about where the second lies in the first, in fractions.
    """
    one, other = first.grey[None], second.grey[None]
    about = registered(one, other, window[None].astype(np.float32), points=SIDE // 3, steps=4)
    about = registered(one, other, about.window, points=SIDE // 2, steps=3)
    there = sampled(one, about.window, PLACES)
    inside = _shared(about.window[0])
    here_grey, there_grey = second.grey, there.value[0]
    brighter = _mean(here_grey, inside) - _mean(there_grey, inside)
    lit = abs(float(about.gain[0]) - 1) > NEARLY_ONE or abs(brighter) > DIFFERENT
    if lit:
        here_low = second.lowest
        there_low = sampled(first.lowest[None], about.window, PLACES).value[0]
        low, high = CLIPPED
        unclipped = inside & (np.minimum(here_low, there_low) >= low)
        unclipped &= np.maximum(here_low, there_low) <= high
        if unclipped.sum() >= inside.sum() / 4:
            inside, here_grey, there_grey = unclipped, here_low, there_low
    gain, offset, correlation = _line(there_grey[inside], here_grey[inside])
    wrong = np.where(inside, gain * there_grey + offset - here_grey, 0)
    down, across = np.gradient(here_grey)
    noise = NOISE + OF_EDGES * _blocks((across**2 + down**2) * inside, inside)
    details = (_detail(grey)[inside] for grey in (there_grey, here_grey))
    noises = _blocks(wrong * wrong, inside) / noise
    worst = float(noises.max())
    return Compared(
        about.window[0].astype(np.float64),
        correlation,
        worst,
        worst / max(float(np.quantile(noises, 0.9)), LEAST_NOISE),
        _line(*details)[2],
        brighter,
        lit,
    )


def _shared(window: Grey) -> NDArray[np.bool_]:
    """The points of the second picture that are compared: in both, not at the edge of either."""
    edge = FRAME / SIDE
    within = []
    for start, stop in ((window[1], window[3]), (window[0], window[2])):
        there = start + (stop - start) * PLACES
        low, high = np.minimum(there, PLACES), np.maximum(there, PLACES)
        within.append((low >= edge) & (high <= 1 - edge))
    shared: NDArray[np.bool_] = within[0][:, None] & within[1][None, :]
    return shared


def _mean(grey: Grey, inside: NDArray[np.bool_]) -> float:
    return float(grey[inside].mean()) if inside.any() else 0.0


def _line(value: Grey, wanted: Grey) -> tuple[float, float, float]:
    """Gain, offset and correlation of two columns of grey values.

    By sums, not by products of vectors: threads of BLAS take ten times as long for these.
    """
    if len(value) < BLOCK * BLOCK:
        return 1.0, 0.0, 0.0
    apart, wanted_apart = value - value.mean(), wanted - wanted.mean()
    spread, wanted_spread = float((apart**2).sum()), float((wanted_apart**2).sum())
    both = float((apart * wanted_apart).sum())
    gain = both / max(spread, 1e-6)
    correlation = both / max(float(np.sqrt(spread * wanted_spread)), 1e-6)
    return gain, float(wanted.mean() - gain * value.mean()), correlation


def _blocks(values: Grey, inside: NDArray[np.bool_]) -> Grey:
    """The mean of values inside of each block; 0 of blocks of which hardly anything is inside."""
    side = SIDE // BLOCK
    shape = (side, BLOCK, side, BLOCK)
    count = inside.reshape(shape).sum(axis=(1, 3))
    total = values.reshape(shape).sum(axis=(1, 3))
    mean = np.where(count >= BLOCK * BLOCK / 2, total / np.maximum(count, 1), 0)
    return mean.astype(np.float32)


def _detail(grey: Grey) -> Grey:
    """Grey values without the mean of those around: nothing where they change steadily."""
    wide = np.pad(grey, AROUND, mode="edge")
    across = wide[AROUND:-AROUND, : -2 * AROUND] + wide[AROUND:-AROUND, 2 * AROUND :]
    down = wide[: -2 * AROUND, AROUND:-AROUND] + wide[2 * AROUND :, AROUND:-AROUND]
    return (grey - (across + down) / 4).astype(np.float32)


def _smooth(picture: Grey) -> Grey:
    """Each value with its neighbours: what resampling did to single pixels tells nothing."""
    wide = np.pad(picture, 1, mode="edge")
    rows = (wide[:-2] + 2 * wide[1:-1] + wide[2:]) / 4
    return ((rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / 4).astype(np.float32)


def pixel_digest(path: str) -> PixelDigest | None:
    """The digest of the pixels of an image file; None if it is not read."""
    from PIL import Image  # noqa: PLC0415  # 60 ms

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, about odd metadata
        try:
            with Image.open(path) as picture:
                pixels = picture.convert(picture.mode).tobytes()
                digest = hashlib.blake2b(pixels, digest_size=16).digest()
                return PixelDigest(picture.size, picture.mode, digest)
        except (*REFUSALS, Image.DecompressionBombError, MemoryError):
            return None


def same_pixels(first: str, second: str) -> bool:
    """Whether two image files show the same pixels, each and every one."""
    from PIL import Image  # noqa: PLC0415  # 60 ms

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, about odd metadata
        try:
            with Image.open(first) as one, Image.open(second) as other:
                if one.size != other.size:
                    return False
                mode = one.mode if one.mode == other.mode else "RGB"
                return one.convert(mode).tobytes() == other.convert(mode).tobytes()
        except (*REFUSALS, Image.DecompressionBombError, MemoryError):
            return False
