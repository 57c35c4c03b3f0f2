"""JSON of Ultralytics' results: a list for each image, which does not say which one it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from labelaudit.dataset.derived import DatasetColumns
from labelaudit.errors import FormatError
from labelaudit.predictions.read import read_predictions
from labelaudit.testing import images

DERIVED = DatasetColumns(
    images({"IMG_1.jpg": ["car 10 10 40 40"], "day/IMG_2.jpg": ["bus 5 5 60 60"], "c.jpg": []})
)


def seen(name: str = "car", **more: Any) -> dict[str, Any]:
    """One detection as `to_json` writes it."""
    box = {"x1": 10.5, "y1": 11.0, "x2": 40.0, "y2": 42.0}
    return {"name": name, "class": 0, "confidence": 0.75, "box": box} | more


def write(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content, indent=2))
    return path


def test_a_file_is_of_the_image_that_it_is_called_as(tmp_path: Path):
    write(tmp_path / "IMG_1.json", [seen(), seen("bus")])
    write(tmp_path / "IMG_2.json", [seen("bus", confidence=0.5)])
    found = read_predictions(tmp_path, DERIVED)
    assert found.source == str(tmp_path)
    assert found.predictions.image.tolist() == [0, 0, 1]
    assert found.predictions.label.tolist() == [0, 1, 1]
    assert found.predictions.score.tolist() == [0.75, 0.75, 0.5]
    assert found.predictions.xyxy[0].tolist() == [10.5, 11, 40, 42]
    assert found.notes == ()


def test_a_single_file_is_read_where_it_is_called_as_an_image(tmp_path: Path):
    found = read_predictions(write(tmp_path / "IMG_2.json", [seen()]), DERIVED)
    assert found.predictions.image.tolist() == [1]


@pytest.mark.parametrize("content", ["[]", " "])
def test_an_image_in_which_nothing_is_seen_has_an_empty_file(tmp_path: Path, content: str):
    write(tmp_path / "IMG_1.json", [seen()])
    (tmp_path / "c.json").write_text(content)
    found = read_predictions(tmp_path, DERIVED)
    assert len(found.predictions) == 1
    assert found.notes == ()


def test_files_of_one_image_and_of_many_may_stand_in_one_folder(tmp_path: Path):
    write(tmp_path / "IMG_1.json", [seen()])
    row = {"image_id": "IMG_2", "category_id": "bus", "bbox": [5, 5, 50, 50], "score": 0.25}
    write(tmp_path / "others.json", [row])
    assert sorted(read_predictions(tmp_path, DERIVED).predictions.score.tolist()) == [0.25, 0.75]


def test_a_file_that_is_called_as_no_image_is_refused_with_what_to_write(tmp_path: Path):
    path = write(tmp_path / "results.json", [seen(), seen()])
    with pytest.raises(FormatError) as caught:
        read_predictions(path, DERIVED)
    words = str(caught.value)
    assert words.startswith(f"{path}: its 2 predictions do not say of which image they are")
    assert "called as the image, as IMG_1.json of IMG_1.jpg, into one folder" in words
    assert "or add image_id" in words


def test_of_files_in_a_folder_those_of_no_image_are_left_out_and_counted(tmp_path: Path):
    write(tmp_path / "IMG_1.json", [seen()])
    write(tmp_path / "other.json", [seen(), seen()])
    found = read_predictions(tmp_path, DERIVED)
    assert len(found.predictions) == 1
    (note,) = found.notes
    assert "left out of 3 predictions: 2 of images that the dataset does not have" in note


def test_a_turned_box_is_taken_by_its_extent(tmp_path: Path):
    corners = {"x1": 20, "y1": 10, "x2": 30, "y2": 20, "x3": 20, "y3": 30, "x4": 10, "y4": 20}
    found = read_predictions(write(tmp_path / "c.json", [seen(box=corners)]), DERIVED)
    assert found.predictions.xyxy.tolist() == [[10, 10, 30, 30]]


def test_where_a_model_knows_no_names_numbers_of_classes_count(tmp_path: Path):
    path = write(tmp_path / "c.json", [seen("2", **{"class": 2}), seen("", **{"class": 1})])
    assert read_predictions(path, DERIVED).predictions.label.tolist() == [1, 0]  # ids are 1 and 2


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        ({"box": {"x1": 1, "y1": 2}}, "1 that could not be read"),
        ({"box": {"x1": 1, "y1": 2, "x2": "wide", "y2": 3}}, "1 that could not be read"),
        ({"name": "", "class": None}, "1 that could not be read"),
        ({"confidence": None}, "1 without a score"),
        ({"name": "tree"}, "1 of classes that the dataset does not have"),
    ],
)
def test_what_cannot_be_used_is_left_out_and_counted(tmp_path: Path, odd: Any, why: str):
    found = read_predictions(write(tmp_path / "c.json", [seen(), seen(**odd)]), DERIVED)
    assert len(found.predictions) == 1
    assert f"left out of 2 predictions: {why}" in found.notes[0]


@pytest.mark.parametrize("key", ["image_id", "path"])
def test_rows_that_name_their_image_are_none_of_these(tmp_path: Path, key: str):
    row = {"category_id": "car", "bbox": [1, 2, 30, 40], "score": 0.5, "box": {}}
    path = write(tmp_path / "c.json", [row | {"image_id": "IMG_1.jpg"}])
    assert read_predictions(path, DERIVED).predictions.image.tolist() == [0]
    with pytest.raises(FormatError, match="image_id, category_id, bbox"):
        read_predictions(write(tmp_path / "c.json", [seen() | {key: "IMG_1.jpg"}]), DERIVED)


def test_many_files_are_looked_up_together(tmp_path: Path):
    made = images({f"{number:03}.jpg": ["car 10 10 70 50"] for number in range(30)})
    for number in range(30):
        whole = {"x1": 10 / 640, "y1": 10 / 480, "x2": 70 / 640, "y2": 50 / 480}
        write(tmp_path / f"{number:03}.json", [seen(box=whole, confidence=0.5 + number / 100)])
    found = read_predictions(tmp_path, DatasetColumns(made))
    assert found.predictions.xyxy == pytest.approx(made.boxes.xyxy)
    assert any("in parts of the image" in note for note in found.notes)
