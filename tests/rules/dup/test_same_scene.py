from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.run import audit
from labelaudit.core.columns import Floats
from labelaudit.dataset.tables import Dataset
from labelaudit.images.thumbnails import thumbnail
from labelaudit.rules.dup.same_scene import SameScene, same_scene
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
    assert severities(beside_others(step)) == [expected]


def beside_others(step: int) -> Dataset:
    """Frames without pixels, and images with other boxes."""
    clip = {f"clip/frame_{step * n:06}.jpg": FIVE for n in range(6)}
    return images(clip | {"x.jpg": ["car 9 9 40 50"], "y.jpg": ["car 9 19 40 50"]}, size=SIZE)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("camera", Severity.INFO), ("photos", Severity.WARNING), ("none", Severity.INFO)],
)
def test_parts_that_differ_before_one_camera_are_an_info_and_other_photos_a_warning(
    kind: str, expected: Severity, tmp_path: Path
):
    boxes = [f"car {120 * n + 20} 180 {120 * n + 110} 300" for n in range(5)]
    dataset = images({f"{999 * n}.jpg": boxes for n in range(6)}, size=SIZE)
    rng = np.random.default_rng(3)
    scene, paths = blots(rng), []
    for row in range(len(dataset.images)):
        other = blots(rng)
        picture = other if kind == "photos" else scene.copy()
        picture[130:350] = other[130:350]  # the parts, with what is around them
        paths.append(str(tmp_path / f"{row}.png"))
        Image.fromarray(picture.astype(np.uint8)).save(paths[-1])
    if kind != "none":
        dataset = with_columns(dataset, "images", path=paths)
        dataset = dataclasses.replace(dataset, image_folders=(tmp_path,))
    assert severities(dataset) == [expected]


def test_names_of_two_kinds_are_in_no_row():
    names = [f"{part}_{n}.jpg" for n in range(3) for part in ("a", "b")]
    others = {"x.jpg": ["car 9 9 40 50"], "y.jpg": ["car 9 19 40 50"]}
    assert severities(images(dict.fromkeys(names, FIVE) | others)) == [Severity.WARNING]


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


SIDE = 128  # pixels of a picture, which is as large as its thumbnail


def seen(folder: Path, pictures: list[Floats], box: str = "car 40 40 80 80") -> SameScene:
    """What is said of pictures with one box in each, whose names are in no row."""
    paths = [str(folder / f"{row}.png") for row in range(len(pictures))]
    for path, picture in zip(paths, pictures, strict=True):
        Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(path)
    names = {f"{1000 * row}.png": [box] for row in range(len(pictures))}
    dataset = with_columns(images(names, size=(SIDE, SIDE)), "images", path=paths)
    return same_scene(AuditContext(dataset), np.arange(len(pictures)))


def noise(seed: int, spread: float = 40.0) -> Floats:
    return np.random.default_rng(seed).normal(0, spread, (SIDE, SIDE))


@pytest.mark.parametrize(("correlation", "expected"), [(0.6, SameScene.YES), (0.4, SameScene.NO)])
def test_pixels_that_correlate_by_a_half_are_one_scene(
    tmp_path: Path, correlation: float, expected: SameScene
):
    shared, own = correlation**0.5 * noise(0), (1 - correlation) ** 0.5
    assert seen(tmp_path, [128 + shared + own * noise(row) for row in range(1, 9)]) is expected


def test_the_outline_of_what_is_of_one_colour_is_looked_at(tmp_path: Path):
    picture = 128 + noise(0)
    picture[40:80, 40:80] = 128
    assert seen(tmp_path, [picture] * 6) is SameScene.YES


@pytest.mark.parametrize(("spread", "expected"), [(6, SameScene.YES), (2.5, SameScene.NO)])
def test_what_hardly_differs_from_one_colour_tells_nothing(
    tmp_path: Path, spread: float, expected: SameScene
):
    assert seen(tmp_path, [128 + noise(0, spread)] * 6) is expected


@pytest.mark.parametrize(
    ("box", "expected"),
    [("car 60 60 62 62", SameScene.YES), ("car 60 60 61.5 61.5", SameScene.NO)],
)
def test_four_pixels_across_and_down_tell_something(tmp_path: Path, box: str, expected: SameScene):
    assert seen(tmp_path, [128 + noise(0)] * 6, box) is expected


@pytest.mark.parametrize(
    ("ring", "expected"), [((20, 26), SameScene.YES), ((10, 20), SameScene.NO)]
)
def test_half_of_a_box_is_looked_at_on_each_side(
    tmp_path: Path, ring: tuple[int, int], expected: SameScene
):
    outer, inner = (slice(edge, 120 - edge) for edge in ring)
    picture = np.full((SIDE, SIDE), 128.0)
    picture[outer, outer] += noise(0)[outer, outer]
    picture[inner, inner] = 128
    assert seen(tmp_path, [picture] * 6) is expected


def test_of_many_images_eight_are_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    opened: list[str] = []

    def counted(path: str) -> Floats | None:
        opened.append(path)
        return thumbnail(path)

    monkeypatch.setattr("labelaudit.rules.dup.same_scene.thumbnail", counted)
    assert seen(tmp_path, [128 + noise(0)] * 20) is SameScene.YES
    assert len(set(opened)) == 8
