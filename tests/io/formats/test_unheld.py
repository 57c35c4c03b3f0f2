"""What files say that no table holds is named before they are converted, in every format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from labelaudit.io.formats import FORMATS, converter
from labelaudit.io.formats.unheld import NAMED, NAMES, Unheld
from labelaudit.io.load import load

KITTI = "Car {} {} -1.57 10 20 60 70 {} -1000 -1000 -1000 -10\n"
XML = "<annotations><version>1.1</version>{}</annotations>"
BOX = '<box label="cat" xtl="1" ytl="2" xbr="30" ybr="40" {}>{}</box>'
IMAGE = '<image id="0" name="a.jpg" width="64" height="48">{}</image>'
VOC = (
    "<annotation><filename>a.jpg</filename><size><width>64</width><height>48</height></size>"
    "<object><name>cat</name>{}<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>30</xmax>"
    "<ymax>40</ymax></bndbox></object></annotation>"
)


def coco(image: Any = {}, annotation: Any = {}, category: Any = {}, **others: Any) -> str:  # noqa: B006  # read only
    box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 30, 40], "area": 1200}
    return json.dumps(
        {
            "images": [{"id": 1, "file_name": "a.jpg", "width": 64, "height": 48} | image],
            "annotations": [box | {"iscrowd": 0} | annotation],
            "categories": [{"id": 1, "name": "cat"} | category],
            **others,
        }
    )


def labelme(shape: Any, **others: Any) -> str:
    plain = {"label": "cat", "points": [[1, 2], [30, 40]], "shape_type": "rectangle"}
    about = {"imagePath": "a.jpg", "imageWidth": 64, "imageHeight": 48, "imageData": None}
    return json.dumps({"shapes": [plain | shape], **about, **others})


def studio(*results: Any) -> str:
    value = {"x": 1, "y": 2, "width": 30, "height": 40, "rectanglelabels": ["cat"]}
    size = {"original_width": 64, "original_height": 48}
    drawn = {"id": "b", "type": "rectanglelabels", "value": value, "to_name": "i", **size}
    annotations = [{"result": [drawn, *results]}]
    return json.dumps([{"data": {"image": "a.jpg"}, "annotations": annotations}])


def datumaro(annotation: Any, **item: Any) -> str:
    box = {"type": "bbox", "bbox": [1, 2, 30, 40], "label_id": 0, "group": 0, "z_order": 0}
    image = {"path": "a.jpg", "size": [48, 64]}
    items = [{"id": "a", "annotations": [box | annotation], "image": image, **item}]
    labels = {"label": {"labels": [{"name": "cat", "parent": ""}]}}
    return json.dumps({"categories": labels, "items": items})


def via(attributes: Any, **about: Any) -> str:
    shape = {"name": "rect", "x": 1, "y": 2, "width": 30, "height": 40}
    region = {"shape_attributes": shape, "region_attributes": {"class": "cat"} | attributes}
    return json.dumps({"a.jpg1": {"filename": "a.jpg", "regions": [region], **about}})


def listed(one: Any, **image: Any) -> str:
    box = {"xyxy": [10, 10, 40, 30], "label": "cat", **one}
    return json.dumps({"a.png": {"width": 64, "height": 48, "boxes": [box], **image}})


def createml(one: Any, **image: Any) -> str:
    place = {"x": 15, "y": 20, "width": 30, "height": 40}
    objects = [{"label": "cat", "coordinates": place} | one]
    return json.dumps([{"image": "a.jpg", "annotations": objects, **image}])


def rows(objects: Any, **row: Any) -> str:
    return json.dumps(
        {
            "file_name": "a.jpg",
            "width": 64,
            "height": 48,
            "objects": {"bbox": [[1, 2, 30, 40]], "categories": ["cat"]} | objects,
            **row,
        }
    )


TABLE = "filename,width,height,xmin,ymin,xmax,ymax,class,{}\na.jpg,64,48,1,2,30,40,cat,{}\n"
OPEN = "ImageID,LabelName,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated\na,/m/1,0.1,0.5,0.1,0.5,{}\n"

CASES = {
    # format: [(file, content, a line that is said, or None where nothing is)]
    "coco": [
        ("a.json", coco(), None),
        ("a.json", coco(annotation={"attributes": {}, "score": None}), None),
        (
            "a.json",
            coco(annotation={"attributes": {"occluded": True, "rotated": False}, "score": 0.5}),
            "2 other values of objects (score, attributes.occluded): without them",
        ),
        (
            "a.json",
            coco(annotation={"attributes": "dark", "bbox": ["1", 2, 30, 40], "caption": "x"}),
            "2 other values of objects (caption, attributes.*): without them",
        ),
        ("a.json", coco({"license": 3}), "1 other value of images (license): without them"),
        (
            "a.json",
            coco(category={"supercategory": "animal"}),
            "1 other value of classes (supercategory): without them",
        ),
        (
            "a.json",
            coco(info={"year": 2020}, licenses=[]),
            "1 other part of files (info): without them",
        ),
    ],
    "cvat": [
        ("a.xml", XML.format(IMAGE.format(BOX.format('occluded="0" z_order="0"', ""))), None),
        (
            "a.xml",
            XML.format(IMAGE.format(BOX.format('occluded="1"', ""))),
            "1 object marked as occluded: without the mark",
        ),
        (
            "a.xml",
            XML.format(IMAGE.format(BOX.format('z_order="2"', ""))),
            "1 object in layers before others: without their order",
        ),
        (
            "a.xml",
            XML.format(IMAGE.format(BOX.format('group_id="7"', ""))),
            "1 object in groups: without them",
        ),
        (
            "a.xml",
            XML.format(IMAGE.format(BOX.format("", '<attribute name="fur">red</attribute>' * 2))),
            "2 attributes of objects (fur): without them",
        ),
        (
            "a.xml",
            XML.format(
                '<track id="0" label="cat">'
                + '<box frame="0" outside="0" xtl="1" ytl="2" xbr="30" ybr="40"/></track>'
            ),
            "1 object followed through frames: an object in each frame",
        ),
    ],
    "kitti": [
        ("label_2/a.txt", KITTI.format("0.00", 0, "-1 -1 -1"), None),
        ("label_2/a.txt", KITTI.format("-1", 3, "-1 -1 -1"), None),
        ("label_2/a.txt", KITTI.format("0.00", 0, "0 0 0"), None),
        (
            "label_2/a.txt",
            KITTI.format("0.30", 0, "-1 -1 -1"),
            "1 object marked as truncated: without the mark",
        ),
        (
            "label_2/a.txt",
            KITTI.format("0.00", 2, "-1 -1 -1"),
            "1 object marked as occluded: without the mark",
        ),
        (
            "label_2/a.txt",
            KITTI.format("0.00", 0, "1.5 1.6 3.9"),
            "1 object with sizes and places in space: without them",
        ),
        ("label_2/a.txt", KITTI.format("1", 1, "1 1 1").replace("Car", "DontCare"), None),
    ],
    "visdrone": [
        ("annotations/a.txt", "1,2,30,40,1,4,0,0\n", None),
        (
            "annotations/a.txt",
            "1,2,30,40,1,4,1,0\n",
            "1 object marked as truncated: without the mark",
        ),
        (
            "annotations/a.txt",
            "1,2,30,40,1,4,0,2\n",
            "1 object marked as occluded: without the mark",
        ),
    ],
    "widerface": [
        ("wider_face_train_bbx_gt.txt", "x/a.jpg\n1\n1 2 30 40 0 0 0 0 0 0\n", None),
        (
            "wider_face_train_bbx_gt.txt",
            "x/a.jpg\n1\n1 2 30 40 2 0 0 0 0 0\n",
            "1 object marked as blurred: without the mark",
        ),
        (
            "wider_face_train_bbx_gt.txt",
            "x/a.jpg\n1\n1 2 30 40 0 0 0 0 0 1\n",
            "1 object in an atypical pose: without the mark",
        ),
    ],
    "dota": [
        ("labelTxt/a.txt", "1 2 30 2 30 40 1 40 ship 0\n", None),
        (
            "labelTxt/a.txt",
            "imagesource:Sea\ngsd:0.2\n1 2 30 2 30 40 1 40 ship 0\n",
            "2 lines about whole images (imagesource, gsd): without them",
        ),
    ],
    "labelme": [
        ("a.json", labelme({"flags": {"hard": False}, "group_id": None, "description": ""}), None),
        ("a.json", labelme({"flags": {"hard": True}}), "1 flag of objects (hard): without them"),
        (
            "a.json",
            labelme({"group_id": 3, "description": "old"}),
            "2 other values of objects (group_id, description): without them",
        ),
        (
            "a.json",
            labelme({"attributes": {"fur": "red"}}),
            "1 attribute of objects (fur): without them",
        ),
        ("a.json", labelme({}, flags={"night": True}), "1 flag of images (night): without them"),
    ],
    "labelstudio": [
        ("a.json", studio(), None),
        (
            "a.json",
            studio({"id": "b", "type": "choices", "value": {"choices": ["old"]}, "to_name": "i"}),
            "1 answer about objects (choices): without them",
        ),
        (
            "a.json",
            studio({"from_id": "b", "to_id": "b", "type": "relation"}),
            "1 relation between objects: without them",
        ),
        (
            "a.json",
            studio(
                {"id": "b", "type": "labels", "value": {"labels": ["cat"]}, "meta": {"text": ["x"]}}
            ),
            "1 object with remarks: without them",
        ),
    ],
    "datumaro": [
        ("a.json", datumaro({"attributes": {"is_crowd": True, "occluded": False}}), None),
        (
            "a.json",
            datumaro({"attributes": {"occluded": True, "fur": "red"}}),
            "2 attributes of objects (occluded, fur): without them",
        ),
        (
            "a.json",
            datumaro({"z_order": 1}),
            "1 object in layers before others: without their order",
        ),
        (
            "a.json",
            datumaro({}, attr={"id": 4, "frame": 3}),
            "1 attribute of images (frame): without them",
        ),
    ],
    "via": [
        ("a.json", via({"note": ""}), None),
        ("a.json", via({"fur": "red"}), "1 attribute of objects (fur): without them"),
        (
            "a.json",
            via({}, file_attributes={"caption": "x", "url": ""}),
            "1 attribute of images (caption): without them",
        ),
    ],
    "createml": [
        ("a.json", createml({}), None),
        (
            "a.json",
            createml({"confidence": 1}),
            "1 other value of objects (confidence): without them",
        ),
        ("a.json", createml({}, width=64), "1 other value of images (width): without them"),
    ],
    "boxlists": [
        ("a.json", listed({}), None),
        ("a.json", listed({"area": 4}), "1 other value of boxes (area): without them"),
        ("a.json", listed({}, by="ann"), "1 other value of images (by): without them"),
    ],
    "huggingface": [
        ("metadata.jsonl", rows({}), None),
        (
            "metadata.jsonl",
            rows({"area": [1200], "pose": ["left"]}),
            "2 other values of objects (area, pose): without them",
        ),
        ("metadata.jsonl", rows({}, text="a cat"), "1 other value of images (text): without them"),
    ],
    "csv": [
        ("a.csv", TABLE.format("hard,pose", "0,"), None),
        ("a.csv", TABLE.format("iscrowd,split", "1,train"), None),
        (
            "a.csv",
            TABLE.format("score,pose", "0.5,left"),
            "2 cells of other columns (score, pose): without them",
        ),
    ],
    "openimages": [
        ("a.csv", OPEN.format("0,0"), None),
        ("a.csv", OPEN.format("1,-1"), "1 cell of other columns (IsOccluded): without them"),
    ],
    "voc": [
        ("Annotations/a.xml", VOC.format("<difficult>0</difficult>"), None),
        (
            "Annotations/a.xml",
            VOC.format("<truncated>1</truncated>"),
            "1 object marked as truncated: without the mark",
        ),
        (
            "Annotations/a.xml",
            VOC.format("<fur>red</fur><tags></tags>"),
            "1 other element of objects (fur): without them",
        ),
        (
            "Annotations/a.xml",
            VOC.format("<part><name>head</name><bndbox><xmin>1</xmin></bndbox></part>"),
            "1 part of objects: without them",
        ),
    ],
}
EACH = [(name, *case) for name, cases in CASES.items() for case in cases]


def lost(path: Path, name: str, to: str) -> list[str]:
    dataset = load(path, format=name)
    assert len(dataset.boxes) == 1
    return list(converter(FORMATS[to])(dataset, path.parent / "out").lost)


@pytest.mark.parametrize(("name", "file", "content", "line"), EACH)
def test_what_no_table_holds_is_named_before_it_is_lost(
    name: str, file: str, content: str, line: str | None, tmp_path: Path
):
    path = tmp_path / "in" / file
    path.parent.mkdir(parents=True)
    path.write_text(content)
    for to in ("coco", "voc", "yolo"):
        said = lost(tmp_path / "in", name, to)
        said = [one for one in said if ": without the" in one or one.endswith("in each frame")]
        assert said == ([] if line is None else [line])


def test_entries_of_a_yaml_and_confidences_are_named(tmp_path: Path):
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels/a.txt").write_text("0 0.5 0.5 0.2 0.2 0.9\n")
    yaml = "train: images\nval: images\nnames: [cat]\nnc: 1\nroboflow: {license: x}\n"
    (tmp_path / "data.yaml").write_text(yaml)
    said = lost(tmp_path, "yolo", "coco")
    assert "1 other entry of the yaml (roboflow): without them" in said
    assert "1 confidence behind boxes: without them" in said


def test_nothing_is_said_to_be_lost_of_keypoints_that_have_no_names(tmp_path: Path):
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels/a.txt").write_text("0 0.5 0.5 0.2 0.2 0.5 0.5 2 0.6 0.6 1\n")
    yaml = "train: images\nval: images\nnames: [cat]\nkpt_shape: [2, 3]\n"
    (tmp_path / "data.yaml").write_text(yaml)
    assert len(load(tmp_path).keypoints) == 1
    assert not any("keypoint" in line for line in lost(tmp_path, "yolo", "coco"))


def test_names_are_told_up_to_a_number_and_nothing_is_told_of_nothing():
    found = Unheld()
    found.count(f"marks ({NAMES})", [f"n{n}" for n in range(NAMED)])
    found.count_others(f"others ({NAMES})", {"a": "", "b": None, "c": 0}, ())
    assert found.told() == {"marks (n0, n1, n2, n3, n4, n5)": 6, "others (c)": 1}
    found.count(f"marks ({NAMES})", ["n0", "n9"])
    assert found.told()["marks (n0, n1, n2, n3, n4, n5, ...)"] == 8
    assert Unheld().told() == {}
