from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest

from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import Scan, scan
from labelaudit.io.load import load
from labelaudit.reports.regions import Region, Regions
from labelaudit.testing import draw

LABELS = {
    "images": [{"id": 1, "file_name": "é.jpg", "width": 64, "height": 48}],
    "categories": [{"id": 1, "name": "car"}, {"id": 1, "name": "bus"}],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 10, 5]},
        {"id": 2, "image_id": 1, "category_id": 1, "bbox": [1, 1, 0, 5]},
        {"id": 3, "image_id": 1, "category_id": 1, "bbox": ["x", 1, 9, 5]},
    ],
}


def shown(found: Scan, text: str) -> list[str | None]:
    """What an editor would mark for each finding."""
    lines = text.split("\n")
    marked: list[str | None] = []
    regions = Regions(found.findings, found.dataset)
    for row in range(len(found.findings)):
        region = regions[row]
        if region is None:
            marked.append(None)
            continue
        line, column, end_line, end_column = region
        some = lines[line - 1 : end_line]
        some[-1] = some[-1][: end_column - 1]
        marked.append("\n".join(some)[column - 1 :])
    return marked


@pytest.mark.parametrize("indent", [None, 1])
def test_what_is_marked_is_the_record_of_the_finding(indent: int | None, tmp_path: Path):
    text = json.dumps(LABELS, indent=indent, ensure_ascii=False)
    (tmp_path / "labels.json").write_text(text, "utf-8")
    found = scan(load(tmp_path / "labels.json"), Options(select=("GEO001", "REF004", "REF009")))
    marked = dict(zip(found.findings.code.tolist(), shown(found, text), strict=True))
    assert json.loads(str(marked["GEO001"])) == LABELS["annotations"][1]
    assert json.loads(str(marked["REF009"])) == LABELS["annotations"][2]
    assert json.loads(str(marked["REF004"])) in LABELS["categories"]


@pytest.mark.parametrize("indent", [None, 2])
def test_a_shape_of_labelme_is_marked(indent: int | None, tmp_path: Path):
    shapes = [
        {"label": label, "points": points, "shape_type": kind, "flags": {}}
        for label, points, kind in [
            ("car", [[1, 1], [11, 6]], "rectangle"),
            ("é", [[3, 3]], "point"),
            ("bus", [[4, 4], [4, 9]], "rectangle"),
            ("van", [[20, 20], [30, 26]], "rectangle"),
        ]
    ]
    content = {"version": "5", "flags": {}, "shapes": shapes, "imagePath": "a.png"}
    content |= {"imageData": "A" * 3_000_000, "imageHeight": 48, "imageWidth": 64}
    text = json.dumps(content, indent=indent, ensure_ascii=False)
    (tmp_path / "a.json").write_text(text, "utf-8")
    found = scan(load(tmp_path), Options(select=("GEO001",)))
    [marked] = shown(found, text)
    assert json.loads(str(marked)) == shapes[2]


def test_findings_in_several_files_are_marked_in_their_own(tmp_path: Path):
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir()
    for name, lines in (("a", 3), ("b", 1)):
        draw(tmp_path / "images" / f"{name}.png", (64, 48))
        flat = "0 0.5 0.5 0.2 0.2\n" * lines + "0 0.5 0.5 0.1 0\n"
        (tmp_path / "labels" / f"{name}.txt").write_text(flat, "utf-8")
    (tmp_path / "data.yaml").write_text("train: images\nval: images\nnames: [car]\n", "utf-8")
    found = scan(load(tmp_path / "data.yaml"), Options(select=("GEO001",)))
    regions = Regions(found.findings, found.dataset)
    paths = found.dataset.files.path[found.findings.file].tolist()
    lines = {path: regions[row] for row, path in enumerate(paths)}
    assert lines == {"labels/a.txt": Region(4, 1, 4, 16), "labels/b.txt": Region(2, 1, 2, 16)}


def test_a_file_that_was_changed_and_one_in_an_archive_have_no_regions(tmp_path: Path):
    (tmp_path / "labels.json").write_text(json.dumps(LABELS), "utf-8")
    options = Options(select=("GEO001",))
    found = scan(load(tmp_path / "labels.json"), options)
    os.utime(tmp_path / "labels.json", ns=(1, 1))
    assert Regions(found.findings, found.dataset)[0] is None
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as file:
        file.writestr("labels.json", json.dumps(LABELS))
    packed = scan(load(tmp_path / "export.zip"), options)
    assert Regions(packed.findings, packed.dataset)[0] is None


def test_a_region_that_ends_in_a_new_line_has_no_character_of_it():
    assert Region(2, 1, 3, 1).last_line == 2
    assert Region(2, 1, 3, 2).last_line == 3
    assert Region(2, 1, 2, 1).last_line == 2
