"""What is left of clipped masks is known before they are saved: one run of fixes is enough."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labelaudit.auditing.fixes.apply import fixable
from labelaudit.auditing.fixes.clipped_masks import with_clipped_masks
from labelaudit.auditing.scan import fixed, scan
from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.io.save import save_in_place
from labelaudit.testing import draw, one_image, with_polygons

TIP = [60, 60, 60, 20, 140, 4]
"""A triangle that is highest where it is cut off: what is left of it begins at 12 px, not at 4."""


def coco(folder: Path, **record: Any) -> Path:
    one = {"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, **record}
    document = {
        "images": [{"id": 1, "file_name": "a.png", "width": 100, "height": 80}],
        "annotations": [one],
        "categories": [{"id": 1, "name": "car"}],
    }
    path = folder / "labels.json"
    path.write_text(json.dumps(document), "utf-8")
    return path


def yolo(folder: Path, *polygon: float) -> Path:
    (folder / "labels").mkdir()
    draw(folder / "images" / "a.png", (100, 80))
    numbers = [value / side for value, side in zip(polygon, [100, 80] * 9, strict=False)]
    line = " ".join(f"{value:.6f}" for value in numbers)
    (folder / "labels" / "a.txt").write_text(f"0 {line}\n", "utf-8")
    text = "path: .\ntrain: images\nval: images\nnames: [car]\n"
    (folder / "data.yaml").write_text(text, "utf-8")
    return folder / "data.yaml"


def fixed_once(source: Path, *, unsafe: bool) -> tuple[Dataset, Dataset]:
    """The dataset after its fixes, and as it is read again; there is nothing left to fix."""
    done = fixed(scan(load(source)), unsafe=unsafe)
    save_in_place(done.dataset)
    again = scan(load(source))
    assert again.findings.message[fixable(again.findings, unsafe=unsafe)].tolist() == []
    return done.dataset, again.dataset


def test_an_area_of_zero_is_counted_again_when_one_part_of_its_mask_is_left(tmp_path: Path):
    parts = [[1, 1, 50, 1, 50, 29], [100.2, 10, 100.8, 10, 100.8, 12]]
    source = coco(tmp_path, bbox=[1, 1, 99.8, 28], area=0, segmentation=parts)
    fixed_once(source, unsafe=False)
    [record] = json.loads(source.read_bytes())["annotations"]
    assert record["segmentation"] == parts[:1]
    assert record["area"] == 49 * 28 / 2


def test_what_is_left_of_a_mask_is_the_extent_of_its_box(tmp_path: Path):
    source = coco(tmp_path, bbox=[60, 4, 80, 56], area=1600, segmentation=[TIP])
    before, after = fixed_once(source, unsafe=True)
    for columns in (before.masks, after.masks):
        assert columns.xyxy.tolist() == [[60, 12, 100, 60]]
        assert columns.area == pytest.approx(1360 - 160)
    [record] = json.loads(source.read_bytes())["annotations"]
    assert record["area"] == 1200
    assert record["bbox"] == [60, 12, 40, 48]


def test_a_stated_area_that_was_not_that_of_the_mask_stays(tmp_path: Path):
    source = coco(tmp_path, bbox=[80, 10, 20.5, 20], area=402, segmentation=[square(100.5)])
    fixed_once(source, unsafe=False)
    [record] = json.loads(source.read_bytes())["annotations"]
    assert record["area"] == 402


def square(right: float) -> list[float]:
    return [80, 10, right, 10, right, 30, 80, 30]


def test_the_box_of_a_label_that_is_a_polygon_is_the_extent_of_what_is_left(tmp_path: Path):
    before, after = fixed_once(yolo(tmp_path, *TIP), unsafe=True)
    assert before.boxes.xyxy[0] == pytest.approx([60, 12, 100, 60], abs=1e-3)
    np.testing.assert_allclose(before.boxes.xyxy, after.boxes.xyxy, atol=1e-3)
    assert len((tmp_path / "labels" / "a.txt").read_text().split()) == 9


@pytest.mark.parametrize("polygons", [[square(100.5)], square(100.5)])
def test_points_in_a_list_of_lists_or_in_one_list_are_read(polygons: list[Any], tmp_path: Path):
    source = coco(tmp_path, bbox=[80, 10, 20.5, 20], area=410, segmentation=polygons)
    clipped = with_clipped_masks(load(source), np.array([0]))
    assert clipped.masks.area.tolist() == [400]
    assert clipped.boxes.area.tolist() == [400]


@pytest.mark.parametrize(("stated", "left"), [(410.3, 400), (411, 411)])
def test_a_stated_area_is_the_masks_if_it_is_so_but_for_rounding(
    tmp_path: Path, stated: float, left: float
) -> None:
    source = coco(tmp_path, bbox=[80, 10, 20.5, 20], area=stated, segmentation=[square(100.5)])
    clipped = with_clipped_masks(load(source), np.array([0]))
    assert clipped.boxes.area.tolist() == [left]


def test_without_a_file_the_extent_is_cut_and_the_area_is_not_known():
    dataset = with_polygons(one_image("car 600 10 640 40"), [[600, 10, 700, 10, 700, 40]])
    clipped = with_clipped_masks(dataset, np.array([0]))
    assert clipped.masks.xyxy.tolist() == [[600, 10, 640, 40]]
    assert np.isnan(clipped.masks.area).all()


def test_a_mask_inside_of_its_image_stays_as_it_is(tmp_path: Path):
    source = coco(tmp_path, bbox=[80, 10, 20, 20], area=7, segmentation=[square(100)])
    dataset = load(source)
    clipped = with_clipped_masks(dataset, np.array([0]))
    assert clipped.masks.area.tolist() == [400]
    assert clipped.boxes.area.tolist() == [7]
