"""Small datasets as tools and people's own scripts leave them, each with what it has to be read as.

Files are given by their names: `IMAGE` stands for a picture of 100 x 80 pixels, everything else is
what the file holds. All have one object, of the class car, from (10, 10) to (40, 30), unless a row
says otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelaudit.auditing.run import audit
from labelaudit.io.load import load
from labelaudit.testing import draw

IMAGE = "a picture"
SIZE = (100, 80)
LINE = "0 0.25 0.25 0.3 0.25\n"
NAMES = "car\nbus\n"
YAML = "train: images\nval: images\nnames: [car]\n"


@dataclass(frozen=True)
class Wild:
    """Files of a dataset, and what is to be read."""

    files: Mapping[str, str | bytes]
    format: str
    found: int = 1  # images
    boxes: tuple[str, ...] = ("car 10 10 40 30",)
    said: tuple[str, ...] = ()  # parts of notes and of messages of findings
    codes: tuple[str, ...] = ()  # of all findings about records, formats, geometry and image files


def text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def xml(name: str = "a.jpg", tail: str = "", size: tuple[int, int] = SIZE) -> str:
    sides = f"<width>{size[0]}</width><height>{size[1]}</height><depth>3</depth>"
    box = "<xmin>11</xmin><ymin>11</ymin><xmax>40</xmax><ymax>30</ymax>"
    return (
        f"<annotation><folder>images</folder><filename>{name}</filename>{tail}"
        f"<source><database>Unknown</database></source><size>{sides}</size>"
        f"<segmented>0</segmented><object><name>car</name><pose>Unspecified</pose>"
        f"<truncated>0</truncated><difficult>0</difficult><bndbox>{box}</bndbox></object>"
        "</annotation>"
    )


def coco(name: str = "a.jpg", **lists: Any) -> str:
    box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 20], "area": 600}
    return text(
        {
            "info": {"description": ""},
            "images": [{"id": 1, "file_name": name, "width": SIZE[0], "height": SIZE[1]}],
            "categories": [{"id": 1, "name": "car", "supercategory": "none"}],
            "annotations": [{**box, "iscrowd": 0, "segmentation": []}],
            **lists,
        }
    )


def labelme(*shapes: dict[str, Any], path: str = "a.jpg") -> str:
    return text(
        {
            "version": "5.2.1",
            "flags": {},
            "shapes": shapes,
            "imagePath": path,
            "imageData": None,
            "imageHeight": SIZE[1],
            "imageWidth": SIZE[0],
        }
    )


def rectangle(points: Any, **more: Any) -> dict[str, Any]:
    return {"label": "car", "points": points, "shape_type": "rectangle", **more}


def rows(objects: Any) -> str:
    return text({"file_name": "a.jpg", "objects": objects}) + "\n"


def cvat(image: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?><annotations><version>1.1</version><meta><task>'
        "<labels><label><name>car</name></label></labels></task></meta>"
        f"{image}</annotations>"
    )


CVAT_BOX = '<box label="car" occluded="0" xtl="{}" ytl="10" xbr="40" ybr="30" z_order="0"/>'
VIA_HEAD = "filename,file_size,file_attributes,region_count,region_id,region_shape_attributes"
VIA_ROW = 'a.jpg,1,"{}",1,0,"{""name"":""rect"",""x"":10,""y"":10,""width"":30,""height"":20}"'
VIA_CLASS = '"{""class"":""car""}"'
OPEN_IMAGES = "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsGroupOf"
LABEL_STUDIO = {
    "x": 10,
    "y": 12.5,
    "width": 30,
    "height": 25,
    "rotation": 0,
    "rectanglelabels": ["car"],
}
ORIGINAL = {"original_width": SIZE[0], "original_height": SIZE[1]}
ROBOFLOW = "a_jpg.rf.0123456789abcdef"


def put(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content == IMAGE:
            draw(path, SIZE)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


LOOKED_AT = ("REF", "IMG003", "IMG004", "GEO")


def check(folder: Path, wild: Wild) -> None:
    """Fail unless everything is read, and nothing is said but what is so."""
    dataset = load(put(folder, wild.files))
    assert dataset.format == wild.format
    assert int((dataset.images.path != "").sum()) == wild.found == len(dataset.images)
    classes = [*dataset.class_names, "?"]
    boxes = zip(dataset.boxes.label.tolist(), dataset.boxes.xyxy.tolist(), strict=True)
    assert {f"{classes[label]} {' '.join(f'{x:g}' for x in xyxy)}" for label, xyxy in boxes} == set(
        wild.boxes
    )
    findings = audit(dataset, select=list(LOOKED_AT))
    assert tuple(sorted(findings.code.tolist())) == wild.codes, findings.message.tolist()
    told = [*dataset.notes, *findings.message.tolist()]
    for part in wild.said:
        assert any(part in line for line in told), (part, told)
