"""VisDrone: categories by number, boxes that are not judged, regions that are left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.testing import draw

LINES = (
    "84,8,73,116,0,0,0,0",
    "406,119,65,70,1,4,0,1",
    "10,20,30,40,1,1,1,2,",
    "5,6,7,8,0,11,0,0",
)


def read(folder: Path, *lines: str) -> Dataset:
    draw(folder / "VisDrone2019-DET-train" / "images" / "a.jpg", (640, 480))
    path = folder / "VisDrone2019-DET-train" / "annotations" / "a.txt"
    path.parent.mkdir(parents=True)
    path.write_text("\r\n".join(lines))
    return load(folder, format="visdrone")


def test_boxes_categories_and_what_is_not_judged(tmp_path):
    dataset = read(tmp_path, *LINES)
    names = [dataset.class_names[label] for label in dataset.boxes.label]
    assert names == ["ignored regions", "car", "pedestrian", "others"]
    assert dataset.boxes.xyxy.tolist() == [
        [84, 8, 157, 124],
        [406, 119, 471, 189],
        [10, 20, 40, 60],
        [5, 6, 12, 14],
    ]
    assert dataset.boxes.crowd.tolist() == [True, False, False, False]
    assert dataset.boxes.difficult.tolist() == [True, False, False, True]
    assert (len(dataset.problems), dataset.splits) == (0, ("train",))


@pytest.mark.parametrize(
    ("line", "field", "known"),
    [
        ("1,x,3,4,1,4,0,0", "bbox", False),
        ("1,2,3,4,1,12,0,0", "object_category", True),
        ("1,2,3,4,1,,0,0", "object_category", True),
        ("1,2,3,4,7,4,0,0", "score", True),
        ("1,2,3,4,1,4", "columns", True),
    ],
)
def test_odd_numbers_are_told_and_the_object_stays(tmp_path, line, field, known):
    dataset = read(tmp_path, LINES[1], line)
    assert np.isfinite(dataset.boxes.xyxy[1]).all() == known
    assert dataset.problems.field.tolist() == [field]


def test_a_line_without_a_box_is_told(tmp_path):
    dataset = read(tmp_path, LINES[1], "hello", "1,2,3")
    assert dataset.problems.record.tolist() == [1, 2]
