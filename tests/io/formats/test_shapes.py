from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import labelaudit
from labelaudit.dataset.shapes import joined
from labelaudit.io.formats import shapes
from labelaudit.testing import draw, one_image
from tests.io.formats.conversions import convert

CORNERS = st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(1, 9), st.integers(1, 9))


def area(polygon: np.ndarray) -> float:
    """The area inside a polygon, whichever way around it goes, by the shoelace formula."""
    x, y = polygon.T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def coco(path: Path, *annotations: dict[str, Any], **category: Any) -> Path:
    boxes = [
        {"id": number, "image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 10], "area": 200}
        | {"iscrowd": 0}
        | annotation
        for number, annotation in enumerate(annotations, 1)
    ]
    document = {
        "images": [{"id": 1, "file_name": "a.png", "width": 100, "height": 50}],
        "annotations": boxes,
        "categories": [{"id": 1, "name": "cat"} | category],
    }
    path.write_text(json.dumps(document))
    draw(path.parent / "a.png", (100, 50))
    return path


def converted(path: Path, to: str, target: Path) -> tuple[Any, list[str]]:
    lost = convert(to, labelaudit.load(path), target)
    return labelaudit.load(target), lost


SQUARE = [10, 10, 30, 10, 30, 20, 10, 20]


def test_polygons_go_from_coco_to_yolo_and_back(tmp_path):
    source = coco(tmp_path / "a.json", {"segmentation": [SQUARE]})
    yolo, lost = converted(source, "yolo", tmp_path / "yolo")
    label = (tmp_path / "yolo" / "labels" / "train" / "a.txt").read_text().split()
    assert [float(word) for word in label] == [0, 0.1, 0.2, 0.3, 0.2, 0.3, 0.4, 0.1, 0.4]
    assert not any("mask" in line for line in lost)
    assert yolo.masks.area.tolist() == pytest.approx([200])


def test_all_labels_of_a_yolo_dataset_are_polygons_if_one_is(tmp_path):
    source = coco(tmp_path / "a.json", {"segmentation": [SQUARE]}, {"bbox": [0, 0, 50, 25]})
    _, lost = converted(source, "yolo", tmp_path / "yolo")
    lines = (tmp_path / "yolo" / "labels" / "train" / "a.txt").read_text().splitlines()
    assert [len(line.split()) for line in lines] == [9, 9]
    assert "1 object without a polygon: their boxes as polygons" in lost


def test_a_polygon_or_keypoint_beyond_all_numbers_is_no_place_and_no_warning(tmp_path):
    draw(tmp_path / "images" / "a.png", (100, 50))
    (tmp_path / "labels").mkdir()
    lines = ["0 .1 .1 1e307 .1 .3 .3", "0 .1 .1 .3 .1 .3 .3"]
    (tmp_path / "labels" / "a.txt").write_text("\n".join(lines), "utf-8")
    (tmp_path / "data.yaml").write_text("train: images\nval: images\nnames: [cat]\n", "utf-8")
    assert list(shapes(labelaudit.load(tmp_path))) == [1]
    lines = ["0 .5 .5 .2 .2 1e307 .5 2", "0 .5 .5 .2 .2 .5 .5 2"]
    (tmp_path / "labels" / "a.txt").write_text("\n".join(lines), "utf-8")
    with (tmp_path / "data.yaml").open("a") as yaml:
        yaml.write("kpt_shape: [1, 3]\n")
    assert shapes(labelaudit.load(tmp_path))[1].keypoints.tolist() == [[50, 25, 2]]


def test_keypoints_go_from_coco_to_yolo_and_back(tmp_path):
    points = [12, 11, 2, 20, 15, 1, 0, 0, 0]
    source = coco(tmp_path / "a.json", {"keypoints": points, "num_keypoints": 2}, {})
    converted(source, "yolo", tmp_path / "yolo")
    assert "kpt_shape: [3, 3]" in (tmp_path / "yolo" / "data.yaml").read_text()
    lines = (tmp_path / "yolo" / "labels" / "train" / "a.txt").read_text().splitlines()
    assert [len(line.split()) for line in lines] == [14, 14]  # the second has none labelled


def test_masks_and_keypoints_stay_what_they_are_from_coco_to_coco(tmp_path):
    mask = {"size": [50, 100], "counts": [1005, 5, 3990]}
    points = [12, 11, 2, 20.5, 15, 1]
    source = coco(
        tmp_path / "a.json",
        {"segmentation": [SQUARE, [1, 1, 2.5, 1, 2, 3]]},
        {"segmentation": mask, "iscrowd": 1},
        {"keypoints": points, "num_keypoints": 2},
        {"segmentation": [[1, 2, "x"]]},
    )
    _, lost = converted(source, "coco", tmp_path / "b.json")
    written = json.loads((tmp_path / "b.json").read_text())["annotations"]
    assert written[0]["segmentation"] == [SQUARE, [1, 1, 2.5, 1, 2, 3]]
    assert written[1]["segmentation"] == mask
    assert (written[2]["keypoints"], written[2]["num_keypoints"]) == (points, 2)
    assert "segmentation" not in written[3]
    assert lost[0] == "1 mask that cannot be read"


def test_a_dataset_that_is_not_on_disk_has_no_points(tmp_path):
    dataset = labelaudit.load(coco(tmp_path / "a.json", {"segmentation": [SQUARE]}))
    assert len(shapes(dataset)) == 1
    assert shapes(one_image("cat 1 2 3 4")) == {}


@given(st.lists(st.tuples(CORNERS, st.sampled_from([1, -1])), min_size=1, max_size=4))
def test_joining_polygons_keeps_every_point_and_the_area(rectangles):
    polygons = [
        np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]], float)[::way]
        for (x, y, w, h), way in rectangles
    ]
    ring = joined(polygons)
    assert area(ring) == pytest.approx(sum(map(area, polygons)))
    assert {tuple(point) for point in ring} == {tuple(p) for some in polygons for p in some}


def test_real_polygons_survive_the_way_to_yolo(tmp_path):
    source = Path(__file__).parents[4] / "shared" / "data" / "coco_cc"
    if not source.exists():
        pytest.skip("needs the real datasets in ../shared/data")
    dataset = labelaudit.load(source)
    assert len(shapes(dataset)) == len(dataset.masks)
    yolo, _ = converted(source, "yolo", tmp_path / "yolo")
    assert len(yolo.masks) == len(yolo.boxes)
    alone = dataset.masks.rows(~dataset.boxes.crowd[dataset.masks.box])
    order = [np.argsort(table.area) for table in (alone, yolo.masks)]
    assert yolo.masks.area[order[1]] == pytest.approx(alone.area[order[0]], rel=0.02, abs=1)
