"""KITTI: types, boxes and regions that nobody labelled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from labelaudit.cli import main
from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.testing import draw

REST = "1.65 0.67 0.44 -3.68 1.59 8.24 0.01"
LINES = (
    f"Car 0.00 0 -1.57 114.24 181.78 227.31 284.77 {REST}",
    "DontCare -1 -1 -10 503.89 169.71 590.61 190.13 -1 -1 -1 -1000 -1000 -1000 -10",
    f"Pedestrian 0.20 1 0.48 0.00 185.29 61.43 238.59 {REST}",
    f"Cyclist 0.00 3 -0.6 10.5 20.25 30 60 {REST}",
)


def read(folder: Path, *lines: str) -> Dataset:
    draw(folder / "image_2" / "000000.png", (640, 480))
    path = folder / "label_2" / "000000.txt"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(lines))
    return load(folder, format="kitti")


def test_boxes_are_those_that_datumaro_1_13_reads(tmp_path):
    dataset = read(tmp_path, *LINES)
    names = [dataset.class_names[label] for label in dataset.boxes.label]
    assert names == ["Car", "DontCare", "Pedestrian", "Cyclist"]
    assert dataset.boxes.xyxy.tolist() == [
        [114.24, 181.78, 227.31, 284.77],
        [503.89, 169.71, 590.61, 190.13],
        [0.0, 185.29, 61.43, 238.59],
        [10.5, 20.25, 30, 60],
    ]


def test_a_region_nobody_labelled_is_not_to_be_judged_and_no_object_of_yolo(tmp_path, capsys):
    dataset = read(tmp_path / "in", *LINES)
    assert dataset.boxes.crowd.tolist() == [False, True, False, False]
    assert dataset.boxes.difficult.tolist() == [False, True, False, False]
    main(["convert", str(tmp_path / "in"), str(tmp_path / "out"), "--to", "yolo"])
    assert "crowd" in capsys.readouterr().err


def test_a_score_at_the_end_and_a_type_of_two_words_are_understood(tmp_path):
    dataset = read(tmp_path, f"{LINES[0]} 0.93", f"Person sitting 0 0 0 1 2 3 4 {REST}")
    assert dataset.class_names == ["Car", "Person sitting"]
    assert dataset.boxes.xyxy[1].tolist() == [1, 2, 3, 4]
    assert len(dataset.problems) == 0
    (note,) = dataset.notes
    assert note.startswith("left out: scores, as results of a detector have them: 1 (")


@pytest.mark.parametrize(
    ("line", "field", "known"),
    [
        (f"Car 0 0 0 1 x 3 4 {REST}", "bbox", False),
        (f"Car 0 0 0 1 nan 3 4 {REST}", "bbox", False),
        ("Car 0 0 0 1 2 3 4", "columns", True),
        (f"Car 0 0 0 1 2 3 4 {REST} 1 2", "columns", True),
    ],
)
def test_odd_columns_are_told_and_the_object_stays(tmp_path, line, field, known):
    dataset = read(tmp_path, LINES[0], line)
    assert np.isfinite(dataset.boxes.xyxy[1]).all() == known
    assert dataset.problems.field.tolist() == [field]
    assert dataset.problems.row.tolist() == [1]
