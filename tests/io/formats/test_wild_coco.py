"""COCO as Roboflow, Label Studio, CVAT and people's scripts leave it."""

from __future__ import annotations

import pytest

from tests.io.formats.wild_layouts import IMAGE, Wild, check, coco, text

WILD = {
    "Roboflow, COCO": Wild(
        {
            "train/a.jpg": IMAGE,
            "train/_annotations.coco.json": coco(),
            "valid/b.jpg": IMAGE,
            "valid/_annotations.coco.json": coco("b.jpg", annotations=[]),
        },
        "coco",
        found=2,
    ),
    "Label Studio, COCO, names escaped": Wild(
        {"images/my photo.jpg": IMAGE, "result.json": coco("images/my%20photo.jpg")},
        "coco",
        said=("percent escapes",),
        codes=("IMG004",),
    ),
    "CVAT, COCO": Wild(
        {"images/default/a.jpg": IMAGE, "annotations/instances_default.json": coco()}, "coco"
    ),
    "COCO of nothing but texts": Wild(
        {
            "a.jpg": IMAGE,
            "l.json": text(
                {
                    "images": [{"id": "01", "file_name": "a.jpg", "width": "100", "height": "80"}],
                    "categories": [{"id": "1", "name": "car"}],
                    "annotations": [
                        {
                            "id": "x1",
                            "image_id": "01",
                            "category_id": "1",
                            "area": "600",
                            "bbox": ["10.0", "10.0", "30.0", "20.0"],
                            "iscrowd": "0",
                        }
                    ],
                }
            ),
        },
        "coco",
        said=("understood as [10, 10, 30, 20]",),
        codes=(*["REF007"] * 3, *["REF010"] * 5),
    ),
    "COCO without annotations": Wild(
        {"a.jpg": IMAGE, "instances.json": coco().partition(', "annotations"')[0] + "}"},
        "coco",
        boxes=(),
        said=("has no annotations",),
        codes=("REF009",),
    ),
    "COCO twice in one file": Wild(
        {"a.jpg": IMAGE, "l.json": f"{coco()}\n{coco()}"},
        "coco",
        said=("text after the end",),
        codes=("REF001",),
    ),
    "COCO with names of another machine": Wild(
        {"images/a.jpg": IMAGE, "l.json": coco("/home/me/images/a.jpg")},
        "coco",
        said=("path of another machine",),
        codes=("IMG004",),
    ),
    "COCO with addresses for names": Wild(
        {"images/a.jpg": IMAGE, "l.json": coco("https://x.y/bucket/images/a.jpg?sig=1")}, "coco"
    ),
    "FiftyOne, COCO": Wild(
        {
            "train/data/a.jpg": IMAGE,
            "train/labels.json": coco(),
            "validation/data/b.jpg": IMAGE,
            "validation/labels.json": coco("b.jpg"),
        },
        "coco",
        found=2,
    ),
    "VIA, COCO: a polygon that is in no list": Wild(
        {
            "a.jpg": IMAGE,
            "via_export_coco.json": coco(
                annotations=[
                    {
                        "id": 1,
                        "image_id": "1",
                        "category_id": 1,
                        "segmentation": [10, 10, 40, 10, 40, 30, 10, 30],
                        "area": 600,
                        "bbox": [10, 10, 30, 20],
                        "iscrowd": 0,
                    }
                ]
            ),
        },
        "coco",
        said=("segmentation is [10, 10, 40, 10", 'image_id is "1", understood as 1'),
        codes=("REF010", "REF010"),
    ),
    "COCO with another key for names": Wild(
        {"a.jpg": IMAGE, "l.json": coco().replace('"file_name"', '"filename"')},
        "coco",
        said=('file_name is under the key "filename"',),
        codes=("REF010",),
    ),
}


@pytest.mark.parametrize("name", WILD)
def test_what_people_bring_is_read_and_what_is_odd_is_said(tmp_path, name):
    check(tmp_path, WILD[name])
