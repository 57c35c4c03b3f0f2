"""Small images that experiments learn from, and the smallest detector."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

SIZE = (64, 96)  # height, width

COLOURS = {"red": (220, 30, 30), "blue": (30, 30, 220)}

TINY = """
[train]
backbone = "squeezenet"
weights = "random"
strides = [8, 16]
channels = 8
batch = 4
image-size = [64, 96]
"""


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Tests run beside each other; threads of torch that wait for a core spin."""
    torch.set_num_threads(1)


@pytest.fixture
def squares(tmp_path: Path) -> Callable[..., Path]:
    """Writes a COCO file of so many images, each with a red and a blue square on grey noise.

    The first has its red square twice, which a safe fix mends.
    """

    def written(count: int) -> Path:
        folder = tmp_path / "squares"
        folder.mkdir()
        boxes = []
        for number in range(count):
            random = np.random.default_rng(number)
            # Blocks of noise, as near duplicates are told by what is coarse.
            noise = random.integers(60, 200, (8, 12)).astype(np.uint8)
            pixels = np.repeat(np.repeat(noise, 8, axis=0), 8, axis=1)
            pixels = np.repeat(pixels[..., None], 3, axis=2)
            for place, colour in enumerate(COLOURS.values()):
                side = int(random.integers(20, 28))
                x, y = int(random.integers(0, 20)) + 48 * place, int(random.integers(0, 36))
                pixels[y : y + side, x : x + side] = colour
                boxes.append((number + 1, place + 1, [x, y, side, side]))
            Image.fromarray(pixels).save(folder / f"{number}.png")
        boxes.insert(1, boxes[0])
        content = {
            "images": [
                {"id": n + 1, "file_name": f"{n}.png", "width": 96, "height": 64}
                for n in range(count)
            ],
            "annotations": [
                {
                    "id": n,
                    "image_id": image,
                    "category_id": label,
                    "bbox": box,
                    "area": box[2] * box[3],
                    "iscrowd": 0,
                }
                for n, (image, label, box) in enumerate(boxes, 1)
            ],
            "categories": [{"id": n, "name": name} for n, name in enumerate(COLOURS, 1)],
        }
        path = folder / "labels.json"
        path.write_text(json.dumps(content))
        return path

    return written


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A configuration file of the smallest detector."""
    path = tmp_path / "labelaudit.toml"
    path.write_text(TINY)
    return path
