"""Masks that are cut off at the edges of their images, from the rule to the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from labelaudit.auditing.fixes.apply import apply, fixable
from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.io.save import save, undo
from labelaudit.testing import draw


def coco(folder: Path, polygon: list[float], box: list[float], **more: Any) -> Path:
    one = {"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "bbox": box}
    document = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 100, "height": 80}],
        "annotations": [one | {"segmentation": [[1, 1, 9, 1, 9, 9], polygon], **more}],
        "categories": [{"id": 1, "name": "car"}],
    }
    path = folder / "labels.json"
    path.write_text(json.dumps(document), "utf-8")
    return path


def yolo(folder: Path, *lines: str) -> Path:
    (folder / "labels").mkdir(parents=True)
    draw(folder / "images" / "a.png", (100, 80))
    (folder / "labels" / "a.txt").write_text("\n".join(lines) + "\n", "utf-8")
    text = "path: .\ntrain: images\nval: images\nnames: [car, bus]\n"
    (folder / "data.yaml").write_text(text, "utf-8")
    return folder / "data.yaml"


def fixed(dataset: Dataset, *, unsafe: bool = False) -> Dataset:
    findings = audit(dataset, select=["GEO"])
    return apply(dataset, findings.rows(fixable(findings, unsafe=unsafe))).dataset


def test_polygon_box_and_area_of_an_annotation_are_cut(tmp_path: Path):
    square = [80, 10, 100.5, 10, 100.5, 30, 80, 30]
    before = load(coco(tmp_path, square, [1, 1, 99.5, 29], area=442))
    assert audit(before, select=["GEO"]).fix[0].kind == "clip"
    after = fixed(before)
    assert after.masks.xyxy.tolist() == [[1, 1, 100, 30]]
    saved = save(after, tmp_path / "cleaned.json")
    [written] = json.loads(saved.path.read_bytes())["annotations"]
    assert written["bbox"] == [1, 1, 99, 29]
    whole, cut = written["segmentation"]
    assert whole == [1, 1, 9, 1, 9, 9]
    pairs = sorted(zip(cut[::2], cut[1::2], strict=True))
    assert pairs == [(80, 10), (80, 30), (100, 10), (100, 30)]
    assert written["area"] == 432
    assert not len(audit(load(saved.path), select=["GEO"]))
    original = (tmp_path / "labels.json").read_bytes()
    undo(saved.path)
    assert saved.path.read_bytes() == original


def test_a_mask_far_beyond_its_image_is_cut_only_if_asked_for(tmp_path: Path):
    square = [80, 10, 150, 10, 150, 30, 80, 30]
    before = load(coco(tmp_path, square, [1, 1, 99, 29]))
    findings = audit(before, select=["GEO012"])
    assert [fix.kind for fix in findings.fix] == ["clip"]
    assert fixed(before).masks.xyxy.tolist() == before.masks.xyxy.tolist()
    assert fixed(before, unsafe=True).masks.xyxy.tolist() == [[1, 1, 100, 30]]


def test_the_polygon_of_a_label_is_cut_and_keeps_what_stays(tmp_path: Path):
    line = "0 0.9 0.1 1.005 0.1 1.005 0.4 0.9 0.4"
    before = load(yolo(tmp_path / "ds", line, "1 0.1 0.1 0.2 0.1 0.2 0.2"))
    assert [fix.kind for fix in audit(before, select=["GEO005"]).fix] == ["clip"]
    saved = save(fixed(before), tmp_path / "cleaned")
    first, second = (saved.path / "labels" / "a.txt").read_text("utf-8").splitlines()
    assert [float(word) for word in first.split()] == [0, 0.9, 0.1, 1, 0.1, 1, 0.4, 0.9, 0.4]
    assert second == "1 0.1 0.1 0.2 0.1 0.2 0.2"
    assert not len(audit(load(saved.path / "data.yaml"), select=["GEO"]))


def test_a_corner_that_is_cut_off_becomes_two(tmp_path: Path):
    before = load(yolo(tmp_path / "ds", "0 0.5 0.5 1.005 0.6 0.5 0.7"))
    saved = save(fixed(before), tmp_path / "cleaned")
    [line] = (saved.path / "labels" / "a.txt").read_text("utf-8").splitlines()
    assert len(line.split()) == 9
    assert line.startswith("0 0.5 0.5 1.0")
    assert line.endswith(" 0.5 0.7")


@pytest.mark.parametrize("line", ["0 0.9 0.1 1.005 0.1 1.005 0.4 0.9 0.4 0.7"])
def test_a_polygon_that_cannot_be_cut_is_offered_no_fix(line: str, tmp_path: Path):
    before = load(yolo(tmp_path / "ds", line))
    assert audit(before, select=["GEO005"]).fix.tolist() == [None]
