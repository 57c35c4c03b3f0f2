"""Scenes of handwritten digits on photographs: labels that are known to the pixel.

Ten classes that are easy to take for each other, from data that scikit-learn brings along, so that
the benchmark needs no download. The part that EMNIST-Det plays in Schubert et al., WACV 2024.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from sklearn.datasets import load_digits, load_sample_images

from labelaudit.boxes.ops import iou
from labelaudit.core.columns import Floats

IMAGES, SEED = 400, 7
WIDTH, HEIGHT = 320, 240
APART = 0.08
"""IoU up to which two digits may overlap."""

INK = 0.35
"""Darkness from which a pixel belongs to the digit; its box is the extent of these."""

Picture: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True)
class Source:
    """What scenes are made of."""

    digits: NDArray[np.uint8]  # (k, 8, 8) 255 is ink
    values: NDArray[np.int64]  # (k,) 0 to 9
    photographs: list[NDArray[np.uint8]]  # (h, w, 3)


@dataclass(frozen=True)
class Scene:
    """One image with its labels."""

    pixels: Picture  # (HEIGHT, WIDTH, 3) 0..255
    boxes: Floats  # (n, 4)
    values: list[int]  # (n,)


def digit_scenes(folder: Path, *, images: int = IMAGES, seed: int = SEED) -> Path:
    """The COCO file of the scenes in `folder`; made there unless a complete one is at hand."""
    path = folder / f"digits-{images}-{seed}.json"
    if path.exists():
        return path
    pictures = folder / f"digits-{images}-{seed}"
    pictures.mkdir(parents=True, exist_ok=True)
    random, source = np.random.default_rng(seed), _source()
    scenes = []
    for number in range(images):
        made = scene(source, random)
        Image.fromarray(made.pixels.astype(np.uint8)).save(pictures / f"d{number:04d}.png")
        scenes.append(made)
    # Renamed when whole, so that a run that was stopped leaves nothing that looks complete.
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(_coco(scenes, pictures.name)), encoding="utf-8")
    os.replace(unfinished, path)
    return path


def _source() -> Source:
    digits = load_digits()
    darkness = (digits.images * 255 / 16).astype(np.uint8)
    return Source(darkness, digits.target.astype(np.int64), load_sample_images().images)


def scene(source: Source, random: np.random.Generator) -> Scene:
    """Three to nine digits of different size, slant and colour on a piece of a photograph."""
    pixels = _background(source, random)
    boxes, values = np.zeros((0, 4)), []
    for _ in range(random.integers(3, 10)):
        which = int(random.integers(len(source.digits)))
        ink = _slanted(source.digits[which], random)
        if ink is None:
            continue
        height, width = ink.shape
        x, y = int(random.integers(0, WIDTH - width)), int(random.integers(0, HEIGHT - height))
        box = np.array([[x, y, x + width, y + height]], np.float64)
        if (iou(np.repeat(box, len(boxes), axis=0), boxes) > APART).any():
            continue
        _draw(pixels[y : y + height, x : x + width], ink, random)
        boxes = np.vstack([boxes, box])
        values.append(int(source.values[which]))
    noisy = np.clip(pixels + random.normal(0, 4, pixels.shape), 0, 255).astype(np.float32)
    return Scene(noisy, boxes, values)


def _background(source: Source, random: np.random.Generator) -> Picture:
    """A piece of a photograph, more or less in focus."""
    photograph = source.photographs[random.integers(len(source.photographs))]
    scale = random.uniform(0.6, 1.0)
    width, height = int(WIDTH * scale), int(HEIGHT * scale)
    x = random.integers(0, photograph.shape[1] - width)
    y = random.integers(0, photograph.shape[0] - height)
    piece = Image.fromarray(photograph[y : y + height, x : x + width]).resize((WIDTH, HEIGHT))
    blurred = piece.filter(ImageFilter.GaussianBlur(random.uniform(0, 1.5)))
    return np.asarray(blurred).astype(np.float32)


def _slanted(digit: NDArray[np.uint8], random: np.random.Generator) -> Picture | None:
    """The ink of a digit, (h, w) in 0..1, cut to its extent; None if hardly any is left."""
    side, stretch = int(random.uniform(26, 72)), random.uniform(0.8, 1.2)
    image = Image.fromarray(digit).resize((int(side * stretch), side), Image.Resampling.BICUBIC)
    turned = image.rotate(random.uniform(-12, 12), expand=True)
    ink: Picture = np.asarray(turned, np.float32) / np.float32(255)
    rows, columns = np.nonzero(ink > INK)
    if len(rows) < 20:
        return None
    cut: Picture = ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    return cut


def _draw(place: Picture, ink: Picture, random: np.random.Generator) -> None:
    """Draw in `place`, light on dark or dark on light."""
    low, high = (150, 255) if place.mean() < 120 else (0, 90)
    colour = random.uniform(low, high, 3)
    opacity = (np.clip(ink * 1.4, 0, 1) * random.uniform(0.75, 1.0))[..., None]
    place[:] = place * (1 - opacity) + colour * opacity


def _coco(scenes: list[Scene], pictures: str) -> dict[str, Any]:  # Any: JSON
    images = [
        {"id": number, "file_name": f"{pictures}/d{number:04d}.png"}
        | {"width": WIDTH, "height": HEIGHT}
        for number in range(len(scenes))
    ]
    labels = [
        (image, box, value)
        for image, one in enumerate(scenes)
        for box, value in zip(one.boxes.tolist(), one.values, strict=True)
    ]
    annotations = [
        {"id": number, "image_id": image, "category_id": value, "iscrowd": 0}
        | {"bbox": [x0, y0, x1 - x0, y1 - y0], "area": (x1 - x0) * (y1 - y0)}
        for number, (image, (x0, y0, x1, y1), value) in enumerate(labels)
    ]
    categories = [{"id": value, "name": str(value)} for value in range(10)]
    return {"images": images, "annotations": annotations, "categories": categories}
