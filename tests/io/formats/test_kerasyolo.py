"""keras-yolo: an image and its boxes a line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from labelaudit.cli import main
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import LabelauditError
from labelaudit.io.formats.evidence import PathSample
from labelaudit.io.formats.kerasyolo import evidence
from labelaudit.io.load import load
from labelaudit.testing import draw


def read(folder: Path, *lines: str, name: str = "train.txt", **classes: str) -> Dataset:
    """The dataset of one list, beside it a list of classes."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("".join(f"{line}\n" for line in lines))
    for stem, text in classes.items():
        (folder / f"{stem}.txt").write_text(text)
    return load(folder)


def boxes(dataset: Dataset) -> list[tuple[str, str, list[float]]]:
    names = [dataset.class_names[label] for label in dataset.boxes.label]
    images = dataset.images.name[dataset.boxes.image].tolist()
    return list(zip(images, names, dataset.boxes.xyxy.tolist(), strict=True))


def test_boxes_are_those_that_keras_yolo3_trains_on(tmp_path):
    draw(tmp_path / "img/a.jpg", (640, 480))
    draw(tmp_path / "img/b.jpg", (640, 480))
    lines = ("img/a.jpg 50,100,150,200,0 350,250,600,470,3", "img/b.jpg")
    dataset = read(tmp_path, *lines, _classes="cat\ndog\nbus\ncar\n")
    assert dataset.format == "kerasyolo"
    assert boxes(dataset) == [
        ("img/a.jpg", "cat", [50, 100, 150, 200]),
        ("img/a.jpg", "car", [350, 250, 600, 470]),
    ]
    assert dataset.class_names == ["cat", "dog", "bus", "car"]
    assert dataset.images.size.tolist() == [[640, 480]] * 2
    assert (dataset.splits, len(dataset.problems), dataset.notes) == (("train",), 0, ())


def test_classes_without_a_list_are_their_numbers_and_a_name_is_one(tmp_path):
    dataset = read(tmp_path, "a.jpg 1,2,3,4,7 1,2,3,5,1.0 1,2,3,6,cat", classes="dog\n")
    assert [name for _, name, _ in boxes(dataset)] == ["class_7", "class_1", "cat"]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("my images/a b.jpg", "my images/a b.jpg"),
        ("D:\\my data\\VOC 2007\\a.jpg", "D:/my data/VOC 2007/a.jpg"),
        ("/data/x/a.PNG", "/data/x/a.PNG"),
    ],
)
def test_a_path_may_have_blanks_and_lead_to_another_machine(tmp_path, written, name):
    dataset = read(tmp_path, f"{written} 1,2,3,4,0  5,6,7,8,0\t", written)
    assert (dataset.images.name.tolist(), len(dataset.boxes)) == ([name], 2)


def test_an_image_of_several_lines_is_one(tmp_path):
    dataset = read(tmp_path, "a.jpg 1,2,3,4,0", "b.jpg 1,2,3,4,0", "a.jpg 5,6,7,8,0")
    assert dataset.images.name.tolist() == ["a.jpg", "b.jpg"]
    assert dataset.boxes.image.tolist() == [0, 1, 0]


def test_lists_of_splits_are_splits(tmp_path):
    (tmp_path / "2007_val.txt").write_text("b.jpg 1,2,3,4,0\n")
    dataset = read(tmp_path, "a.jpg 1,2,3,4,0", name="2007_train.txt")
    assert dataset.splits == ("train", "val")
    assert dataset.split_members.split.tolist() == [0, 1]


def test_what_is_odd_is_told_with_its_place_and_the_rest_is_read(tmp_path, capsys):
    lines = ("a.jpg 1,2,x,4,0 1,2,3,4,0", "no image 1,2,3,4,0", "b.jpg 5,6,7,8 1,2,3,4,0,9")
    dataset = read(tmp_path, *lines)
    assert [name for _, name, _ in boxes(dataset)][:2] == ["class_0", "class_0"]
    assert np.isnan(dataset.boxes.xyxy[0]).all()
    assert np.isfinite(dataset.boxes.xyxy[1:]).all()
    assert dataset.problems.field.tolist() == ["bbox", "", "class"]
    (note,) = dataset.notes
    assert note == "left out: numbers behind the class of a box: 1 (train.txt: box 4 of the file)"
    assert main(["scan", str(tmp_path), "--select", "REF009"]) == 1
    assert "train.txt, box 2 of the file has no class" in capsys.readouterr().out


@pytest.mark.parametrize(
    "lines",
    [
        ("a.jpg", "b.jpg"),  # a list of images
        ("a.jpg 1 2 3 4 0",),  # a table
        ("x 1,2,3,4,0", "y 1,2,3,4,0", "a.jpg 1,2,3,4,0"),  # a third begins with an image
        ("10,13, 16,30, 33,23",),  # anchors
    ],
)
def test_other_lists_are_none(tmp_path, lines):
    (tmp_path / "train.txt").write_text("\n".join(lines))
    assert evidence(PathSample(tmp_path)) is None
    with pytest.raises(LabelauditError, match=r"no text files of keras-yolo"):
        load(tmp_path, format="kerasyolo")


def test_half_of_the_lines_may_be_broken(tmp_path):
    assert read(tmp_path, "x 1,2,3,4,0", "a.jpg 1,2,3,4,0").format == "kerasyolo"


def test_boxes_stay_the_same_through_yolo_and_back(tmp_path):
    draw(tmp_path / "in/a.jpg", (640, 480))
    before = read(tmp_path / "in", "a.jpg 64,48,320,240,1", name="l.txt", classes="cat\ndog\n")
    assert main(["convert", str(tmp_path / "in"), str(tmp_path / "out"), "--to", "yolo"]) == 0
    after = load(tmp_path / "out")
    assert after.boxes.xyxy.tolist() == before.boxes.xyxy.tolist() == [[64, 48, 320, 240]]
    assert after.class_names == before.class_names
