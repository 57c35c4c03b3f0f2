from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.run import audit
from labelaudit.core.columns import Floats
from labelaudit.dataset.tables import Dataset
from labelaudit.testing import images, with_columns

FIVE = [f"car {100 * n} {60 * n} {100 * n + 90} {60 * n + 80}" for n in range(1, 6)]
SIZE = (640, 480)


def blots(rng: np.random.Generator) -> Floats:
    """The grey values of a picture of blots, (480, 640)."""
    small = Image.fromarray(rng.integers(0, 256, (24, 32), np.uint8))
    return np.asarray(small.resize(SIZE, Image.Resampling.BICUBIC), np.float64)


def with_pictures(dataset: Dataset, folder: Path, *, shared: float, kind: str = "jpg") -> Dataset:
    """The dataset with pictures, of which such a part is one scene and the rest differs."""
    rng = np.random.default_rng(0)
    scene, paths = blots(rng), []
    for row in range(len(dataset.images)):
        picture = shared * scene + (1 - shared) * blots(rng)
        path = folder / f"{row}.{kind}"
        grey = Image.fromarray((picture * (257 if kind == "png" else 1)).astype(np.uint16))
        (grey if kind == "png" else grey.convert("L", matrix=None)).save(path)
        paths.append(str(path))
    located = with_columns(dataset, "images", path=paths)
    return dataclasses.replace(located, image_folders=(folder,))


def severities(dataset: Dataset) -> list[Severity]:
    return audit(dataset, select=["DUP006"]).severity.tolist()


def frames(count: int = 6, *, step: int = 1, boxes: list[str] = FIVE) -> Dataset:
    return images({f"clip/frame_{step * n:06}.jpg": boxes for n in range(count)}, size=SIZE)


@pytest.mark.parametrize("step", [1, 999])
@pytest.mark.parametrize(("shared", "expected"), [(1, []), (0.7, []), (0, [Severity.WARNING])])
def test_what_pixels_show_in_boxes_decides(
    shared: float, expected: list[Severity], step: int, tmp_path: Path
):
    assert severities(with_pictures(frames(step=step), tmp_path, shared=shared)) == expected


def test_pictures_of_16_bits_are_looked_at_too(tmp_path: Path):
    assert severities(with_pictures(frames(), tmp_path, shared=1, kind="png")) == []


@pytest.mark.parametrize(
    ("step", "expected"),
    [(1, Severity.INFO), (30, Severity.INFO), (31, Severity.WARNING)],
)
def test_names_that_are_numbered_in_a_row_are_in_doubt(step: int, expected: Severity):
    assert severities(frames(step=step)) == [expected]


def test_names_of_two_kinds_are_in_no_row():
    names = [f"{part}_{n}.jpg" for n in range(3) for part in ("a", "b")]
    assert severities(images(dict.fromkeys(names, FIVE))) == [Severity.WARNING]


def test_pictures_of_one_colour_and_broken_ones_tell_nothing(tmp_path: Path):
    dataset = with_pictures(frames(), tmp_path, shared=0)
    for path in dataset.images.path.tolist()[:4]:
        Image.new("L", SIZE, len(path)).save(path, comment=path)
    Path(dataset.images.path[4]).write_bytes(b"no picture")
    assert severities(dataset) == [Severity.INFO]


def test_boxes_of_a_few_pixels_tell_nothing(tmp_path: Path):
    tiny = [f"car {100 * n} {60 * n} {100 * n + 4} {60 * n + 4}" for n in range(1, 6)]
    dataset = with_pictures(frames(boxes=tiny), tmp_path, shared=0)
    assert severities(dataset) == [Severity.INFO]
