"""Annotations that name their class or image otherwise than by its id, or under another key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labelaudit.auditing.fixes.apply import apply, fixable
from labelaudit.auditing.run import audit
from labelaudit.core.columns import MISSING, texts
from labelaudit.io.formats.coco.references import other_type, short_names, with_named
from labelaudit.io.load import load
from labelaudit.io.save import save

CLASSES = ("car", "Bus", "van", "van")
IMAGES = ("train/a.jpg", "b.png", "day/c.jpg", "night/c.jpg", "b.jpg")


def written(folder: Path, *annotations: dict[str, Any]) -> Path:
    document = {
        "images": [
            {"id": 10 + row, "file_name": name, "width": 200, "height": 100}
            for row, name in enumerate(IMAGES)
        ],
        "categories": [{"id": 20 + row, "name": name} for row, name in enumerate(CLASSES)],
        "annotations": [
            {"id": row, "image_id": 10, "category_id": 20, "bbox": [1, 2, 30, 40], "area": 1200}
            | {"iscrowd": 0, **one}
            for row, one in enumerate(annotations, start=1)
        ],
    }
    path = folder / "labels.json"
    path.write_text(json.dumps(document), "utf-8")
    return path


def mended(path: Path) -> dict[str, Any]:
    dataset = load(path)
    findings = audit(dataset, select=["REF"])
    saved = save(apply(dataset, findings.rows(fixable(findings))).dataset, path.with_name("c.json"))
    assert not len(load(saved.path).problems)
    first: dict[str, Any] = json.loads(saved.path.read_bytes())["annotations"][0]
    return first


@pytest.mark.parametrize("said", ["{}", "{}.0", "{}.00e0"])
@pytest.mark.parametrize(
    ("ids", "meant", "row"),
    [
        ((2**53, 2**53 + 1), 2**53 + 1, 1),
        ((2**53, 2**53 + 2), 2**53 + 1, MISSING),
        ((1e18, 10**18 + 2), 10**18 + 2, 1),
        ((1e18, 7), 10**18 + 1, MISSING),
        ((10**39, 10**39 + 1), 10**39 + 1, 1),
    ],
)
def test_a_large_id_as_text_is_another_than_one_that_differs_in_its_last_digit(
    tmp_path: Path, ids: tuple[float, float], meant: int, row: int, said: str
):
    path = written(tmp_path, {"image_id": said.format(meant)})
    document = json.loads(path.read_bytes())
    document["images"] = [
        {"id": one, "file_name": f"{one}.png", "width": 200, "height": 100} for one in ids
    ]
    path.write_text(json.dumps(document), "utf-8")
    assert load(path).boxes.image.tolist() == [row]
    assert other_type(said.format(meant)) == meant


def test_no_number_of_more_digits_than_an_id_has_is_worked_out():
    assert other_type("9" * 40) == 10**40 - 1
    for text in ("1" + "0" * 40, "1e999999999", "nan", "inf", "-1e40", "1.5", "1_0", ""):
        assert other_type(text) is None


@pytest.mark.parametrize(
    "odd", ["car", " car ", "CAR", ["car"], {"name": "car"}, {"id": 20, "name": "?"}, [20], "20.0"]
)
def test_a_class_that_is_named_is_the_one_that_is_called_so(odd: Any, tmp_path: Path):
    path = written(tmp_path, {"category_id": odd})
    dataset = load(path)
    assert dataset.boxes.label.tolist() == [0]
    assert dataset.problems.kind.tolist() == ["wrong-type"]
    assert audit(dataset, select=["REF"]).message.tolist() == [
        f"annotations[0]: category_id is {json.dumps(odd)}, understood as 20"
    ]
    assert mended(path)["category_id"] == 20


@pytest.mark.parametrize(
    ("odd", "row"),
    [
        ("train/a.jpg", 0),
        ("a.jpg", 0),
        ("a", 0),
        ("train/a", 0),
        ("TRAIN/A.JPG", 0),
        ("b.png", 1),
        ("b.jpg", 4),
        ("night/c.jpg", 3),
    ],
)
def test_an_image_that_is_named_is_the_only_one_of_that_name(odd: str, row: int, tmp_path: Path):
    path = written(tmp_path, {"image_id": odd})
    assert load(path).boxes.image.tolist() == [row]
    assert mended(path)["image_id"] == 10 + row


@pytest.mark.parametrize("odd", ["van", "", "lorry", {"id": None}, [], ["car", "Bus"], True])
def test_a_class_of_a_name_that_two_have_or_none_is_not_guessed(odd: Any, tmp_path: Path):
    dataset = load(written(tmp_path, {"category_id": odd}))
    assert dataset.boxes.label.tolist() == [MISSING]
    assert dataset.problems.kind.tolist() == ["dangling"]


@pytest.mark.parametrize("odd", ["c.jpg", "c", "b", "x.jpg", None])
def test_an_image_of_a_name_that_two_have_or_none_is_not_guessed(odd: str | None, tmp_path: Path):
    dataset = load(written(tmp_path, {"image_id": odd}))
    assert dataset.boxes.image.tolist() == [MISSING]
    assert dataset.problems.kind.tolist() == ["dangling"]


def test_an_id_goes_before_a_name():
    rows = np.array([1, MISSING], np.int32)
    with_named(rows, {0: "a", 1: "a"}, texts(["a", "b"]), short_names)
    assert rows.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("key", "other"),
    [
        ("image_id", "imageId"),
        ("image_id", "ImageID"),
        ("category_id", "categoryId"),
        ("category_id", "category-id"),
        ("bbox", "BBox"),
        ("id", "ID"),
    ],
)
def test_a_key_in_another_spelling_is_read_and_written_as_it_should_be(
    key: str, other: str, tmp_path: Path
):
    path = written(tmp_path, {})
    path.write_text(path.read_text().replace(f'"{key}": ', f'"{other}": '))
    if key == "id":
        path.write_text(path.read_text().replace('{"ID": 1, "image', '{"Id": 1, "image', 1))
    dataset = load(path)
    assert len(dataset.boxes) == 1
    assert dataset.boxes.label.tolist() == dataset.boxes.image.tolist() == [0]
    assert dataset.boxes.xyxy.tolist() == [[1, 2, 31, 42]]
    assert set(dataset.problems.kind.tolist()) == {"wrong-type"}
    assert f'under the key "{other if key != "id" else "ID"}"' in dataset.problems.found.tolist()
    assert key in mended(path)


@pytest.mark.parametrize("other", ["filename", "fileName", "File_Name"])
def test_the_name_of_an_image_may_stand_under_another_spelling(other: str, tmp_path: Path):
    path = written(tmp_path, {})
    path.write_text(path.read_text().replace("file_name", other))
    dataset = load(path)
    assert dataset.images.name.tolist() == list(IMAGES)
    assert dataset.problems.kind.tolist() == ["wrong-type"] * len(IMAGES)


def test_a_key_as_it_should_be_goes_before_another_spelling(tmp_path: Path):
    dataset = load(written(tmp_path, {"ImageId": 12, "categoryId": 21, "iscrowd": False}))
    assert dataset.boxes.image.tolist() == dataset.boxes.label.tolist() == [0]
    assert dataset.problems.field.tolist() == ["iscrowd"]
