"""Of a box or polygon that a fix changes, the numbers that stay are written as they were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import labelaudit
from labelaudit.auditing.findings import Findings, Fix, Safety
from labelaudit.auditing.fixes.apply import fixable
from labelaudit.dataset.tables import RecordType
from labelaudit.io.load import load
from labelaudit.io.save import save_in_place
from labelaudit.testing import draw

IMAGE = '"images": [{"id": 1, "file_name": "a.jpg", "width": 100, "height": 80}]'
CLASSES = '"categories": [{"id": 1, "name": "car"}]'


def coco(path: Path, fields: str) -> Path:
    record = f'{{"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, {fields}}}'
    path.write_text(f'{{{IMAGE}, "annotations": [{record}], {CLASSES}}}', "utf-8")
    return path


def clipped(source: Path) -> None:
    """Apply the fixes that cut off what is beyond an image."""
    dataset = load(source)
    findings = labelaudit.audit(dataset, select=["GEO005", "GEO012"])
    findings = findings.rows(fixable(findings, unsafe=True))
    assert len(findings) == 1
    save_in_place(labelaudit.apply(dataset, findings).dataset)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # Neither x, y nor the height change; 15 digits are more than a height has that was
        # worked out from corners.
        ("[80.50, 1e1, 20, 30.1234567890123]", "[80.50, 1e1, 19.5, 30.1234567890123]"),
        ("[80.5,10.00,20.75 ,30.987654321098765]", "[80.5,10.00,19.5 ,30.987654321098765]"),
        ("[10.0, -0.5, 30.1234567890123, 20.5]", "[10.0, 0.0, 30.1234567890123, 20.0]"),
        ("[70.123456789012345, 1, 30.4, 7.0]", "[70.123456789012345, 1, 29.876543211, 7.0]"),
    ],
)
def test_clipping_a_box_of_coco_leaves_the_numbers_that_stay(
    before: str, after: str, tmp_path: Path
):
    path = coco(tmp_path / "labels.json", f'"bbox": {before}')
    text = path.read_text()
    clipped(path)
    assert path.read_text() == text.replace(before, after)


def test_a_record_with_a_key_that_is_no_utf_8_is_changed_around_it(tmp_path: Path):
    path = coco(tmp_path / "labels.json", '"n?te": 1.50, "bbox": [80.50, 1, 20, 30]')
    text = path.read_bytes().replace(b"n?te", b"n\xffte")
    path.write_bytes(text)
    clipped(path)
    assert path.read_bytes() == text.replace(b"20, 30]", b"19.5, 30]")


def test_a_box_that_is_moved_keeps_its_width_and_height(tmp_path: Path):
    path = coco(tmp_path / "labels.json", '"bbox": [8.10, 1e1, 20.0000000000001, 30.123456789012]')
    text = path.read_text()
    dataset = load(path)
    fix = np.empty(1, object)
    moved = (dataset.boxes.xyxy[0] + [5, 0, 5, 0]).tolist()
    fix[0] = Fix("move", Safety.SAFE, RecordType.BOX, 0, {"xyxy": moved})
    save_in_place(labelaudit.apply(dataset, Findings.of(1, fix=fix)).dataset)
    assert path.read_text() == text.replace("8.10", "13.1")


def test_a_width_that_changes_in_its_twelfth_digit_is_written(tmp_path: Path):
    path = coco(tmp_path / "labels.json", '"bbox": [0, 0, 20.0000000001, 30]')
    text = path.read_text()
    dataset = load(path)
    fix = np.empty(1, object)
    fix[0] = Fix("move", Safety.SAFE, RecordType.BOX, 0, {"xyxy": [0.0, 0.0, 20.0000000002, 30.0]})
    save_in_place(labelaudit.apply(dataset, Findings.of(1, fix=fix)).dataset)
    assert path.read_text() == text.replace("20.0000000001", "20.0000000002")


def test_cutting_a_polygon_of_coco_leaves_the_numbers_that_stay(tmp_path: Path):
    box = '"bbox": [60.00, 10, 40.50, 20], "segmentation": '
    rings = "[[1.50,1, 9.0 , 1.0,9,0.9e1], [60.00, 10,  100.5, 10.0, 60.0, 30.00]]"
    path = coco(tmp_path / "labels.json", box + rings)
    text = path.read_text()
    clipped(path)
    # Where the triangle leaves the image, two points are new.
    cut = "[1.50,1, 9.0 , 1.0,9,0.9e1], [60.00, 10, 100, 10, 100, 10.25, 60.0, 30.00]"
    assert path.read_text() == text.replace(rings, f"[{cut}]").replace("40.50", "40.0")


def test_clipping_a_box_of_pascal_voc_leaves_the_corners_that_stay(tmp_path: Path):
    corners = (
        "<xmin> 80.50 </xmin><ymin>007.10</ymin><xmax>100.6</xmax><ymax>30.123456789012345</ymax>"
    )
    text = (
        "<annotation><filename>a.jpg</filename><size><width>100</width><height>80</height></size>"
        f"<object><name>car</name><bndbox>{corners}</bndbox></object></annotation>"
    )
    draw(tmp_path / "ds" / "a.jpg", (100, 80))
    path = tmp_path / "ds" / "a.xml"
    path.write_text(text, "utf-8")
    clipped(path.parent)
    assert path.read_text() == text.replace("100.6", "100")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # Tools write all digits that a number has, which the corners do not give back.
        (
            "0 0.9 .5 0.205 .2500000000000001",
            "0 0.8987500000000000 .5 0.2025000000000000 .2500000000000001",
        ),
        ("0 0.50 .1 1.005 .1 1.005 0.4 0.5 4e-1", "0 0.50 .1 1.000 .1 1.000 0.4 0.5 4e-1"),
    ],
)
def test_cutting_a_label_of_yolo_leaves_the_words_that_stay(
    before: str, after: str, tmp_path: Path
):
    draw(tmp_path / "ds" / "images" / "a.png", (100, 80))
    (tmp_path / "ds" / "labels").mkdir()
    path = tmp_path / "ds" / "labels" / "a.txt"
    path.write_text(f"{before}\n", "utf-8")
    about = "path: .\ntrain: images\nval: images\nnames: [car]\n"
    (tmp_path / "ds" / "data.yaml").write_text(about, "utf-8")
    clipped(tmp_path / "ds" / "data.yaml")
    assert path.read_text() == f"{after}\n"
