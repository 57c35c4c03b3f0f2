"""DOTA: corners, extents, difficulties and headings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from labelaudit.dataset.tables import Dataset
from labelaudit.io.formats import shapes
from labelaudit.io.load import load
from labelaudit.io.recognition import recognise
from labelaudit.testing import draw

HEADING = ("imagesource:GoogleEarth", "gsd:0.146343590398")
PLANE = "50.0 60.0 90.5 40.0 110.0 80.0 70.0 100.0 plane 0"


def put(folder: Path, *lines: str) -> Path:
    draw(folder / "images" / "P1.png", (320, 240))
    path = folder / "labelTxt" / "P1.txt"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(lines))
    return folder


def read(folder: Path, *lines: str) -> Dataset:
    return load(put(folder, *lines), format="dota")


def test_the_box_is_the_extent_of_the_corners_and_the_corners_stay_its_polygon(tmp_path):
    dataset = read(tmp_path, *HEADING, PLANE)
    assert dataset.boxes.xyxy.tolist() == [[50, 40, 110, 100]]
    (polygon,) = shapes(dataset)[0].polygons
    assert polygon.tolist() == [[50, 60], [90.5, 40], [110, 80], [70, 100]]
    # Half the cross product of the diagonals (60, 20) and (-20.5, 60).
    assert dataset.masks.area.tolist() == [2005]
    assert dataset.boxes.record.tolist() == [2]


def test_difficulties_and_classes_of_several_words(tmp_path):
    dataset = read(
        tmp_path,
        "10 10 30 10 30 20 10 20 small-vehicle 1",
        "10 10 30 10 30 20 10 20 storage tank 2",
        "10 10 30 10 30 20 10 20 ship",
        "10 10 30 10 30 20 10 20 ship 0",
    )
    assert dataset.class_names == ["small-vehicle", "storage tank", "ship"]
    assert dataset.boxes.difficult.tolist() == [True, True, False, False]
    assert len(dataset.problems) == 0


@pytest.mark.parametrize(
    "heading", ["imagesource:GoogleEarth", "gsd:null", "gsd:None", "acquisition dates:None"]
)
def test_an_image_with_a_heading_alone_has_no_objects(tmp_path, heading):
    folder = put(tmp_path, heading)
    assert recognise(folder).format.name == "dota"
    dataset = load(folder)
    assert (len(dataset.images), len(dataset.boxes), len(dataset.problems)) == (1, 0, 0)


def test_broken_lines_are_told(tmp_path):
    dataset = read(tmp_path, PLANE, "1 2 3", "1 2 x 4 5 6 7 8 plane 0", "1 2 3 4 5 6 7 8")
    kinds = zip(dataset.problems.record.tolist(), dataset.problems.field.tolist(), strict=True)
    assert list(kinds) == [(1, ""), (2, "corners"), (3, "class")]
    assert np.isnan(dataset.boxes.xyxy[1]).all()
    assert dataset.boxes.label.tolist() == [0, 0, -1]


def test_labels_of_ultralytics_are_no_dota_but_polygons_of_yolo(tmp_path):
    folder = tmp_path / "obb"
    draw(folder / "images" / "a.png", (100, 200))
    (folder / "labels").mkdir()
    (folder / "labels" / "a.txt").write_text("0 0.1 0.1 0.5 0.2 0.4 0.6 0.05 0.4\n")
    (folder / "data.yaml").write_text("train: images\nval: images\nnames: [ship]\n")
    dataset = load(folder)
    assert dataset.format == "yolo"
    assert dataset.boxes.xyxy.round(6).tolist() == [[5, 20, 50, 120]]
    (polygon,) = shapes(dataset)[0].polygons
    assert polygon.round(6).tolist() == [[10, 20], [50, 40], [40, 120], [5, 80]]
