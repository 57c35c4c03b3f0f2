"""Image folders of Hugging Face: lines, objects in either form, classes, splits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.io.recognition import recognise
from labelaudit.testing import draw


def line(name: Any = "a.png", **objects: Any) -> str:
    return json.dumps({"file_name": name, "objects": objects})


def put(folder: Path, *lines: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "metadata.jsonl").write_text("\n".join(lines), "utf-8")
    return folder


def read(folder: Path, *lines: str) -> Dataset:
    return load(put(folder, *lines) / "metadata.jsonl", format="huggingface")


def told(dataset: Dataset) -> list[tuple[str, int, str, str]]:
    names = ("part", "record", "field", "found")
    columns = (getattr(dataset.problems, name).tolist() for name in names)
    return list(zip(*columns, strict=True))


def names(dataset: Dataset) -> list[str]:
    return [dataset.class_names[label] for label in dataset.boxes.label]


def test_boxes_are_left_top_width_height_and_classes_names_or_numbers(tmp_path):
    dataset = read(
        tmp_path,
        line("a.png", bbox=[[302.0, 109.0, 73.0, 52.0]], categories=[0]),
        line("b.png", bbox=[[1, 2, 3, 4], [5, 6, 7, 8]], category=["cat", "dog"]),
    )
    assert dataset.boxes.xyxy.tolist() == [[302, 109, 375, 161], [1, 2, 4, 6], [5, 6, 12, 14]]
    assert names(dataset) == ["class_0", "cat", "dog"]
    assert (dataset.boxes.record.tolist(), len(dataset.problems)) == ([0, 1, 2], 0)


def test_a_list_of_objects_is_the_same_as_lists_of_their_parts(tmp_path):
    objects = [{"bbox": [1, 2, 3, 4], "category": "cat"}, {"bbox": [5, 6, 7, 8], "label": "dog"}]
    whole = json.dumps({"image": "a.png", "objects": objects})
    flat = json.dumps({"file_name": "a.png", "bbox": [[1, 2, 3, 4]], "label": ["cat"]})
    dataset = read(tmp_path, whole, flat)
    assert names(dataset) == ["cat", "dog", "cat"]
    assert len(dataset.problems) == 0


def test_a_crowd_is_one(tmp_path):
    objects = {"bbox": [[1, 2, 3, 4]] * 3, "category": ["c"] * 3, "iscrowd": [0, 1, True]}
    assert read(tmp_path, line(**objects)).boxes.crowd.tolist() == [False, True, True]


def test_classes_are_called_as_the_readme_says(tmp_path):
    put(tmp_path, line(bbox=[[1, 2, 3, 4]] * 2, category=[1, 7]))
    (tmp_path / "README.md").write_text(
        "---\ndataset_info:\n  features:\n  - name: objects\n    sequence:\n    - name: category\n"
        "      dtype:\n        class_label:\n          names:\n            '0': cat\n"
        "            '1': dog\n---\n"
    )
    dataset = load(tmp_path)
    assert dataset.class_names == ["cat", "dog", "class_7"]
    assert names(dataset) == ["dog", "class_7"]


def test_images_of_each_split_lie_beside_their_file(tmp_path):
    for split in ("train", "validation"):
        put(tmp_path / split, line("sub/a.png", bbox=[], category=[]))
        draw(tmp_path / split / "sub" / "a.png", (64, 48))
    dataset = load(tmp_path)
    assert dataset.images.name.tolist() == ["train/sub/a.png", "validation/sub/a.png"]
    assert (dataset.splits, dataset.images.size.tolist()) == (("train", "val"), [[64, 48]] * 2)
    assert len(dataset.problems) == 0


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        ({"bbox": [[1, 2, 3, "x"]], "category": ["c"]}, ("annotations", 0, "bbox")),
        ({"bbox": [[1, 2, 3]], "category": ["c"]}, ("annotations", 0, "bbox")),
        ({"bbox": [None], "category": ["c"]}, ("annotations", 0, "bbox")),
        ({"bbox": [[1, 2, 3, 4]], "category": [None]}, ("annotations", 0, "categories")),
        ({"bbox": [[1, 2, 3, 4]], "category": [[7]]}, ("annotations", 0, "category")),
        ({"bbox": [[1, 2, 3, 4]]}, ("annotations", 0, "categories")),
        ({"bbox": [[1, 2, 3, 4]], "category": ["c", "d"]}, ("images", 0, "category")),
        ({"bbox": "x"}, ("images", 0, "bbox")),
        ({"points": []}, ("images", 0, "objects")),
        ([7], ("annotations", 0, "")),
        (None, ("images", 0, "objects")),
    ],
)
def test_odd_values_are_told_by_their_place(tmp_path, objects, expected):
    dataset = read(tmp_path, json.dumps({"file_name": "a.png", "objects": objects}))
    assert [one[:3] for one in told(dataset)] == [expected]


def test_an_odd_box_stays_an_object_and_counts(tmp_path):
    dataset = read(tmp_path, line(bbox=[[1, 2, "x", 4], [1, 2, 3, 4]], category=["c", "d"]))
    assert np.isfinite(dataset.boxes.xyxy).all(axis=1).tolist() == [False, True]
    assert dataset.boxes.record.tolist() == [0, 1]


@pytest.mark.parametrize("text", ["{broken", "[1]", "7", "[" * 100_000])
def test_a_line_that_is_none_is_told_and_the_others_are_read(tmp_path, text):
    dataset = read(tmp_path, text, "", line(bbox=[[1, 2, 3, 4]], category=["c"]))
    assert [one[:2] for one in told(dataset)] == [("images", 0)]
    assert dataset.images.record.tolist() == [2]


@pytest.mark.parametrize("name", [None, "", 7])
def test_an_image_without_a_name_is_told(tmp_path, name):
    dataset = read(tmp_path, line(name, bbox=[], category=[]))
    assert [one[2] for one in told(dataset)] == ["file_name"]


def test_lines_without_objects_are_no_labels(tmp_path):
    put(tmp_path, json.dumps({"file_name": "a.png", "text": "a cat"}))
    with pytest.raises(Exception, match="no labels found"):
        recognise(tmp_path)


TABLES = {
    "JSON": 'file_name,objects\na.png,"{""bbox"": [[1, 2, 3, 4]], ""categories"": [""car""]}"\n',
    "Python": "file_name,objects\na.png,\"{'bbox': [[1, 2, 3, 4]], 'categories': ['car']}\"\n",
    "a list of objects": (
        'image,objects\na.png,"[{""bbox"": [1, 2, 3, 4], ""category"": ""car""}]"\n'
    ),
    "a column for each part": (
        'file_name,width,height,bboxes,labels\na.png,100,80,"[[1, 2, 3, 4]]","[""car""]"\n'
    ),
    "over several lines": (
        '\ufefffile_name,objects\r\na.png,"{""bbox"": [[1, 2, 3, 4]],\r\n'
        ' ""categories"": [""car""]}"\r\n'
    ),
}


@pytest.mark.parametrize("table", TABLES)
def test_metadata_in_a_table_is_read(tmp_path, table):
    draw(tmp_path / "train" / "a.png", (100, 80))
    (tmp_path / "train" / "metadata.csv").write_bytes(TABLES[table].encode())
    dataset = load(tmp_path)
    assert (dataset.format, dataset.class_names) == ("huggingface", ["car"])
    assert dataset.boxes.xyxy.tolist() == [[1, 2, 4, 6]]
    assert dataset.images.path[0].endswith("train/a.png")
    assert dataset.splits == ("train",)
    assert not len(dataset.problems)


def test_a_table_with_a_row_for_each_box_is_another_format(tmp_path):
    draw(tmp_path / "a.png", (100, 80))
    (tmp_path / "metadata.csv").write_text('file_name,bbox,label\na.png,"[1, 2, 3, 4]",car\n')
    assert load(tmp_path).format == "csv"


def test_a_cell_that_is_no_list_of_objects_is_told(tmp_path):
    draw(tmp_path / "a.png", (100, 80))
    rows = 'a.png,"{""bbox"": [[1, 2, 3, 4]], ""categories"": [""car""]}"\nb.png,"{broken"\n'
    (tmp_path / "metadata.csv").write_text(f"file_name,objects\n{rows}")
    dataset = load(tmp_path)
    assert len(dataset.images) == 2
    assert dataset.problems.field.tolist() == ["objects"]
    assert dataset.problems.found.tolist() == ["{broken"]
