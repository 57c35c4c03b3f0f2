from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelaudit.auditing.findings import Findings, Severity
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.needs import PixelPolicy
from labelaudit.auditing.run import audit
from labelaudit.core.columns import texts
from labelaudit.dataset.merge import merged
from labelaudit.dataset.tables import Dataset, Files
from labelaudit.testing import images, with_columns
from tests.images.pictures import saved, scene

CAR = "car 40 60 120 140"


def with_pictures(dataset: Dataset, folder: Path, pictures: Sequence[Image.Image]) -> Dataset:
    """The dataset with a file for each image, and the size of its picture."""
    names = dataset.images.name.tolist()
    paths = [
        saved(picture, folder / f"{number}{Path(name).suffix}", 85 + number % 10)
        for number, (name, picture) in enumerate(zip(names, pictures, strict=True))
    ]
    dataset = with_columns(
        dataset, "images", path=paths, size=[picture.size for picture in pictures]
    )
    return dataclasses.replace(dataset, image_folders=(folder,))


def told(dataset: Dataset, *select: str) -> Findings:
    return audit(dataset, select=list(select or ["IMG012"]))


def mirrored(picture: Image.Image) -> Image.Image:
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def dataset_of(
    labels: Mapping[str, Sequence[str]], folder: Path, *pictures: Image.Image
) -> Dataset:
    return with_pictures(images(labels, size=(320, 240)), folder, pictures)


def test_all_copies_of_a_picture_are_one_finding_and_others_are_none(tmp_path):
    pictures = [scene(0), mirrored(scene(0)), scene(1), scene(0).resize((160, 120))]
    findings = told(dataset_of({f"{n}.jpg": [] for n in "abcd"}, tmp_path, *pictures))
    assert len(findings) == 1
    assert findings.severity.tolist() == [Severity.WARNING]
    assert findings.message[0].startswith("3 images (a.jpg, b.jpg, d.jpg) show the same: ")


def test_two_ways_in_which_images_are_copies_are_named_and_the_others_counted(tmp_path):
    names = {f"{n}.jpg": [] for n in "abc"}
    turned = scene(0).transpose(Image.Transpose.ROTATE_90)
    two = told(dataset_of(names, tmp_path / "two", scene(0), mirrored(scene(0)), turned))
    assert ": mirrored; turned (" in two.message[0]
    smaller = scene(0).resize((160, 120))
    three = told(dataset_of(names, tmp_path / "three", scene(0), mirrored(scene(0)), smaller))
    assert ": resized; mirrored, resized, and 1 more" in three.message[0]


def test_nothing_is_said_where_no_image_is_decoded(tmp_path):
    dataset = dataset_of({"a.jpg": [], "b.jpg": []}, tmp_path, scene(0), mirrored(scene(0)))
    assert len(audit(dataset, select=["IMG012"], pixels=PixelPolicy.NEVER)) == 0
    assert len(audit(dataset, select=["IMG012"])) == 1


def test_the_same_pixels_are_told_as_such_alone(tmp_path):
    dataset = dataset_of({"a.png": [], "b.bmp": []}, tmp_path, scene(0), scene(0))
    assert told(dataset, "IMG").message.tolist() == [
        "2 images (a.png, b.bmp) are the same picture, pixel for pixel"
    ]


def test_versions_that_roboflow_made_of_a_picture_are_left_out(tmp_path):
    names = {"a_jpg.rf.0123.jpg": [], "a_jpg.rf.4567.jpg": []}
    assert len(told(dataset_of(names, tmp_path, scene(0), mirrored(scene(0))))) == 0
    names = {"a_jpg.rf.0123.jpg": [], "b_jpg.rf.4567.jpg": []}
    assert len(told(dataset_of(names, tmp_path, scene(0), mirrored(scene(0))))) == 1


def test_the_largest_of_those_that_show_all_stays(tmp_path):
    part = scene(0).crop((8, 6, 312, 234)).resize((608, 456))
    labels = {"a.jpg": [], "b.jpg": [], "c.jpg": []}
    dataset = dataset_of(labels, tmp_path, scene(0), scene(0).resize((480, 360)), part)
    cleaned = apply(dataset, told(dataset)).dataset
    assert cleaned.images.name.tolist() == ["b.jpg"]


def test_where_each_has_a_label_file_none_is_dropped(tmp_path):
    dataset = dataset_of({"a.jpg": [], "b.jpg": []}, tmp_path, scene(0), mirrored(scene(0)))
    dataset = dataclasses.replace(dataset, files=Files.of(2, path=texts(["a.txt", "b.txt"])))
    dataset = with_columns(dataset, "images", file=[0, 1])
    assert told(dataset).fix.tolist() == [None]


def test_in_two_splits_it_is_a_leak_and_said_once(tmp_path):
    both = [images({"a.jpg": [CAR]}, size=(320, 240)), images({"b.jpg": [CAR]}, size=(320, 240))]
    dataset = with_pictures(
        merged(both, ["train", "val"]), tmp_path, [scene(0), scene(0).resize((160, 120))]
    )
    assert told(dataset, "IMG012").fix.tolist() == [None]
    assert "IMG012" not in told(dataset, "IMG012", "SPL002").code.tolist()


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["car 200 60 280 140"], None),  # mirrored, as the picture is
        (["car 40 60 120 140"], "1 box only in a.jpg, 1 box only in b.jpg"),
        (["bus 200 60 280 140"], "1 box of another class (at 40, 60: car in a.jpg, bus in b.jpg)"),
        ([], "a.jpg has 1 box, b.jpg none"),
    ],
)
def test_labels_are_carried_over_and_compared(tmp_path, labels, words):
    dataset = dataset_of({"a.jpg": [CAR], "b.jpg": labels}, tmp_path, scene(0), mirrored(scene(0)))
    findings = told(dataset, "IMG")
    if words is None:
        assert findings.name.tolist() == ["near-duplicate-image"]
        return
    assert findings.name.tolist() == ["duplicate-images-disagree"]
    assert findings.message[0] == (
        f"2 images (a.jpg, b.jpg) show the same (mirrored), and their labels differ: {words}"
    )


