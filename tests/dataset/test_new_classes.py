"""Classes that a dataset does not have yet: their rows, ids and files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import labelaudit
from labelaudit.core.columns import MISSING
from labelaudit.dataset.new_classes import class_in_file, with_classes
from labelaudit.errors import FixError
from labelaudit.testing import one_image


def coco(path: Path, name: str, classes: list[tuple[object, str]]) -> Path:
    content = {
        "images": [{"id": 1, "file_name": f"{name}.jpg", "width": 64, "height": 48}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": classes[0][0], "bbox": [1, 1, 9, 9]}
        ],
        "categories": [{"id": number, "name": one} for number, one in classes],
    }
    (path / f"{name}.json").write_text(json.dumps(content))
    return path / f"{name}.json"


def test_every_file_that_lists_classes_gets_a_row_of_one_id(tmp_path):
    files = [
        coco(tmp_path, "train", [(1, "car"), (7, "bus")]),
        coco(tmp_path, "val", [(3, "bus")]),
    ]
    made = with_classes(labelaudit.load(files), ["tram", "bus", "van", "tram"])
    new = made.categories.rows(made.categories.record == MISSING)
    told = list(zip(new.file.tolist(), new.id.values(), new.name.tolist(), strict=True))
    assert told == [(0, 8, "tram"), (1, 8, "tram"), (0, 9, "van"), (1, 9, "van")]
    bus = made.class_names.index("bus")
    assert made.categories.id.value(class_in_file(made, bus, 1)) == 3
    assert class_in_file(made, bus, 0) == bus
    car = made.class_names.index("car")
    assert class_in_file(made, car, 1) == car  # that file has none
    assert class_in_file(made, MISSING, 1) == MISSING


def test_ids_that_are_words_have_words_as_the_next(tmp_path):
    made = with_classes(labelaudit.load(coco(tmp_path, "a", [("x", "car")])), ["tram"])
    assert made.categories.id.values() == ["x", "tram"]


def test_nothing_changes_where_all_are_there():
    dataset = one_image("car 10 10 40 40")
    assert with_classes(dataset, ["car"]) is dataset
    assert with_classes(dataset, []) is dataset


def test_numbers_without_names_have_no_place_for_one(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    (tmp_path / "images" / "a.jpg").write_bytes(b"")
    (tmp_path / "labels" / "a.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    dataset = labelaudit.load(tmp_path)
    with pytest.raises(FixError, match="numbers without names"):
        with_classes(dataset, ["tram"])
