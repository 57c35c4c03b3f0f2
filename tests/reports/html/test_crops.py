"""Pictures of scenes: small, each once, within a budget, in the order in which they matter."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelaudit.core.columns import texts
from labelaudit.dataset.tables import Dataset, Images
from labelaudit.reports.html import crops as module
from labelaudit.reports.html.crops import LEAST_SIDE, MOST_SIDE, Crop, Scene, crops_of, encoded


def dataset_of(folder: Path, *paths: Path | str) -> Dataset:
    images = Images.of(len(paths), path=texts(map(str, paths)))
    return Dataset("coco", folder, images=images, image_folders=(folder,))


def noise(path: Path, size: tuple[int, int] = (400, 300), seed: int = 0) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 255, (*size[::-1], 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def picture(crop: Crop) -> Image.Image:
    kind, _, content = crop.href.partition(";base64,")
    assert kind.startswith("data:image/")
    return Image.open(io.BytesIO(base64.b64decode(content))).convert("RGB")


def test_a_scene_is_cut_where_it_lies_and_not_enlarged(tmp_path):
    image = Image.new("RGB", (400, 300), "black")
    image.paste("white", (100, 50, 140, 80))
    image.save(tmp_path / "a.png")
    scene = Scene(0, (100, 50, 140, 80))
    crop = crops_of(dataset_of(tmp_path, tmp_path / "a.png"), [scene]).shown[scene]
    assert (crop.left, crop.top, crop.width, crop.height) == (100, 50, 40, 30)
    assert picture(crop).size == (40, 30)
    assert np.asarray(picture(crop)).min() > 240


@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_a_large_image_is_made_small_wherever_the_scene_lies_in_it(tmp_path, ending):
    image = Image.new("RGB", (3200, 2400), "black")
    image.paste("white", (1600, 0, 3200, 2400))
    image.save(tmp_path / f"a.{ending}")
    whole, right = Scene(0, None), Scene(0, (1600, 0, 3200, 1200))
    made = crops_of(dataset_of(tmp_path, tmp_path / f"a.{ending}"), [whole, right]).shown
    assert picture(made[whole]).size == (MOST_SIDE, MOST_SIDE * 3 // 4)
    pixels = np.asarray(picture(made[whole]))
    assert pixels[:, :150].max() < 20
    assert pixels[:, 170:].min() > 235
    assert np.asarray(picture(made[right]))[:, 2:].min() > 235


def test_what_lies_beyond_the_image_is_not_in_the_picture(tmp_path):
    scene, far = Scene(0, (-50, 200, 150, 350)), Scene(0, (900, 900, 950, 950))
    made = crops_of(dataset_of(tmp_path, noise(tmp_path / "a.png")), [scene, far]).shown
    assert (made[scene].left, made[scene].top) == (0, 200)
    assert (made[scene].width, made[scene].height) == (150, 100)
    assert (made[far].width, made[far].height) == (1, 1)


def test_the_first_scenes_have_pictures_and_the_others_are_counted(tmp_path):
    paths = [noise(tmp_path / f"{seed}.png", seed=seed) for seed in range(6)]
    scenes = [Scene(image, (0, 0, 200, 150)) for image in (3, 1, 5, 0, 4, 2)]
    dataset = dataset_of(tmp_path, *paths)
    one = max(len(crop.href) for crop in crops_of(dataset, scenes[:1]).shown.values())
    made = crops_of(dataset, scenes, budget=one)
    sizes = [len(crop.href) for crop in made.shown.values()]
    assert 0 < sum(sizes) <= one
    assert made.left_out == 6 - len(made.shown)
    assert list(made.shown) == scenes[: len(made.shown)]
    assert crops_of(dataset, scenes, budget=0).left_out == 6


def test_more_scenes_than_there_may_be_are_not_even_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_SCENES", 2)
    path = noise(tmp_path / "a.png")
    scenes = [Scene(0, (left, 0, left + 80, 60)) for left in (0, 10, 20)]
    made = crops_of(dataset_of(tmp_path, path), [*scenes, scenes[0]])
    assert list(made.shown) == scenes[:2]
    assert made.left_out == 1


def test_equal_pictures_have_one_name_and_count_once(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_side", lambda count, budget: 150)
    paths = [noise(tmp_path / f"{at}.png", seed=seed) for at, seed in enumerate((0, 0, 1))]
    scenes = [Scene(image, (0, 0, 200, 150)) for image in range(3)]
    made = crops_of(dataset_of(tmp_path, *paths), scenes).shown
    assert made[scenes[0]].name == made[scenes[1]].name != made[scenes[2]].name
    room = len(made[scenes[0]].href) + len(made[scenes[2]].href)
    assert crops_of(dataset_of(tmp_path, *paths), scenes, budget=room).left_out == 0
    assert crops_of(dataset_of(tmp_path, *paths), scenes, budget=room - 1).left_out == 1


def test_why_a_scene_is_not_shown_is_said_and_the_others_are(tmp_path):
    (tmp_path / "in").mkdir()
    good, outside = noise(tmp_path / "in" / "a.png"), noise(tmp_path / "b.png")
    broken = tmp_path / "in" / "c.jpg"
    broken.write_bytes(b"\xff\xd8\xff")
    scenes = [Scene(image, None) for image in range(4)]
    made = crops_of(dataset_of(tmp_path / "in", good, outside, broken, ""), scenes)
    assert list(made.shown) == scenes[:1]
    words = [made.reasons[scene] for scene in scenes[1:]]
    assert "leads out of the image folders" in words[0]
    assert "broken" in words[1]
    assert "no file of this name" in words[2]


def test_the_more_pictures_the_smaller_they_are_within_limits(monkeypatch):
    sides = [module._side(count, module.BUDGET) for count in (0, 1, 300, 1000, 10**6)]
    assert sides == sorted(sides, reverse=True)
    assert sides[0] == sides[1] == MOST_SIDE
    assert LEAST_SIDE < sides[3] < MOST_SIDE
    assert sides[-1] == LEAST_SIDE


def test_where_webp_cannot_be_written_pictures_are_jpeg(monkeypatch):
    image = Image.new("RGB", (8, 8), "red")
    assert encoded(image).startswith("data:image/webp")
    monkeypatch.setattr(module.features, "check", lambda name: False)
    assert encoded(image).startswith("data:image/jpeg")


def test_no_scene_is_no_picture(tmp_path):
    assert crops_of(dataset_of(tmp_path), []).shown == {}
