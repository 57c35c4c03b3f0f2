from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.io.formats.coco import stream
from labelaudit.io.load import load
from labelaudit.io.record_spans import record_spans
from labelaudit.testing import draw
from tests.io.edited_files import CONTENT, SPACING, write
from tests.io.formats.voc_files import THREE, put
from tests.io.formats.yolo_files import LINE
from tests.io.formats.yolo_files import put as put_yolo

BOX, IMAGE, CATEGORY = RecordType.BOX, RecordType.IMAGE, RecordType.CATEGORY


def texts(dataset: Dataset, wanted: dict[RecordType, list[int]], file: int = 0) -> dict[Any, bytes]:
    """The bytes of records by kind and position."""
    content = (dataset.root / str(dataset.files.path[file])).read_bytes()
    return {
        (one.part, one.record): content[one.start : one.end]
        for one in record_spans(dataset, file, wanted)
    }


@pytest.mark.parametrize("spacing", SPACING)
def test_records_of_a_coco_file_are_their_objects(
    spacing: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(stream, "BLOCK", 120)  # several pieces
    dataset = load(write(tmp_path, **spacing))
    found = texts(dataset, {BOX: [0, 3, 4], IMAGE: [0], CATEGORY: [1]})
    assert {key: json.loads(text) for key, text in found.items()} == {
        **{(BOX, row): CONTENT["annotations"][row] for row in (0, 3, 4)},
        (IMAGE, 0): CONTENT["images"][0],
        (CATEGORY, 1): CONTENT["categories"][1],
    }


def test_a_record_that_is_not_there_is_left_out(tmp_path: Path):
    dataset = load(write(tmp_path))
    assert set(texts(dataset, {BOX: [4, 5], CATEGORY: []})) == {(BOX, 4)}


def test_records_of_a_section_that_is_there_twice_are_counted_on(tmp_path: Path):
    text = json.dumps(CONTENT)
    again = json.dumps({**CONTENT, "annotations": [{**CONTENT["annotations"][0], "id": 9}]})
    (tmp_path / "a.json").write_text(f"{text[:-1]}, {again[1:]}", "utf-8")
    found = texts(load(tmp_path / "a.json"), {BOX: [5]})
    assert json.loads(found[BOX, 5])["id"] == 9


def test_nothing_is_known_of_a_file_that_was_changed(tmp_path: Path):
    dataset = load(write(tmp_path))
    os.utime(tmp_path / "labels.json", ns=(1, 1))
    assert record_spans(dataset, 0, {BOX: [0]}) == []


def test_a_dataset_that_is_in_no_file_has_no_places(tmp_path: Path):
    dataset = load(write(tmp_path))
    (tmp_path / "labels.json").unlink()
    assert record_spans(dataset, 0, {BOX: [0]}) == []


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_an_object_of_pascal_voc_is_its_element(codec: str, tmp_path: Path):
    declared = '<?xml version="1.0" encoding="latin-1"?>\n' if codec == "latin-1" else ""
    text = declared + THREE.replace("dog", "k\u00e4fer")
    put(tmp_path / "Annotations" / "a.xml", text.encode(codec))
    found = texts(load(tmp_path), {BOX: [0, 2], IMAGE: [0]})
    assert set(found) == {(BOX, 0), (BOX, 2)}
    one = codec if codec != "utf-16" else "utf-16-le"
    first, last = (found[BOX, row].decode(one) for row in (0, 2))
    assert first.startswith("<object>\n\t\t<name>k\u00e4fer<")
    assert last.startswith("<object>\n\t\t<name>cow<")
    assert first.endswith("</object>")
    assert last.endswith("</object>")


def test_a_label_of_a_text_file_is_its_line(tmp_path: Path):
    odd = f"{LINE.strip()}\r\n\r\n{LINE}{LINE}"
    put_yolo(tmp_path, {"train/a": odd, "val/b": ""})
    dataset = load(tmp_path / "data.yaml")
    (file,) = [row for row, path in enumerate(dataset.files.path) if path.endswith("a.txt")]
    records = dataset.boxes.record.tolist()
    assert records == [0, 2, 3]
    found = texts(dataset, {BOX: records}, file)
    assert found == {(BOX, record): LINE.strip().encode() for record in records}


def test_a_row_of_a_table_is_its_line(tmp_path: Path):
    draw(tmp_path / "a.png", (100, 80))
    rows = ["filename,xmin,ymin,xmax,ymax,class", "a.png,1,2,30,40,dog", "a.png,5,6,5,9,cat"]
    (tmp_path / "labels.csv").write_text("\n".join(rows), "utf-8")
    dataset = load(tmp_path / "labels.csv")
    found = texts(dataset, {BOX: dataset.boxes.record.tolist()})
    assert list(found.values()) == [row.encode() for row in rows[1:]]
