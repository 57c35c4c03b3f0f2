"""Pascal VOC as people leave it: encodings, names, places, beside labels of others."""

from __future__ import annotations

import pytest

from tests.io.formats.wild_layouts import IMAGE, LINE, Wild, check, xml

WILD = {
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
    "VOC in a namespace": Wild(
        {
            "a.jpg": IMAGE,
            "a.xml": xml().replace("<annotation>", '<annotation xmlns="http://x.y/z">'),
        },
        "voc",
        said=("in the namespace http://x.y/z",),
        codes=("REF010",),
    ),
    "VOC's own kit": Wild(
        {
            "VOCdevkit/VOC2012/JPEGImages/a.jpg": IMAGE,
            "VOCdevkit/VOC2012/Annotations/a.xml": xml(),
            "VOCdevkit/VOC2012/ImageSets/Main/train.txt": "a\n",
            "VOCdevkit/VOC2012/ImageSets/Main/car_train.txt": "a  1\n",
        },
        "voc",
    ),
    "ImageNet": Wild(
        {
            "Data/CLS-LOC/train/n01/n01_1.JPEG": IMAGE,
            "Annotations/CLS-LOC/train/n01/n01_1.xml": xml("n01_1"),
        },
        "voc",
        said=("n01_1 is n01_1.JPEG",),
        codes=("IMG004",),
    ),
    "Oxford's pets, with masks of which none is an image": Wild(
        {
            "images/a.jpg": IMAGE,
            "annotations/xmls/a.xml": xml(),
            "annotations/trimaps/a.png": IMAGE,
            "annotations/list.txt": "#Image CLASS-ID SPECIES BREED ID\na 1 1 1\n",
        },
        "voc",
        said=("annotations/list.txt",),
    ),
    "roLabelImg": Wild(
        {
            "a.jpg": IMAGE,
            "a.xml": xml()
            .replace(
                "<bndbox>",
                "<type>robndbox</type><robndbox><cx>25</cx><cy>20</cy><w>30</w><h>20</h>"
                "<angle>0</angle></robndbox><other>",
            )
            .replace("</bndbox>", "</other>"),
        },
        "voc",
        boxes=("car 9 9 40 30",),
        said=("bndbox is <robndbox> 25, 20, 30, 20, 0",),
        codes=("REF010",),
    ),
}


@pytest.mark.parametrize("name", WILD)
def test_what_people_bring_is_read_and_what_is_odd_is_said(tmp_path, name):
    check(tmp_path, WILD[name])