def test_an_unlabelled_copy_gets_the_boxes_where_they_are_in_it(tmp_path):
    turned = scene(0).crop((16, 0, 304, 228)).transpose(Image.Transpose.ROTATE_90)
    dataset = dataset_of({"a.jpg": [CAR], "b.jpg": []}, tmp_path, scene(0), turned)
    findings = told(dataset, "IMG011")
    cleaned = apply(dataset, findings).dataset
    assert cleaned.boxes.image.tolist() == [0, 1]
    # 16 px were cut off at the left; turned counter-clockwise, the right edge is on top.
    assert cleaned.boxes.xyxy[1] == pytest.approx([60, 288 - 104, 140, 288 - 24], abs=2)
    assert len(told(cleaned, "IMG011")) == 0


def test_a_box_is_carried_to_a_hundredth_of_a_pixel(tmp_path):
    larger = scene(0).resize((333, 250))
    labels = {"a.jpg": ["car 40.5 60.25 120 140"], "b.jpg": []}  # of no whole pixels
    dataset = dataset_of(labels, tmp_path, scene(0), larger)
    boxes = apply(dataset, told(dataset, "IMG011")).dataset.boxes
    assert boxes.xyxy[1].tolist() == pytest.approx([41.62, 62.5, 124.87, 145.83], abs=1)
    assert boxes.xyxy[1].tolist() == boxes.xyxy[1].round(2).tolist()
    assert boxes.xyxy[1].tolist() != boxes.xyxy[1].round(1).tolist()


def test_what_was_cut_away_is_not_missed(tmp_path):
    part = scene(0).crop((30, 0, 320, 240))
    labels = {"a.jpg": [CAR, "bus 2 100 26 200"], "b.jpg": ["car 10 60 90 140"]}
    assert told(dataset_of(labels, tmp_path, scene(0), part), "IMG011").code.tolist() == []
    labels["a.jpg"] = [CAR, "bus 200 100 260 200"]
    assert len(told(dataset_of(labels, tmp_path, scene(0), part), "IMG011")) == 1


CUT = 30
"""Pixels that a copy lost at its left."""

DOG, BUS = "dog 0 100 50 200", "bus 0 20 75 90"
"""Of the one two fifths are left in that copy, of the other three."""

VAN = "van 200 200 208 206"
"""So small that it is not looked for."""


def cut(folder: Path, labels: Sequence[str], of_cut: Sequence[str]) -> Dataset:
    """A picture with some labels, and its copy without the left edge with others."""
    part = scene(0).crop((CUT, 0, 320, 240))
    return dataset_of({"a.jpg": labels, "b.jpg": of_cut}, folder, scene(0), part)


@pytest.mark.parametrize(
    ("of_cut", "differ"),
    [
        (["dog 0 100 20 200", "bus 0 20 45 90"], 0),
        ([], 0),
        (["bus 0 100 20 200", "bus 0 20 45 90"], 0),
        (["dog 0 100 20 200", "dog 0 20 45 90"], 1),
        (["dog 0 150 20 240"], 1),
    ],
)
def test_what_is_left_of_an_object_at_the_edge_may_have_a_box_there(tmp_path, of_cut, differ):
    assert len(told(cut(tmp_path, [DOG, BUS], of_cut), "IMG011")) == differ


def test_a_copy_without_boxes_gets_small_ones_and_those_that_it_shows_by_half_too(tmp_path):
    dataset = cut(tmp_path, [CAR, VAN, BUS, DOG], [])
    boxes = apply(dataset, told(dataset, "IMG011")).dataset.boxes
    expected = [[10, 60, 90, 140], [170, 200, 178, 206], [0, 20, 45, 90]]
    assert boxes.xyxy[boxes.image == 1] == pytest.approx(np.array(expected), abs=1)


def test_a_copy_with_boxes_gets_those_alone_that_it_shows_as_a_whole(tmp_path):
    dataset = cut(tmp_path, [CAR, VAN, BUS, DOG, "cat 200 20 280 90"], ["cat 170 20 250 90"])
    boxes = apply(dataset, told(dataset, "IMG011")).dataset.boxes
    assert boxes.xyxy[boxes.image == 1][1:] == pytest.approx(np.array([[10, 60, 90, 140]]), abs=1)


def test_a_copy_without_boxes_of_a_picture_with_small_ones_alone_is_no_difference(tmp_path):
    assert len(told(cut(tmp_path, [VAN, BUS], []), "IMG011")) == 0


def test_classes_that_differ_have_no_fix(tmp_path):
    labels = {"a.jpg": [CAR], "b.jpg": ["bus 200 60 280 140"]}
    dataset = dataset_of(labels, tmp_path, scene(0), mirrored(scene(0)))
    assert told(dataset, "IMG011").fix.tolist() == [None]
