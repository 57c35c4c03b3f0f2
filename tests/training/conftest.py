"""Small images that tests of trainings learn from, and the smallest detector."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from labelaudit.core.columns import texts
from labelaudit.dataset.tables import Dataset
from labelaudit.detector.config import DetectorConfig
from labelaudit.testing import images, with_columns
from labelaudit.training.split import TrainingSplit

SIZE = (64, 96)  # height, width

COLOURS = {"red": (220, 30, 30), "blue": (30, 30, 220)}


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Tests run beside each other; threads of torch that wait for a core spin."""
    torch.set_num_threads(1)


@pytest.fixture
def squares(tmp_path: Path) -> Callable[..., Dataset]:
    """A dataset of so many images, each with a red and a blue square on grey noise."""

    def dataset(count: int) -> Dataset:
        labels = {}
        for number in range(count):
            random = np.random.default_rng(number)
            pixels = random.integers(90, 160, (*SIZE, 3)).astype(np.uint8)
            boxes = []
            for place, (name, colour) in enumerate(COLOURS.items()):
                side = int(random.integers(20, 32))
                left, top = int(random.integers(0, 48 - side)) + place * 48, 2 + number % 5
                pixels[top : top + side, left : left + side] = colour
                boxes.append(f"{name} {left} {top} {left + side} {top + side}")
            path = tmp_path / "squares" / f"{number:03}.png"
            path.parent.mkdir(exist_ok=True)
            Image.fromarray(pixels).save(path)
            labels[str(path)] = boxes
        return with_columns(images(labels, size=SIZE[::-1]), "images", path=texts(labels))

    return dataset


@pytest.fixture
def small() -> DetectorConfig:
    """A detector that is built and trained in a second, without weights of others."""
    return DetectorConfig(
        backbone="squeezenet",
        weights="random",
        strides=(8, 16),
        channels=8,
        head_depth=1,
        image_size=SIZE,
        epochs=2,
        batch=4,
        device="cpu",
    )


@pytest.fixture
def halves() -> Callable[[int], TrainingSplit]:
    """The first two thirds of so many images are learned, the others validate."""

    def split(count: int) -> TrainingSplit:
        learned = 2 * count // 3
        return TrainingSplit(
            np.arange(learned), np.arange(learned, count), "the first ones learned"
        )

    return split
