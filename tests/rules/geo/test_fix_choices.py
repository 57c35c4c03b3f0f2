"""Which fixes are offered where a box and its mask are beyond the image."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.testing import draw, one_image


def beyond_a_corner(folder: Path, kind: str, *points: float) -> Dataset:
    """An object of a polygon in an image of 320 x 240 px, as COCO or YOLO has it."""
    x, y = points[::2], points[1::2]
    if kind == "coco":
        box = [min(x), min(y), max(x) - min(x), max(y) - min(y)]
        image = {"id": 1, "file_name": "a.jpg", "width": 320, "height": 240}
        label = {"id": 1, "image_id": 1, "category_id": 1, "bbox": box, "segmentation": [points]}
        labels = {
            "images": [image],
            "annotations": [label],
            "categories": [{"id": 1, "name": "cat"}],
        }
        (folder / "labels.json").write_text(json.dumps(labels))
        return load(folder / "labels.json")
    draw(folder / "images" / "a.png", (320, 240))
    (folder / "labels").mkdir()
    shares = [f"{a / 320:.8f} {b / 240:.8f}" for a, b in zip(x, y, strict=True)]
    (folder / "labels" / "a.txt").write_text(" ".join(["0", *shares]) + "\n")
    return load(folder)


PASSES_BY = [-40.0, 20.0, 20.0, -40.0, -40.0, -40.0]
REACHES_IN = [-40.0, 60.0, 60.0, -40.0, -40.0, -40.0]


@pytest.mark.parametrize("kind", ["coco", "yolo"])
@pytest.mark.parametrize("code", ["GEO005", "GEO012"])
@pytest.mark.parametrize(("points", "kinds"), [(PASSES_BY, [None]), (REACHES_IN, ["clip"])])
def test_a_polygon_that_passes_the_image_by_is_not_clipped(tmp_path, kind, code, points, kinds):
    findings = audit(beyond_a_corner(tmp_path, kind, *points), select=[code])
    assert [fix and fix.kind for fix in findings.fix] == kinds


@pytest.mark.parametrize(("right", "kinds"), [(0.9, [None]), (1.0, ["move"])])
def test_no_box_is_clipped_to_less_than_a_pixel(right, kinds):
    findings = audit(one_image(f"cat -20 10 {right} 40"), select=["GEO005"])
    assert [fix and fix.kind for fix in findings.fix] == kinds


def test_a_box_of_less_than_a_pixel_is_clipped_all_the_same():
    findings = audit(one_image("cat -0.4 10 0.5 40"), select=["GEO005"])
    assert [fix and fix.kind for fix in findings.fix] == ["move"]
