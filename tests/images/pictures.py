"""Pictures with something to be seen, drawn by tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter


def scene(seed: int, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """A picture of shapes on a mottled ground; no two seeds look alike."""
    random = np.random.default_rng(seed)
    small = random.integers(30, 220, (6, 8, 3)).astype(np.uint8)
    picture = Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    for _ in range(14):
        x, y = random.uniform(0.02, 0.9, 2) * size
        w, h = random.uniform(0.04, 0.2, 2) * size
        colour = tuple(random.integers(20, 235, 3).tolist())
        shape = draw.ellipse if random.random() < 0.5 else draw.rectangle
        shape((x, y, x + w, y + h), fill=colour)
    return picture.filter(ImageFilter.GaussianBlur(0.7))


def saved(picture: Image.Image, path: Path, quality: int = 90) -> str:
    """The path of a file with a picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, quality=quality)
    return str(path)
