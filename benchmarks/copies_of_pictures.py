"""Copies of photographs as datasets have them: saved anew, resized, cropped, mirrored and so on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

Picture = Image.Image
Change = Callable[[Picture, np.random.Generator], Picture]


def _cropped(share: float) -> Change:
    """Both sides cut by a share, somewhere."""

    def change(picture: Picture, random: np.random.Generator) -> Picture:
        width, height = picture.size
        cut = np.array([width, height]) * share
        left, top = (cut * random.random(2)).astype(int).tolist()
        right, bottom = left + width - int(cut[0]), top + height - int(cut[1])
        return picture.crop((left, top, right, bottom))

    return change


def _resized(factor: float) -> Change:
    def change(picture: Picture, random: np.random.Generator) -> Picture:
        _ = random
        size = (max(1, round(side * factor)) for side in picture.size)
        return picture.resize(tuple(size), Image.Resampling.LANCZOS)  # type: ignore[arg-type]  # two

    return change


def _bordered(picture: Picture, random: np.random.Generator) -> Picture:
    share = random.uniform(0.02, 0.1)
    colour = tuple(random.choice([(0, 0, 0), (255, 255, 255), (114, 114, 114)]).tolist())
    return ImageOps.expand(picture, round(max(picture.size) * share), colour)


def _letterboxed(picture: Picture, random: np.random.Generator) -> Picture:
    _ = random
    return ImageOps.pad(picture, (640, 640), color=(114, 114, 114))


def _brightened(factor: float) -> Change:
    def change(picture: Picture, random: np.random.Generator) -> Picture:
        _ = random
        return ImageEnhance.Brightness(picture).enhance(factor)

    return change


def _turned(*transposes: Image.Transpose) -> Change:
    return lambda picture, random: picture.transpose(
        transposes[int(random.integers(len(transposes)))]
    )


def _as_it_is(picture: Picture, random: np.random.Generator) -> Picture:
    _ = random
    return picture


FLIPS = (Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.FLIP_TOP_BOTTOM)
TURNS = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)

KINDS: Mapping[str, tuple[Change, str, int]] = {
    "saved as PNG": (_as_it_is, "png", 0),
    "JPEG quality 90": (_as_it_is, "jpg", 90),
    "JPEG quality 60": (_as_it_is, "jpg", 60),
    "JPEG quality 30": (_as_it_is, "jpg", 30),
    "half the size": (_resized(0.5), "jpg", 85),
    "twice the size": (_resized(2.0), "jpg", 85),
    "cropped by 2 %": (_cropped(0.02), "jpg", 85),
    "cropped by 5 %": (_cropped(0.05), "jpg", 85),
    "cropped by 10 %": (_cropped(0.10), "jpg", 85),
    "mirrored": (_turned(*FLIPS), "jpg", 85),
    "turned": (_turned(*TURNS), "jpg", 85),
    "brighter by 30 %": (_brightened(1.3), "jpg", 85),
    "darker by 30 %": (_brightened(0.7), "jpg", 85),
    "with a border": (_bordered, "jpg", 85),
    "letterboxed": (_letterboxed, "jpg", 85),
}
"""What is done to a picture, the kind of file that it is saved as, and its quality."""


def copies(photographs: list[Path], folder: Path, *, seed: int = 0) -> Iterator[tuple[str, Path]]:
    """One copy of each photograph, of the kinds in turn: its kind and its file, in order."""
    random = np.random.default_rng(seed)
    kinds = list(KINDS)
    for number, path in enumerate(photographs):
        kind = kinds[number % len(kinds)]
        change, ending, quality = KINDS[kind]
        with Image.open(path) as opened:
            picture = change(opened.convert("RGB"), random)
        target = folder / f"copy_{number:05}.{ending}"
        picture.save(target, **({"quality": quality} if quality else {}))
        yield kind, target


def panned(photograph: Path, folder: Path, *, frames: int = 12, seed: int = 0) -> list[Path]:
    """Frames of a camera that pans over a photograph, 2 to 5 % of it from one to the next."""
    random = np.random.default_rng(seed)
    with Image.open(photograph) as opened:
        picture = opened.convert("RGB")
    width, height = (int(side * 0.6) for side in picture.size)
    left, top = 0.0, float(random.uniform(0, picture.height - height))
    found = []
    for number in range(frames):
        x, y = round(left), round(top)
        frame = picture.crop((x, y, x + width, y + height))
        found.append(folder / f"{photograph.stem}_pan_{number:04}.jpg")
        frame.save(found[-1], quality=85)
        left = min(left + random.uniform(0.02, 0.05) * picture.width, picture.width - width)
        if left >= picture.width - width:
            break
    return found


def watched(photograph: Path, folder: Path, *, frames: int = 12, seed: int = 0) -> list[Path]:
    """Frames of a camera that stands still, before which a part of the picture moves.

    What moves is a piece of the photograph, 4 to 8 % of its sides; sensors are a little noisy.
    """
    random = np.random.default_rng(seed)
    with Image.open(photograph) as opened:
        picture = opened.convert("RGB")
    share = random.uniform(0.04, 0.08)
    size = (max(6, int(picture.width * share)), max(6, int(picture.height * share)))
    x, y = (int(random.uniform(0, side * 0.4)) for side in picture.size)
    thing = picture.crop((x, y, x + size[0], y + size[1]))
    place, step = random.uniform(0.3, 0.5, 2), random.uniform(0.01, 0.04, 2)
    found = []
    for number in range(frames):
        frame = picture.copy()
        at = (place + number * step) % 0.9 * picture.size
        frame.paste(thing, tuple(at.astype(int).tolist()))
        noisy = np.asarray(frame, np.float32) + random.normal(0, 1.5, (*frame.size[::-1], 3))
        frame = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
        found.append(folder / f"{photograph.stem}_cam_{number:04}.jpg")
        frame.save(found[-1], quality=85)
    return found
