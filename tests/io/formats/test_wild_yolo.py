"""YOLO as LabelImg, Label Studio, darknet, Roboflow, CVAT, Kaggle and people's scripts leave it."""

from __future__ import annotations

import pytest

from tests.io.formats.wild_layouts import (
    IMAGE,
    LINE,
    NAMES,
    ROBOFLOW,
    YAML,
    Wild,
    check,
    coco,
    text,
)

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
    "labels below the images": Wild(
        {"images/a.jpg": IMAGE, "images/labels/a.txt": LINE, "classes.txt": "car\n"}, "yolo"
    ),
    "Roboflow, darknet": Wild(
        {
            f"{split}/{name}": content
            for split in ("train", "valid")
            for name, content in {
                "_darknet.labels": "car\n",
                f"{split}_jpg.rf.01.jpg": IMAGE,
                f"{split}_jpg.rf.01.txt": LINE,
            }.items()
        },
        "yolo",
        found=2,
    ),
    "zipped on a Mac": Wild(
        {
            "images/a.jpg": IMAGE,
            "images/._a.jpg": b"\0\5\x16\7",
            "labels/a.txt": LINE,
            "labels/._a.txt": b"\0\5\x16\7\0\2",
            "__MACOSX/labels/._a.txt": b"\0\5\x16\7",
            "labels/.DS_Store": b"\0\0\0\1Bud1",
            "data.yaml": YAML,
        },
        "yolo",
    ),
    "folders called for what is in them": Wild(
        {"train_images/a.jpg": IMAGE, "train_labels/a.txt": LINE, "classes.txt": "car\n"}, "yolo"
    ),
    "beside Pascal VOC's images": Wild(
        {"JPEGImages/a.jpg": IMAGE, "YOLO/a.txt": LINE, "YOLO/classes.txt": "car\n"}, "yolo"
    ),
    "folds in lists": Wild(
        {
            "data.yaml": "train: folds/train_0.txt\nval: folds/val_0.txt\nnames: [car]\n",
            "folds/train_0.txt": "images/a.jpg\n",
            "folds/val_0.txt": "images/b.jpg\n",
            "images/a.jpg": IMAGE,
            "images/b.jpg": IMAGE,
            "labels/a.txt": LINE,
            "labels/b.txt": LINE,
        },
        "yolo",
        found=2,
    ),
    "yaml files of a training beside": Wild(
        {
            "data.yaml": YAML,
            "args.yaml": "task: detect\nmode: train\ndata: data.yaml\nval: true\n",
            "hyp.yaml": "lr0: 0.01\n",
            "images/a.jpg": IMAGE,
            "labels/a.txt": LINE,
        },
        "yolo",
    ),
    "numbers of classes as texts, paths in lists": Wild(
        {
            "images/a.jpg": IMAGE,
            "labels/a.txt": LINE,
            "data.yaml": "train: [images]\nval: [images]\nnames: {'0': 'car'}\n",
        },
        "yolo",
    ),
    "darknet of Windows, elsewhere": Wild(
        {
            "obj.data": "classes= 1\r\ntrain  = C:\\darknet\\data\\train.txt\r\n"
            "valid  = C:\\darknet\\data\\train.txt\r\nnames = C:\\darknet\\data\\obj.names\r\n",
            "obj.names": "car\r\n",
            "train.txt": "C:\\darknet\\data\\obj\\a.jpg\r\n",
            "obj/a.jpg": IMAGE,
            "obj/a.txt": LINE,
        },
        "yolo",
        said=("path of another machine",),
        codes=("IMG004", "IMG004"),
    ),
}


@pytest.mark.parametrize("name", WILD)
def test_what_people_bring_is_read_and_what_is_odd_is_said(tmp_path, name):
    check(tmp_path, WILD[name])
