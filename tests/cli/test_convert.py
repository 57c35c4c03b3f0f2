"""Conversion says what is lost, writes what it says, and what is written is read back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.testing import draw
from tests.cli.conftest import Ran
from tests.cli.layouts import LAYOUTS, SIZE, plain, put, ultralytics

Run = Callable[..., Ran]

TARGETS = ("coco", "voc", "yolo")


def output(target: str) -> str:
    return "out.json" if target == "coco" else "out"


def content(dataset: Dataset) -> list[tuple[str, str, list[float]]]:
    """Stem of the image, class and corners of each box."""
    names, images = dataset.class_names, dataset.images.name.tolist()
    return sorted(
        (Path(images[image]).stem, names[label], np.round(xyxy, 3).tolist())
        for image, label, xyxy in zip(
            dataset.boxes.image, dataset.boxes.label, dataset.boxes.xyxy, strict=True
        )
    )


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_is_converted_with_all_its_boxes(run, tmp_path, name, target):
    layout = LAYOUTS[name](tmp_path / "in")
    images = ["--images", layout.images] if layout.images else []
    ran = run("convert", *layout.given, output(target), "--to", target, *images, "--copy-images")
    assert ran.code == 0, ran.err
    assert f"Wrote {output(target)}: 2 images, 4 boxes as {target}" in ran.err
    before = load(layout.given, images=layout.images or ())
    again = load(tmp_path / output(target))
    assert content(again) == content(before)
    assert again.images.size.tolist() == [list(SIZE)] * 2
    assert all(again.images.path != "")


NAMES = ["with space.png", "日本 ü.png", "day/one.png", "night/one.png", "night/One.png", "a.b.png"]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("folder", ["out", "out.json"])
def test_images_of_any_name_are_read_back(run, tmp_path, target, folder):
    for name in NAMES:
        draw(tmp_path / "in" / name, SIZE)
    images = [
        {"id": number, "file_name": name, "width": SIZE[0], "height": SIZE[1]}
        for number, name in enumerate(NAMES, 1)
    ]
    boxes = [
        {"id": n, "image_id": n, "category_id": 1, "bbox": [n, n, 10, 20], "area": 200}
        for n in range(1, len(NAMES))  # the last image has none
    ]
    categories = [{"id": 1, "name": "a cat, ü"}]
    put(
        tmp_path / "in" / "labels.json",
        json.dumps({"images": images, "annotations": boxes, "categories": categories}),
    )
    ran = run("convert", "in/labels.json", folder, "--to", target, "--copy-images")
    assert ran.code == 0, ran.err
    again = load(tmp_path / folder)
    assert len(again.images) == len(NAMES)
    assert all(again.images.path != "")
    assert again.class_names == ["a cat, ü"]
    assert sorted(again.boxes.xyxy[:, 0].round(3).tolist()) == [1, 2, 3, 4, 5]
    pictures = again.images.path[again.boxes.image]
    assert len(set(pictures.tolist())) == 5


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("folder", ["out", "out.json"])
def test_a_dataset_of_nothing_is_read_back_as_nothing(run, tmp_path, target, folder):
    empty = {"images": [], "annotations": [], "categories": []}
    put(tmp_path / "empty.json", json.dumps(empty))
    ran = run("convert", "empty.json", folder, "--to", target)
    assert ran.code == 0
    assert f"Wrote {folder}: 0 images, 0 boxes as {target}" in ran.err
    again = load(tmp_path / folder)
    assert (again.format, len(again.images), len(again.boxes)) == (target, 0, 0)


@pytest.mark.parametrize("target", TARGETS)
def test_boxes_without_a_size_are_not_made_up_but_refused(run, tmp_path, target):
    plain(tmp_path)
    for picture in tmp_path.rglob("*.png"):
        picture.unlink()
    ran = run("convert", "ds", output(target), "--to", target)
    if target == "yolo":  # fractions stay what they are
        assert ran.code == 0
        return
    assert ran.code == 2
    assert "Lost: 4 boxes in 2 images of which nobody says the size" in ran.err
    assert "so nothing was written" in ran.err.splitlines()[-1]
    assert not (tmp_path / output(target)).exists()
    allowed = run("convert", "ds", output(target), "--to", target, "--allow-loss")
    assert allowed.code == 0
    assert ": 0 images, 0 boxes" in allowed.err  # without their boxes, images would seem empty


def test_boxes_without_an_image_or_class_are_refused(run, coco, tmp_path):
    box = {"id": 9, "image_id": 77, "category_id": 1, "bbox": [1, 1, 5, 5], "area": 25}
    path = coco(("a.png", "cat", 10, 10, 20, 20))
    content = json.loads(path.read_text())
    content["annotations"].append(box | {"iscrowd": 0})
    path.write_text(json.dumps(content))
    ran = run("convert", path, "out", "--to", "voc")
    assert ran.code == 2
    assert "1 box without an image, a class or finite numbers" in ran.err
    assert not (tmp_path / "out").exists()
    assert run("convert", path, "out", "--to", "voc", "--allow-loss").code == 0
    assert len(load(tmp_path / "out").boxes) == 1


def test_crowds_are_boxes_that_yolo_loses_and_coco_keeps(run, coco, tmp_path):
    path = coco(("a.png", "cat", 10, 10, 20, 20))
    path.write_text(path.read_text().replace('"iscrowd": 0', '"iscrowd": 1'))
    ran = run("convert", path, "out", "--to", "yolo")
    assert (ran.code, "Lost: 1 crowd" in ran.err) == (2, True)
    assert run("convert", path, "out.json", "--to", "coco").code == 0
    assert load(tmp_path / "out.json").boxes.crowd.tolist() == [True]


def test_counts_are_told_for_each_split(run, tmp_path):
    plain(tmp_path)
    for name in ("out", "voc"):
        ran = run("convert", "ds", name, "--to", "voc" if name == "voc" else "coco")
        assert ran.err.splitlines()[-2:] == [
            "  train: 1 image, 3 boxes",
            "  val: 1 image, 1 box",
        ]


@pytest.mark.parametrize("target", TARGETS)
def test_one_folder_that_is_train_and_val_is_written_once(run, tmp_path, target):
    ultralytics(tmp_path / "ds", "train: images/train\nval: images/train\n")
    run("convert", "ds", "out", "--to", target)
    again = load(tmp_path / "out")
    assert len(again.images) == 1
    assert len(again.boxes) == 3


def test_label_files_without_an_image_stay_as_images(run, tmp_path):
    plain(tmp_path)
    put(tmp_path / "ds" / "labels" / "train" / "gone.txt", "")
    for target in TARGETS:
        ran = run("convert", "ds", output(target) + target, "--to", target)
        assert ": 3 images, 4 boxes" in ran.err, ran.err


def test_that_pascal_voc_counts_from_one_is_said(run, coco, tmp_path):
    path = coco(("a.png", "cat", 9, 19, 20, 20))
    ran = run("convert", path, "out", "--to", "voc")
    assert "pixels count from 1: xmin and ymin are one more than left and top" in ran.err
    assert "<xmin>10</xmin>" in (tmp_path / "out" / "Annotations" / "a.xml").read_text()
    assert load(tmp_path / "out").boxes.xyxy.tolist() == [[9, 19, 29, 39]]


def test_rotated_boxes_are_told_apart_from_masks(run, coco):
    path = coco(("a.png", "cat", 10, 10, 20, 20), ("a.png", "cat", 40, 10, 20, 20))
    content = json.loads(path.read_text())
    content["annotations"][0]["segmentation"] = [[20, 10, 30, 20, 20, 30, 10, 20]]
    content["annotations"][1]["segmentation"] = [[40, 10, 60, 10, 60, 30, 40, 30]]
    path.write_text(json.dumps(content))
    ran = run("convert", path, "out", "--to", "voc")
    assert "Lost: 1 mask: boxes alone are converted" in ran.err
    assert "Lost: 1 rotated box: the boxes around them" in ran.err


def test_what_is_there_is_replaced_on_request_but_never_the_dataset_itself(run, coco, tmp_path):
    path = coco(("a.png", "cat", 10, 10, 20, 20))
    put(tmp_path / "out" / "old.txt", "old")
    assert "exists" in run("convert", path, "out", "--to", "voc").err
    assert run("convert", path, "out", "--to", "voc", "--overwrite").code == 0
    assert not (tmp_path / "out" / "old.txt").exists()
    before = path.read_bytes()
    ran = run("convert", path, path, "--to", "coco", "--overwrite")
    assert (ran.code, path.read_bytes()) == (2, before)
    assert "would be gone" in ran.err


def test_a_failed_conversion_leaves_what_was_there(run, tmp_path):
    plain(tmp_path)
    for picture in tmp_path.rglob("*.png"):
        picture.unlink()
    put(tmp_path / "out" / "old.txt", "old")
    assert run("convert", "ds", "out", "--to", "voc", "--overwrite").code == 2
    assert (tmp_path / "out" / "old.txt").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ds", "out"]
