"""Labels as people's own scripts write them: what can be read is read, and what is odd is said.

Each row says in words what is odd, then how many boxes are read, with which corners and class, and
what is noted of it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from labelaudit.errors import FormatError
from labelaudit.io.load import load
from labelaudit.testing import draw

SIZE = (100, 80)
BOX = [10, 10, 40, 30]


def read(folder: Path) -> tuple[list[tuple[str, list[float]]], list[str]]:
    """The class and the corners of each box, and what was noted."""
    dataset = load(folder)
    names = [*dataset.class_names, ""]
    boxes = zip(dataset.boxes.label.tolist(), dataset.boxes.xyxy.tolist(), strict=True)
    noted = [
        f"{kind} {found}"
        for kind, found in zip(
            dataset.problems.kind.tolist(), dataset.problems.found.tolist(), strict=True
        )
    ]
    return [(names[label], xyxy) for label, xyxy in boxes], noted


def coco(**annotation: Any) -> dict[str, Any]:  # Any: what JSON holds
    box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 20], "area": 600}
    return {
        "images": [{"id": 1, "file_name": "a.jpg", "width": SIZE[0], "height": SIZE[1]}],
        "categories": [{"id": 1, "name": "car"}],
        "annotations": [{**box, "iscrowd": 0, **annotation}],
    }


PLAIN = json.dumps(coco())

CORNERS_BY_NAME = {"left": 10, "top": 10, "right": 40, "bottom": 30}

COCO = {
    "corners by name": (json.dumps(coco(bbox=CORNERS_BY_NAME)), "left"),
    "two points": (json.dumps(coco(bbox=[[10, 10], [40, 30]])), "[[10, 10], [40, 30]]"),
    "text with brackets": (json.dumps(coco(bbox="[10, 10, 30, 20]")), "[10, 10, 30, 20]"),
    "texts in the list": (json.dumps(coco(bbox=["10", "10", "30", "20"])), "10"),
    "a byte order mark": ("\ufeff" + PLAIN, "byte order mark"),
    "a comma after the last list": (PLAIN[:-1] + ",}", "a comma with nothing after it"),
    "text after the end": (PLAIN + "\nend", "text after the end"),
    "NaN for an area": (PLAIN.replace("600", "NaN"), "NaN"),
}


@pytest.mark.parametrize("odd", COCO)
def test_coco_files_are_read_and_what_is_odd_is_noted(tmp_path, odd):
    text, noted = COCO[odd]
    (tmp_path / "labels.json").write_text(text, encoding="utf-8")
    boxes, problems = read(tmp_path)
    assert boxes == [("car", BOX)]
    assert any(noted in one for one in problems), problems


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"var data = {PLAIN};", "is not JSON"),
        (json.dumps({"dataset": coco()}), "COCO under dataset in labels.json is not read; take it"),
        ("\n".join(json.dumps(one) for one in coco()["annotations"]), "no labels found"),
        (repr(coco()), "no labels found"),
    ],
    ids=["a script", "wrapped", "a line each", "written by print"],
)
def test_what_is_no_coco_file_is_refused_by_name(tmp_path, text, words):
    (tmp_path / "labels.json").write_text(text)
    with pytest.raises(FormatError, match=words) as error:
        load(tmp_path)
    assert "labels.json" in str(error.value)


CORNERS = "<xmin>10</xmin><ymin>10</ymin><xmax>40</xmax><ymax>30</ymax>"
DECLARED = '<?xml version="1.0" encoding="{}"?>'

VOC = {
    "corners as attributes": ('<bndbox xmin="10" ymin="10" xmax="40" ymax="30"/>', "10, 10, 40"),
    "sides": (
        "<bndbox><x>10</x><y>10</y><width>30</width><height>20</height></bndbox>",
        "10, 10, 30",
    ),
    "commas for points": (f"<bndbox>{CORNERS}</bndbox>".replace("<xmin>10", "<xmin>10,0"), "10,0"),
    "two boxes": (f"<bndbox>{CORNERS}</bndbox><bndbox>{CORNERS}</bndbox>", "10 10 40 30, 10 10"),
    "upside down": (
        "<bndbox><ymax>30</ymax><xmax>40</xmax><ymin>10</ymin><xmin>10</xmin></bndbox>",
        "",
    ),
    "spaces": (f"<bndbox>{CORNERS}</bndbox>".replace("10", " 10\n"), ""),
}


def voc(folder: Path, name: str, box: str, encoding: str = "utf-8", declared: str = "") -> Path:
    draw(folder / "JPEGImages" / "a.jpg", SIZE)
    path = folder / "Annotations" / "a.xml"
    path.parent.mkdir()
    sides = f"<width>{SIZE[0]}</width><height>{SIZE[1]}</height><depth>3</depth>"
    text = f"<annotation><filename>a.jpg</filename><size>{sides}</size>"
    text += f"<object><name>{name}</name>{box}</object></annotation>"
    path.write_bytes((declared + text).encode(encoding))
    return folder


@pytest.mark.parametrize("odd", VOC)
def test_voc_files_are_read_and_what_is_odd_is_noted(tmp_path, odd):
    box, noted = VOC[odd]
    boxes, problems = read(voc(tmp_path, "car", box))
    assert [(name, [x + 1, y + 1, r, b]) for name, (x, y, r, b) in boxes] == [("car", BOX)]
    assert any(noted in one for one in problems) if noted else not problems


@pytest.mark.parametrize(
    ("name", "encoding"),
    [("Fußgänger", "iso-8859-1"), ("汽车", "gb2312"), ("машина", "windows-1251"), ("車", "utf-16")],
)
def test_voc_files_are_read_in_the_encoding_that_they_declare(tmp_path, name, encoding):
    box = f"<bndbox>{CORNERS}</bndbox>"
    boxes, problems = read(voc(tmp_path, name, box, encoding, DECLARED.format(encoding)))
    assert [one for one, _ in boxes] == [name]
    assert not problems


YOLO = {
    "names for numbers": ("car 0.25 0.25 0.3 0.25\n", "utf-8", "car"),
    "a number with a point": ("0.0 0.25 0.25 0.3 0.25\n", "utf-8", "0.0"),
    "utf-16": ("0 0.25 0.25 0.3 0.25\n", "utf-16", "UTF-16"),
    "a byte order mark": ("0 0.25 0.25 0.3 0.25\n", "utf-8-sig", "byte order mark"),
    "a heading": ("class x y w h\n0 0.25 0.25 0.3 0.25\n", "utf-8", "class x y w h"),
    "tabs and blank lines": ("0\t0.25\t0.25\t0.3\t0.25 \r\n\r\n", "utf-8", ""),
}


@pytest.mark.parametrize("odd", YOLO)
def test_yolo_files_are_read_and_what_is_odd_is_noted(tmp_path, odd):
    text, encoding, noted = YOLO[odd]
    draw(tmp_path / "images" / "a.jpg", SIZE)
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_bytes(text.encode(encoding))
    (tmp_path / "data.yaml").write_text("train: images\nval: images\nnames: [car, bus]\n")
    boxes, problems = read(tmp_path)
    assert [(name, [round(x) for x in xyxy]) for name, xyxy in boxes] == [("car", BOX)]
    assert any(noted in one for one in problems) if noted else not problems
