"""Exports of LabelMe, CVAT, VIA, Create ML, Label Studio and Datumaro as people leave them."""

from __future__ import annotations

import pytest

from tests.io.formats.wild_layouts import (
    CVAT_BOX,
    IMAGE,
    LABEL_STUDIO,
    ORIGINAL,
    VIA_CLASS,
    VIA_HEAD,
    VIA_ROW,
    Wild,
    check,
    cvat,
    labelme,
    rectangle,
    text,
)

WILD = {
    "LabelMe from Windows": Wild(
        {
            "imgs/a.jpg": IMAGE,
            "json/a.json": labelme(rectangle([[40, 30], [10, 10]]), path="..\\imgs\\a.jpg"),
        },
        "labelme",
    ),
    "LabelMe with numbers as text": Wild(
        {"a.jpg": IMAGE, "a.json": labelme(rectangle([["10", "10"], ["40 px", "30,0"]]))},
        "labelme",
        said=('points is [["10", "10"]',),
        codes=("REF010",),
    ),
    "LabelMe with kinds in capitals": Wild(
        {
            "a.jpg": IMAGE,
            "a.json": labelme(rectangle([[10, 10], [40, 30]], shape_type="Rectangle")),
        },
        "labelme",
        said=('shape_type is "Rectangle"',),
        codes=("REF010",),
    ),
    "CVAT with decimal commas": Wild(
        {
            "images/sub/a.jpg": IMAGE,
            "annotations.xml": cvat(
                '<image id="0" name="sub\\a.jpg" width="100" height="80">'
                f"{CVAT_BOX.format('10,00')}</image>"
            ),
        },
        "cvat",
        said=('xtl is "10,00"', "slashes"),
        codes=("IMG004", "REF010"),
    ),
    "VIA, CSV": Wild(
        {
            "a.jpg": IMAGE,
            "via_export_csv.csv": f"{VIA_HEAD},region_attributes\r\n{VIA_ROW},{VIA_CLASS}\r\n",
        },
        "via",
        said=("'class' of regions",),
    ),
    "VIA with numbers as text and a class of check boxes": Wild(
        {
            "a.jpg": IMAGE,
            "via.json": text(
                {
                    "a.jpg12": {
                        "filename": "a.jpg",
                        "size": 12,
                        "regions": [
                            {
                                "shape_attributes": {
                                    "name": "polygon",
                                    "all_points_x": ["10", 40, 40, 10],
                                    "all_points_y": [10, 10, 30, 30],
                                },
                                "region_attributes": {"type": {"car": True}},
                            }
                        ],
                    }
                }
            ),
        },
        "via",
        said=("all_points_x is",),
        codes=("REF010",),
    ),
    "Create ML": Wild(
        {
            "a.jpg": IMAGE,
            "_annotations.createml.json": text(
                [
                    {
                        "image": "a.jpg",
                        "annotations": [
                            {
                                "label": "car",
                                "coordinates": {"x": "25", "y": 20, "width": 30, "height": 20},
                            }
                        ],
                    }
                ]
            ),
        },
        "createml",
        said=('x is "25"',),
        codes=("REF010",),
    ),
    "Datumaro with numbers as text": Wild(
        {
            "images/default/a.jpg": IMAGE,
            "annotations/default.json": text(
                {
                    "info": {},
                    "categories": {"label": {"labels": [{"name": "car", "parent": ""}]}},
                    "items": [
                        {
                            "id": "a",
                            "annotations": [
                                {
                                    "id": 0,
                                    "type": "bbox",
                                    "group": 0,
                                    "label_id": 0,
                                    "bbox": ["10", "10", "30", "20"],
                                }
                            ],
                            "image": {"path": "a.jpg", "size": [80, 100]},
                        }
                    ],
                }
            ),
        },
        "datumaro",
        said=('bbox is ["10", "10", "30", "20"]',),
        codes=("REF010",),
    ),
    "Label Studio, JSON_MIN": Wild(
        {
            "a.jpg": IMAGE,
            "project-1.json": text(
                [
                    {
                        "image": "/data/upload/1/0a1b2c3d-a.jpg",
                        "id": 1,
                        "label": [{**LABEL_STUDIO, **ORIGINAL}],
                        "annotator": 1,
                    }
                ]
            ),
        },
        "labelstudio",
    ),
    "Label Studio, local files of Windows": Wild(
        {
            "my data/a.jpg": IMAGE,
            "export.json": text(
                [
                    {
                        "id": 1,
                        "data": {"image": "/data/local-files/?d=my%20data%5Ca.jpg"},
                        "annotations": [
                            {
                                "id": 1,
                                "result": [
                                    {
                                        "type": "rectanglelabels",
                                        "from_name": "l",
                                        "to_name": "i",
                                        **ORIGINAL,
                                        "value": LABEL_STUDIO,
                                    }
                                ],
                            }
                        ],
                    }
                ]
            ),
        },
        "labelstudio",
    ),
    "X-AnyLabeling": Wild(
        {
            "images/a.jpg": IMAGE,
            "labels/a.json": labelme(
                rectangle(
                    [[10, 10], [40, 10], [40, 30], [10, 30]],
                    kie_linking=[],
                    score=None,
                    group_id=None,
                    description="",
                    difficult=False,
                    attributes={},
                )
            ),
        },
        "labelme",
    ),
    "CVAT with subsets": Wild(
        {
            "annotations.xml": cvat(
                '<image id="0" name="a.jpg" subset="Train" task_id="1" width="100" height="80">'
                f"{CVAT_BOX.format('10')}</image>"
            ),
            "images/Train/a.jpg": IMAGE,
        },
        "cvat",
    ),
}


@pytest.mark.parametrize("name", WILD)
def test_what_people_bring_is_read_and_what_is_odd_is_said(tmp_path, name):
    check(tmp_path, WILD[name])
