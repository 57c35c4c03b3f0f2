"""Create ML files: what is read of them, and that nothing in them is lost silently."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labelaudit.errors import FormatError
from labelaudit.io.load import load
from labelaudit.io.recognition import recognise
from labelaudit.testing import draw
from tests.io.formats.read_only_files import mutated, objects, same_objects, told


def one(*sides: Any, label: Any = "cat") -> dict[str, Any]:
    names = ("x", "y", "width", "height")
    return {"label": label, "coordinates": dict(zip(names, sides, strict=True))}


def put(folder: Path, *images: Any, name: str = "_annotations.createml.json") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(list(images)))
    draw(folder / "a.png", (64, 48))
    return folder


def image(*objects: Any, name: Any = "a.png") -> dict[str, Any]:
    return {"image": name, "annotations": list(objects)}


@pytest.mark.parametrize(
    ("images", "annotations"),
    [("image", "annotations"), ("imagefilename", "annotation"), ("imageURL", "annotations")],
)
def test_coordinates_are_a_centre_and_sides_under_either_spelling(tmp_path, images, annotations):
    record = {images: "a.png", annotations: [one(30, 20, 21, 10)]}
    dataset = load(put(tmp_path, record))
    assert objects(dataset) == [("a.png", "cat", [19.5, 15, 40.5, 25])]
    assert dataset.images.size.tolist() == [[64, 48]]
    assert (len(dataset.problems), dataset.notes, dataset.splits) == (0, (), ())


def test_it_is_read_as_supervision_reads_it(tmp_path):
    # supervision 0.31.2, DetectionDataset.from_createml: xyxy [[42.5, 18, 55.5, 38]], class 0;
    # panlabel 0.7.0 has the same box
    dataset = load(put(tmp_path, image(one(49, 28, 13, 20))))
    assert objects(dataset) == [("a.png", "cat", [42.5, 18, 55.5, 38])]


def test_an_image_without_objects_is_one(tmp_path):
    dataset = load(put(tmp_path, image(), image(one(1, 1, 2, 2), name="b.png")))
    assert dataset.images.name.tolist() == ["a.png", "b.png"]
    assert dataset.boxes.image.tolist() == [1]


def test_files_of_folders_are_splits_with_the_images_beside_them(tmp_path):
    for split in ("train", "valid"):
        put(tmp_path / split, image(one(10, 10, 2, 2)))
    dataset = load(tmp_path)
    assert dataset.splits == ("train", "valid")
    assert dataset.images.name.tolist() == ["train/a.png", "valid/a.png"]
    assert dataset.images.path.tolist() == [
        str(tmp_path / split / "a.png") for split in ("train", "valid")
    ]


def test_odd_records_are_noted_one_by_one(tmp_path):
    odd = image(one(1, "2", None, 4), {"label": "cat"}, one(1, 1, 1, 1, label=None), 7)
    number = image(one(5, 5, 2, 2, label=3), name=None)
    dataset = load(put(tmp_path, odd, 5, {"image": "b.png"}, number))
    assert told(dataset) == [
        ("wrong-type", "annotations", 0, "y"),
        ("missing-field", "annotations", 0, "width"),
        ("missing-field", "annotations", 1, "coordinates"),
        ("unreadable", "images", 1, ""),
        ("missing-field", "annotations", 2, "label"),
        ("missing-field", "images", 2, "annotations"),
        ("unreadable", "annotations", 3, ""),
        ("missing-field", "images", 3, "image"),
        ("wrong-type", "annotations", 4, "label"),
    ]
    assert np.isnan(dataset.boxes.xyxy).all(axis=1).tolist() == [True, True, False, False]
    assert dataset.class_names == ["cat", "3"]


@pytest.mark.parametrize("text", ["", "{}", "7", '[{"image": "a"', "[" * 100_000])
def test_a_file_that_is_none_is_noted(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    dataset = load(tmp_path / "a.json", format="createml")
    assert told(dataset) == [("unreadable", "file", -1, "")]


def test_it_is_recognised_by_its_list_of_images(tmp_path):
    folder = put(tmp_path, image(), image(one(1, 1, 2, 2)))
    assert recognise(folder).format.name == "createml"
    assert recognise(put(tmp_path / "empty", image())).format.name == "createml"
    assert recognise(folder / "_annotations.createml.json").format.name == "createml"


def test_a_list_of_images_with_boxes_in_a_row_is_no_create_ml(tmp_path):
    folder = put(tmp_path, image({"label": "cat", "bbox": [1, 2, 3, 4]}))
    assert recognise(folder).format.name == "boxlists"


@pytest.mark.parametrize("one", [{"class_id": 0}, 7])
def test_a_list_of_images_with_other_objects_is_not_taken_for_it(tmp_path, one):
    with pytest.raises(FormatError):
        recognise(put(tmp_path, image(one)))


def test_it_converts_to_all_that_is_written(tmp_path):
    folder = put(tmp_path / "in", image(one(30, 20, 21, 10), one(9, 9, 4, 4, label="dog")))
    same_objects(folder, tmp_path / "out")


def test_no_mutation_of_a_file_stops_it(tmp_path):
    folder = put(tmp_path, image(one(30, 20, 21, 10)), image(one(9, 9, 4, 4, label="dog")))
    path = folder / "_annotations.createml.json"
    for text in mutated(path.read_bytes()):
        path.write_bytes(text)
        load(path, format="createml")


def test_a_file_for_each_image_is_no_split(tmp_path):
    for name in ("a.png", "b.png", "c.png"):
        put(tmp_path, image(one(30, 20, 21, 10), name=name), name=f"{name[0]}.json")
    dataset = load(tmp_path)
    assert dataset.images.name.tolist() == ["a.png", "b.png", "c.png"]
    assert (dataset.splits, len(dataset.split_members)) == ((), 0)
    put(tmp_path, image(name="d.png"), image(name="e.png"), name="d.json")
    assert load(tmp_path).splits == ("a", "b", "c", "d")


def test_splits_of_one_image_each_are_splits_by_their_names(tmp_path):
    for name in ("a.png", "b.png"):
        split = "train" if name == "a.png" else "valid"
        put(tmp_path, image(one(30, 20, 21, 10), name=name), name=f"{split}.json")
    assert load(tmp_path).splits == ("train", "valid")
