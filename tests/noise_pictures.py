"""Pictures of noise, the same in every run: PIL's own `effect_noise` draws others each time."""

from __future__ import annotations

import numpy as np
from PIL import Image


def noise_picture(size: tuple[int, int], spread: float, seed: int = 0) -> Image.Image:
    """A grey picture, (width, height), whose pixels have this standard deviation around 128."""
    noise = np.random.default_rng(seed).normal(128, spread, size[::-1])
    return Image.fromarray(noise.clip(0, 255).astype(np.uint8))
