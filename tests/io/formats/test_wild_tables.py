"""Tables and lines of text as Kaggle, Hugging Face, Open Images and people's scripts have them."""

from __future__ import annotations

import pytest

from tests.io.formats.wild_layouts import IMAGE, OPEN_IMAGES, Wild, check, rows

WILD = {
    "Open Images as FiftyOne has them": Wild(
        {
            "data/0a.jpg": IMAGE,
            "labels/detections.csv": f"{OPEN_IMAGES}\n0a,x,/m/0k4j,1,0.1,0.4,0.125,0.375,0,0\n",
            "metadata/classes.csv": "/m/0k4j,car\n",
        },
        "openimages",
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
    "DOTA as it is handed out": Wild(
        {
            "images/P0001.png": IMAGE,
            "labelTxt-v1.0/P0001.txt": "imagesource:GoogleEarth\ngsd:null\n"
            "10.0 10.0 40.0 10.0 40.0 30.0 10.0 30.0 car 0\n",
        },
        "dota",
    ),
    "Make Sense": Wild(
        {"a.jpg": IMAGE, "labels_2023.csv": "car,10,10,30,20,a.jpg,100,80\n"}, "csv"
    ),
    "CSV of pandas, with its index": Wild(
        {
            "a.jpg": IMAGE,
            "labels.csv": ",filename,xmin,ymin,xmax,ymax,label\n0,a.jpg,10,10,40,30,car\n",
        },
        "csv",
    ),
    "GTSRB": Wild(
        {
            "Train/0/00000.png": IMAGE,
            "Train.csv": "Width,Height,Roi.X1,Roi.Y1,Roi.X2,Roi.Y2,ClassId,Path\n"
            "100,80,10,10,40,30,0,Train/0/00000.png\n",
        },
        "csv",
        boxes=("0 10 10 40 30",),
    ),
    "SKU-110K": Wild(
        {
            "images/a.jpg": IMAGE,
            "annotations/annotations_train.csv": "a.jpg,10,10,40,30,car,100,80\n",
        },
        "csv",
    ),
    "CSV that a spreadsheet saved": Wild(
        {
            "a.jpg": IMAGE,
            "l.csv": "filename\txmin\tymin\txmax\tymax\tclass\r\n"
            "a.jpg\t10\t10\t40\t30\tcar\r\n".encode("utf-16"),
        },
        "csv",
    ),
    "CSV made of XML files, of which it has the names": Wild(
        {
            "images/Cars0.png": IMAGE,
            "labels.csv": "filepath,xmin,xmax,ymin,ymax\nannotations\\Cars0.xml,10,40,10,30\n",
        },
        "csv",
        boxes=("object 10 10 40 30",),
        said=("labels.csv has 1 name of label files, taken for the images of their stems",),
        codes=("IMG004",),
    ),
    "LISA": Wild(
        {
            "a.png": IMAGE,
            "allAnnotations.csv": "Filename;Annotation tag;Upper left corner X;Upper left corner Y;"
            "Lower right corner X;Lower right corner Y;Occluded,On another road;Origin file\n"
            "a.png;car;10;10;40;30;0,0;x.avi\n",
        },
        "csv",
    ),
}


@pytest.mark.parametrize("name", WILD)
def test_what_people_bring_is_read_and_what_is_odd_is_said(tmp_path, name):
    check(tmp_path, WILD[name])
