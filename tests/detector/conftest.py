"""Small images that tests of the detector learn from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelaudit.core.columns import texts
from labelaudit.dataset.tables import Dataset
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.feature_maps import Shape
from labelaudit.detector.job import Job, NetworkBoxes, network_boxes
from labelaudit.testing import images, with_columns

COLOURS = {"red": (220, 30, 30), "blue": (30, 30, 220)}


@pytest.fixture
def drawn(tmp_path: Path) -> Callable[..., Dataset]:
    """A dataset of so many images, each with a red and a blue square on grey noise."""

    def dataset(count: int, side: int = 96) -> Dataset:
        labels = {}
        for number in range(count):
            random = np.random.default_rng(number)
            pixels = random.integers(90, 160, (side, side, 3)).astype(np.uint8)
            boxes = []
            for place, (name, colour) in enumerate(COLOURS.items()):
                size = int(random.integers(20, 32))
                left, top = random.integers(2, side // 2 - 33 + 16, 2)
                left += place * (side // 2 - 16)
                pixels[top : top + size, left : left + size] = colour
                boxes.append(f"{name} {left} {top} {left + size} {top + size}")
            path = tmp_path / "drawn" / f"{number:03}.png"
            path.parent.mkdir(exist_ok=True)
            Image.fromarray(pixels).save(path)
            labels[str(path)] = boxes
        return with_columns(images(labels, size=(side, side)), "images", path=texts(labels))

    return dataset


@pytest.fixture
def job(tmp_path: Path) -> Callable[..., Job]:
    """A job of two classes for labels that a test writes down: image, class and corners."""

    def made(
        *labels: tuple[int, int, list[float]],
        regions: list[tuple[int, list[float]]] | None = None,
        count: int = 4,
        config: DetectorConfig | None = None,
        shapes: tuple[Shape, ...] = ((4, 8, 8), (4, 4, 4), (4, 2, 2)),
    ) -> Job:
        config = config or DetectorConfig(
            image_size=(64, 64), batch=2, crop_epochs=3, epochs=3, device="cpu"
        )
        around = _network_boxes([(image, -1, xyxy) for image, xyxy in regions or []])
        return Job(
            config,
            2,
            (64, 64),
            shapes,
            fold=(np.arange(count) % 2).astype(np.int32),
            group=np.arange(count),
            scale=np.ones(count),
            image_sizes=np.full((count, 2), 64.0),
            labels=_network_boxes(list(labels)),
            regions=around,
            query=NetworkBoxes.empty(),
            features_folder=tmp_path,
        )

    return made


def _network_boxes(rows: list[tuple[int, int, list[float]]]) -> NetworkBoxes:
    image, label = (np.array([row[part] for row in rows], np.int32) for part in (0, 1))
    xyxy = np.array([row[2] for row in rows], np.float64).reshape(-1, 4)
    return network_boxes(image, label, np.arange(len(rows), dtype=np.int32), xyxy)
