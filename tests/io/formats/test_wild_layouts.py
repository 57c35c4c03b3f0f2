"""Small datasets as tools and people's own scripts leave them, each with what it has to be read as.

Files are given by their names: `IMAGE` stands for a picture of 100 x 80 pixels, everything else is
what the file holds. All have one object, of the class car, from (10, 10) to (40, 30), unless a row
says otherwise.
"""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from labelaudit.auditing.run import audit
from labelaudit.errors import FormatError
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

WILD = {
    "LabelImg, all in one folder": Wild(
        {
            "a.jpg": IMAGE,
            "b.jpg": IMAGE,
            "a.txt": LINE,
            "b.txt": "",
            "classes.txt": "car\r\nbus\r\n",
        },
        "yolo",
        found=2,
    ),
    "the list of classes above": Wild(
        {"train/a.jpg": IMAGE, "train/a.txt": LINE, "classes.txt": NAMES}, "yolo"
    ),
    "Label Studio, YOLO": Wild(
        {
            "images/1a2b3c4d-a.jpg": IMAGE,
            "labels/1a2b3c4d-a.txt": LINE,
            "classes.txt": NAMES,
            "notes.json": text({"categories": [{"id": 0, "name": "car"}], "info": {}}),
        },
        "yolo",
    ),
    "darknet, started from above, without the list of val": Wild(
        {
            "data/obj_train_data/a.jpg": IMAGE,
            "data/obj_train_data/a.txt": LINE,
            "data/obj.names": NAMES,
            "data/obj.data": "classes = 2\ntrain = data/train.txt\nvalid = data/test.txt\n"
            "names = data/obj.names\nbackup = backup/\n",
            "data/train.txt": "data/obj_train_data/a.jpg\n",
        },
        "yolo",
        said=("no folder or list data/test.txt",),
        codes=("REF009",),
    ),
    "Roboflow, paths that begin too high": Wild(
        {
            f"train/images/{ROBOFLOW}.jpg": IMAGE,
            f"train/labels/{ROBOFLOW}.txt": LINE,
            "data.yaml": "train: ../train/images\nval: ../train/images\nnc: 1\nnames: ['car']\n"
            "roboflow:\n  workspace: x\n  version: 1\n",
            "README.dataset.txt": "# x\nProvided by a Roboflow user\nLicense: CC BY 4.0\n",
            "README.roboflow.txt": "x - v1\n======\nThe dataset includes 3 images.\n",
        },
        "yolo",
    ),
    "Ultralytics, the folder of datasets elsewhere": Wild(
        {
            "coco128/images/train2017/a.jpg": IMAGE,
            "coco128/labels/train2017/a.txt": LINE,
            "coco128.yaml": "path: ../datasets/coco128/\ntrain: images/train2017\n"
            "val: images/train2017\nnames:\n  0: car\n",
        },
        "yolo",
    ),
    "Kaggle, nested twice, paths of its machines": Wild(
        {
            "dataset/dataset/images/train/a.jpg": IMAGE,
            "dataset/dataset/labels/train/a.txt": LINE,
            "dataset/dataset/data.yaml": "train: /kaggle/input/x/dataset/images/train\n"
            "val: /kaggle/input/x/dataset/images/train\nnc: 1\nnames: [car]\n",
        },
        "yolo",
    ),
    "absolute paths of Windows in the yaml": Wild(
        {
            "images/train/a.jpg": IMAGE,
            "labels/train/a.txt": LINE,
            "data.yaml": "train: C:\\Users\\me\\x\\images\\train\nval: images/train\n"
            "names: [car]\n",
        },
        "yolo",
    ),
    "absolute paths of Windows in a list": Wild(
        {
            "images/a.jpg": IMAGE,
            "labels/a.txt": LINE,
            "train.txt": "D:\\data\\images\\a.jpg\r\n",
            "data.yaml": "train: train.txt\nval: train.txt\nnames: [car]\n",
        },
        "yolo",
        said=("path of another machine",),
        codes=("IMG004", "IMG004"),
    ),
    "names with blanks, per cent and letters of everybody": Wild(
        {
            "images/my photo 100% (1).jpg": IMAGE,
            "labels/my photo 100% (1).txt": LINE,
            "images/ü ñ 汽车.png": IMAGE,
            "labels/ü ñ 汽车.txt": "",
            "data.yaml": YAML,
        },
        "yolo",
        found=2,
    ),
    "a mark, tabs and carriage returns": Wild(
        {
            "images/IMG_001.JPG": IMAGE,
            "labels/IMG_001.txt": b"\xef\xbb\xbf0\t0.25\t0.25\t0.3\t0.25\r\n",
            "data.yaml": "\ufeff" + YAML.replace("\n", "\r\n"),
        },
        "yolo",
        said=("byte order mark",),
        codes=("REF010",),
    ),
    "labels called after the whole name of the image": Wild(
        {"images/a.jpeg": IMAGE, "labels/a.jpeg.txt": LINE, "data.yaml": YAML},
        "yolo",
        said=("labels/a.jpeg.txt: its name is not a.txt, which is all that trainers look for",),
        codes=("REF010",),
    ),
    "remarks among the labels": Wild(
        {
            "images/a.jpg": IMAGE,
            "labels/a.txt": LINE,
            "labels/readme.txt": "These labels were made by hand.\n",
            "labels/log.txt": "2023-01-01 12:00:00 saved a.txt\n",
            "data.yaml": YAML,
        },
        "yolo",
        said=("labels/log.txt",),
    ),
    "CVAT, Ultralytics, lists from above": Wild(
        {
            "images/train/a.jpg": IMAGE,
            "labels/train/a.txt": LINE,
            "data.yaml": "names:\n  0: car\npath: .\ntrain: train.txt\n",
            "train.txt": "data/images/train/a.jpg\n",
        },
        "yolo",
        said=("data.yaml has no val",),
        codes=("REF015",),
    ),
    "two exports in one folder": Wild(
        {
            "images/a.jpg": IMAGE,
            "labels/a.txt": LINE,
            "data.yaml": YAML,
            "annotations/instances.json": coco(),
        },
        "yolo",
        said=("--format coco",),
    ),
    "VOC in UTF-16": Wild(
        {
            "a.jpg": IMAGE,
            "a.xml": ('<?xml version="1.0" encoding="utf-16"?>' + xml()).encode("utf-16"),
        },
        "voc",
    ),
    "VOC with the path of another machine": Wild(
        {"images/a.jpg": IMAGE, "annotations/a.xml": xml(tail="<path>C:\\x\\a.jpg</path>")}, "voc"
    ),
    "VOC with that as its filename": Wild(
        {"images/a.jpg": IMAGE, "Annotations/a.xml": xml("C:\\Users\\x\\images\\a.jpg")},
        "voc",
        said=("is a.jpg",),
        codes=("IMG004",),
    ),
    "VOC with a size of 0": Wild(
        {"images/a.jpg": IMAGE, "annotations/a.xml": xml(size=(0, 0))},
        "voc",
        said=("its labels say 0 x 0",),
        codes=("IMG003",),
    ),
    "VOC beside YOLO": Wild(
        {"a.jpg": IMAGE, "a.xml": xml(), "a.txt": LINE, "classes.txt": "car\n"},
        "voc",
        said=("--format yolo",),
    ),
    "VOC with an empty file": Wild(
        {"a.jpg": IMAGE, "b.jpg": IMAGE, "a.xml": xml(), "b.xml": ""},
        "voc",
        said=("the file is empty",),
        codes=("REF001",),
    ),
    "VOC in capital endings": Wild({"A.JPG": IMAGE, "A.XML": xml("A.JPG")}, "voc"),
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
    "Open Images as FiftyOne has them": Wild(
        {
            "data/0a.jpg": IMAGE,
            "labels/detections.csv": f"{OPEN_IMAGES}\n0a,x,/m/0k4j,1,0.1,0.4,0.125,0.375,0,0\n",
            "metadata/classes.csv": "/m/0k4j,car\n",
        },
        "openimages",
    ),
    "KITTI with decimal commas": Wild(
        {
            "training/image_2/000000.png": IMAGE,
            "training/label_2/000000.txt": "car 0,00 0 -1,57 10,0 10,0 40,0 30,0 1,5 1,6 3,8 1,0 "
            "1,5 8,0 -1,6\n",
        },
        "kitti",
        said=("columns is",),
        codes=("REF010",),
    ),
    "VisDrone with commas at the ends": Wild(
        {"images/a.jpg": IMAGE, "annotations/a.txt": "10,10,30,20,1,4,0,0,\r\n"}, "visdrone"
    ),
    "WIDER Face": Wild(
        {
            "WIDER_train/images/0--Parade/a.jpg": IMAGE,
            "wider_face_split/wider_face_train_bbx_gt.txt": "0--Parade/a.jpg\n1\n"
            "10 10 30 20 0 0 0 0 0 0 \n",
        },
        "widerface",
        boxes=("face 10 10 40 30",),
    ),
    "Hugging Face with a score behind the box": Wild(
        {
            "train/a.jpg": IMAGE,
            "train/metadata.jsonl": rows({"bbox": [[10, 10, 30, 20, 0.9]], "category": ["car"]}),
        },
        "huggingface",
        said=("of which 0.9 is left out",),
        codes=("REF010",),
    ),
    "Hugging Face with numbers as text": Wild(
        {
            "train/a.jpg": IMAGE,
            "train/metadata.jsonl": rows([{"bbox": ["10", "10", 30, "20"], "category": "car"}]),
        },
        "huggingface",
        said=('bbox is ["10", "10", 30, "20"]',),
        codes=("REF010",),
    ),
    "Hugging Face with a key for each side": Wild(
        {
            "train/a.jpg": IMAGE,
            "train/metadata.jsonl": rows(
                [{"bbox": {"x": 10, "y": 10, "w": 30, "h": 20}, "category": "car"}]
            ),
        },
        "huggingface",
        said=('bbox is {"x": 10',),
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
    "CSV with semicolons and decimal commas": Wild(
        {
            "a.jpg": IMAGE,
            "labels.csv": "\ufefffilename;width;height;class;xmin;ymin;xmax;ymax\r\n"
            "a.jpg;100;80;car;10,0;10,0;40,0;30,0\r\n",
        },
        "csv",
    ),
    "CSV of Kaggle's wheat": Wild(
        {
            "train/a.jpg": IMAGE,
            "train.csv": 'image_id,width,height,bbox\na,100,80,"[10.0, 10.0, 30.0, 20.0]"\n',
        },
        "csv",
        boxes=("object 10 10 40 30",),
        said=("no column of classes",),
    ),
    "CSV with a score in the box": Wild(
        {
            "a.jpg": IMAGE,
            "train.csv": 'image_id,bbox,label\na,"[10, 10, 30, 20, 0.9]",car\n',
        },
        "csv",
        said=("bbox is [10, 10, 30, 20, 0.9], of which 0.9 is left out",),
        codes=("REF010",),
    ),
    "CSV with tabs": Wild(
        {
            "a.jpg": IMAGE,
            "l.tsv": "filename\tclass\txmin\tymin\txmax\tymax\na.jpg\tcar\t10\t10\t40\t30\n",
        },
        "csv",
    ),
    "CSV of RetinaNet with an image of nothing": Wild(
        {"a.jpg": IMAGE, "b.jpg": IMAGE, "a.csv": "a.jpg,10,10,40,30,car\nb.jpg,,,,,\n\n"},
        "csv",
        found=2,
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
    "DOTA as it is handed out": Wild(
        {
            "images/P0001.png": IMAGE,
            "labelTxt-v1.0/P0001.txt": "imagesource:GoogleEarth\ngsd:null\n"
            "10.0 10.0 40.0 10.0 40.0 30.0 10.0 30.0 car 0\n",
        },
        "dota",
    ),
}


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


@pytest.mark.parametrize("name", WILD)
def test_what_people_bring_is_read_and_what_is_odd_is_said(tmp_path, name):
    wild = WILD[name]
    dataset = load(put(tmp_path, wild.files))
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


def zipped(files: Mapping[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return written.getvalue()


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"l.json": coco().encode("utf-16")}, "save l.json as UTF-8: it is UTF-16 text"),
        ({"l.json.gz": gzip.compress(coco().encode())}, "unpack l.json.gz first"),
        ({"in/inner.zip": zipped({"a.txt": LINE.encode()})}, "unpack in/inner.zip first"),
        (
            {"l.json": text(json.loads(coco())["annotations"])},
            r"a list of annotations of COCO without images and categories \(l.json\)",
        ),
        (
            {"meta.json": text({"tags": []}), "ds/ann/a.jpg.json": '{"classTitle": 1}'},
            "Supervisely",
        ),
        ({"x.json": '{"asset": {"id": 1}, "regions": [{"boundingBox": {}}]}'}, "VoTT"),
        ({"gt/gt.txt": "1,1,10,10,30,20,1,1,1\n", "seqinfo.ini": "[Sequence]\n"}, "MOT"),
    ],
)
def test_what_is_not_read_is_answered_with_what_to_do(tmp_path, files, words):
    with pytest.raises(FormatError, match=words):
        load(put(tmp_path, files))


def test_what_can_be_read_beside_what_cannot_needs_no_advice(tmp_path):
    put(tmp_path, {"a.jpg": IMAGE, "a.xml": xml(), "old.json": coco().encode("utf-16")})
    assert load(tmp_path).format == "voc"
