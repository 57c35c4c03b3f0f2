"""What files of each format say beside places and classes, as tools write it."""

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from labelaudit.dataset.fields import Fields
from labelaudit.dataset.tables import Dataset
from labelaudit.io.formats import FORMATS
from labelaudit.io.formats.attributes import wanting_attributes
from labelaudit.io.formats.labelstudio.reading import read
from labelaudit.io.load import load
from labelaudit.testing import draw

CVAT = """<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><id>7</id><name>street</name>
<segments><segment><id>31</id><start>0</start><stop>0</stop><url>http://c/?id=31</url></segment>
<segment><id>32</id><start>1</start><stop>1</stop><url>http://c/?id=32</url></segment></segments>
<owner><username>boss</username><email></email></owner><assignee><username>ann</username></assignee>
<labels><label><name>car</name><attributes></attributes></label></labels></task></meta>
<image id="0" name="a.png" width="64" height="48">
<box label="car" source="manual" occluded="1" xtl="1" ytl="2" xbr="20" ybr="30" z_order="0">
<attribute name="colour">red</attribute></box></image>
<image id="1" name="b.png" width="64" height="48">
<box label="car" source="auto" occluded="0" xtl="1" ytl="2" xbr="20" ybr="30" z_order="0">
<attribute name="colour">blue</attribute></box></image></annotations>"""

VOC = """<annotation><folder>x</folder><filename>a.png</filename>
<source><database>The Lab</database><annotation>Batch 3</annotation></source>
<owner><name>Ann</name></owner><size><width>64</width><height>48</height><depth>3</depth></size>
<object><name>car</name><pose>Left</pose><truncated>1</truncated><difficult>0</difficult>
<reviewer>Bob</reviewer><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>20</xmax><ymax>30</ymax></bndbox>
<attributes><attribute><name>colour</name><value>red</value></attribute></attributes></object>
<object><name>car</name><pose>Right</pose><truncated>0</truncated><difficult>0</difficult>
<bndbox><xmin>5</xmin><ymin>2</ymin><xmax>20</xmax><ymax>30</ymax></bndbox></object></annotation>"""

LABELME = {
    "version": "5.4.1",
    "flags": {"blurred": True},
    "labeler": "ann",
    "shapes": [
        {
            "label": "car",
            "points": [[1, 2], [20, 30]],
            "shape_type": "rectangle",
            "group_id": 4,
            "flags": {"occluded": False},
            "attributes": {"colour": "red"},
        }
    ],
    "imagePath": "a.png",
    "imageHeight": 48,
    "imageWidth": 64,
}


def _region(x: float, **more: object) -> dict[str, object]:
    value = {"x": x, "y": 4, "width": 20, "height": 30, "rotation": 0, "rectanglelabels": ["car"]}
    return {
        "id": f"r{x}",
        "type": "rectanglelabels",
        "from_name": "label",
        "to_name": "image",
        "original_width": 64,
        "original_height": 48,
        "origin": "manual",
        "value": value,
        **more,
    }


STUDIO = [
    {
        "id": 1,
        "inner_id": 5,
        "data": {"image": "/data/upload/1/0a1b2c3d-a.png", "batch": "b1"},
        "annotations": [
            {
                "id": 1,
                "completed_by": {"id": 3, "email": "ann@lab"},
                "created_at": "2024-05-02T10:00:00Z",
                "result": [
                    _region(4),
                    {
                        "id": "r4",
                        "type": "choices",
                        "from_name": "sure",
                        "to_name": "image",
                        "value": {"choices": ["no"]},
                    },
                ],
            },
            {
                "id": 2,
                "completed_by": {"id": 4, "email": "bob@lab"},
                "created_at": "2024-05-03T10:00:00Z",
                "result": [_region(9)],
            },
        ],
    }
]

DATUMARO = {
    "info": {},
    "categories": {"label": {"labels": [{"name": "car", "parent": "", "attributes": []}]}},
    "items": [
        {
            "id": "a",
            "attr": {"frame": 3, "camera": "left"},
            "annotations": [
                {
                    "id": 0,
                    "type": "bbox",
                    "group": 0,
                    "label_id": 0,
                    "bbox": [1, 2, 20, 30],
                    "attributes": {"annotator": "ann", "occluded": True},
                }
            ],
            "image": {"path": "a.png", "size": [48, 64]},
        }
    ],
}

VIA = {
    "a.png1": {
        "filename": "a.png",
        "size": 1,
        "file_attributes": {"camera": "left"},
        "regions": [
            {
                "shape_attributes": {"name": "rect", "x": 1, "y": 2, "width": 9, "height": 9},
                "region_attributes": {"class": "car", "annotator": "ann"},
            }
        ],
    }
}

COCO = {
    "images": [
        {"id": 1, "file_name": "a.png", "width": 64, "height": 48, "license": 3, "batch": "b1"},
        {"id": 2, "file_name": "b.png", "width": 64, "height": 48, "license": 4},
    ],
    "categories": [{"id": 1, "name": "car", "supercategory": "vehicle"}],
    "annotations": [
        {
            "id": 1,
            "image_id": 1,
            "category_id": 1,
            "bbox": [1, 2, 20, 30],
            "area": 600,
            "iscrowd": 0,
            "created_by": "ann",
            "attributes": {"occluded": False, "colour": "red"},
        },
        7,
        {
            "id": 2,
            "image_id": 2,
            "category_id": 1,
            "bbox": [1, 2, 20, 30],
            "area": 600,
            "iscrowd": 0,
            "created_by": "bob",
        },
    ],
}

CSV = """filename,width,height,class,xmin,ymin,xmax,ymax,annotator,Review State
a.png,64,48,car,1,2,20,30,ann,done
a.png,64,48,car,5,2,20,30,bob,
"""

OPEN_IMAGES = """ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsGroupOf
a,xclick,/m/01,1,0.1,0.5,0.1,0.5,0,0
a,activemil,/m/01,1,0.2,0.6,0.1,0.5,1,0
"""

HUGGING_FACE = {
    "file_name": "a.png",
    "width": 64,
    "height": 48,
    "site": "north",
    "objects": {"bbox": [[1, 2, 20, 30]], "categories": ["car"], "annotator": ["ann"]},
}

CREATE_ML = [
    {
        "image": "a.png",
        "batch": "b1",
        "annotations": [
            {
                "label": "car",
                "annotator": "ann",
                "coordinates": {"x": 11, "y": 17, "width": 20, "height": 30},
            }
        ],
    }
]

DOTA = "imagesource:GoogleEarth\ngsd:0.1\n1 2 20 2 20 30 1 30 ship 1\n"
KITTI = "Car 0.50 1 -1.5 1 2 20 30 1.5 1.6 3.6 2.8 1.5 8.4 -1.5\n"
VISDRONE = "1,2,20,30,1,4,1,2\n"
WIDER = "a.png\n1\n1 2 20 30 2 0 1 0 1 0\n"

BOX_LISTS = {
    "a.png": {
        "boxes": [{"xyxy": [4, 6, 36, 30], "label": "cat", "annotator": "ann"}],
        "batch": "b1",
    }
}

FILES: dict[str, tuple[str, object]] = {
    "cvat": ("annotations.xml", CVAT),
    "voc": ("a.xml", VOC),
    "labelme": ("a.json", LABELME),
    "labelstudio": ("project-1.json", STUDIO),
    "datumaro": ("default.json", DATUMARO),
    "via": ("via.json", VIA),
    "coco": ("labels.json", COCO),
    "csv": ("labels.csv", CSV),
    "openimages": ("boxes.csv", OPEN_IMAGES),
    "huggingface": ("metadata.jsonl", HUGGING_FACE),
    "createml": ("_annotations.createml.json", CREATE_ML),
    "boxlists": ("boxes.json", BOX_LISTS),
    "dota": ("labelTxt/a.txt", DOTA),
    "kitti": ("label_2/a.txt", KITTI),
    "visdrone": ("annotations/a.txt", VISDRONE),
    "widerface": ("wider_face_train_bbx_gt.txt", WIDER),
}

SAID: dict[str, dict[str, list[str]]] = {
    "cvat": {
        "source": ["manual", "auto"],
        "occluded": ["1", "0"],
        "attributes.colour": ["red", "blue"],
        "task.name": ["street", "street"],
        "task.owner": ["boss", "boss"],
        "task.assignee": ["ann", "ann"],
        "job.id": ["31", "32"],
    },
    "voc": {
        "pose": ["Left", "Right"],
        "truncated": ["1", "0"],
        "reviewer": ["Bob", ""],
        "attributes.colour": ["red", ""],
        "source.annotation": ["Batch 3", "Batch 3"],
        "owner.name": ["Ann", "Ann"],
    },
    "labelme": {
        "group_id": ["4"],
        "flags.occluded": ["false"],
        "attributes.colour": ["red"],
        "labeler": ["ann"],
        "flags.blurred": ["true"],
    },
    "labelstudio": {
        "completed_by.email": ["ann@lab", "bob@lab"],
        "created_at": ["2024-05-02T10:00:00Z", "2024-05-03T10:00:00Z"],
        "origin": ["manual", "manual"],
        "sure": ["no", ""],
        "data.batch": ["b1", "b1"],
        "inner_id": ["5", "5"],
    },
    "datumaro": {
        "attributes.annotator": ["ann"],
        "attributes.occluded": ["true"],
        "attr.camera": ["left"],
    },
    "via": {"region_attributes.annotator": ["ann"], "file_attributes.camera": ["left"]},
    "coco": {
        "created_by": ["ann", "bob"],
        "attributes.occluded": ["false", ""],
        "license": ["3", "4"],
        "batch": ["b1", ""],
        "supercategory": ["vehicle", "vehicle"],
    },
    "csv": {"annotator": ["ann", "bob"], "Review State": ["done", ""]},
    "openimages": {"Source": ["xclick", "activemil"], "IsOccluded": ["0", "1"]},
    "huggingface": {"site": ["north"], "annotator": ["ann"]},
    "createml": {"annotator": ["ann"], "batch": ["b1"]},
    "boxlists": {"annotator": ["ann"], "batch": ["b1"]},
    "dota": {"imagesource": ["GoogleEarth"], "difficult": ["1"]},
    "kitti": {"truncated": ["0.50"], "occluded": ["1"]},
    "visdrone": {"truncation": ["1"], "occlusion": ["2"]},
    "widerface": {"blur": ["2"], "pose": ["0"], "occlusion": ["1"]},
}

WITHOUT = {"yolo", "parquet", "boxtexts", "kerasyolo", "edgeimpulse"}
"""Formats that say nothing else, or whose samples are written elsewhere."""


def written(folder: Path, name: str) -> Path:
    place, content = FILES[name]
    for image in ("a", "b"):
        draw(folder / f"{image}.png", (64, 48))
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def loaded(folder: Path, name: str) -> Dataset:
    return load(written(folder, name), format=name)


@pytest.mark.parametrize("name", FILES)
def test_what_a_file_says_of_its_objects_is_read_under_its_own_keys(name, tmp_path):
    fields = Fields(loaded(tmp_path, name))
    assert {key: fields.boxes(key).tolist() for key in SAID[name]} == SAID[name]


@pytest.mark.parametrize("name", FILES)
def test_fields_are_those_of_the_objects_that_are_left(name, tmp_path):
    dataset = loaded(tmp_path, name)
    kept = np.zeros(len(dataset.boxes), bool)
    kept[-1] = True
    fields = Fields(dataset.keep(boxes=kept))
    for key, values in SAID[name].items():
        if values[-1]:
            assert fields.boxes(key).tolist() == values[-1:]


@pytest.mark.parametrize("name", FILES)
def test_neither_places_nor_classes_nor_names_are_fields(name, tmp_path):
    names = Fields(loaded(tmp_path, name)).names
    places = ("bbox", "xtl", "xmin", "points", "coordinates", "filename", "image_id", "value.x")
    assert not set(names) & set(places)
    assert set(SAID[name]) <= set(names)


def test_every_format_is_looked_at():
    assert set(FORMATS) == set(FILES) | WITHOUT


def test_nothing_is_kept_while_a_dataset_is_loaded(tmp_path):
    path = written(tmp_path, "labelstudio")
    assert read(path).told.records == []
    with wanting_attributes():
        assert len(read(path).told.records) == 3  # of an image and of two objects
    assert read(path).told.records == []


def test_fields_of_an_archive_are_read(tmp_path):
    folder = tmp_path / "inside"
    written(folder, "labelstudio")
    with zipfile.ZipFile(tmp_path / "labels.zip", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, path.name)
    shutil.rmtree(folder)
    fields = Fields(load(tmp_path / "labels.zip"))
    assert fields.boxes("completed_by.email").tolist() == ["ann@lab", "bob@lab"]


def test_fields_of_two_files_are_those_of_their_own_objects(tmp_path):
    paths = [written(tmp_path / part, "createml") for part in ("train", "val")]
    other = json.loads(paths[1].read_text())
    other[0]["annotations"][0]["annotator"] = "bob"
    paths[1].write_text(json.dumps(other))
    assert Fields(load(paths)).boxes("annotator").tolist() == ["ann", "bob"]


def test_an_item_of_json_min_says_who_annotated_it(tmp_path):
    item = {
        "id": 1,
        "image": "/data/upload/1/a.png",
        "annotator": 3,
        "label": [_region(4)["value"]],
    }
    (tmp_path / "min.json").write_text(json.dumps([item]))
    fields = Fields(load(tmp_path / "min.json", format="labelstudio"))
    assert fields.boxes("annotator").tolist() == ["3"]
    assert not {"image", "id"} & set(fields.names)


def test_all_images_of_a_task_have_what_it_says(tmp_path):
    task = {
        "id": 1,
        "data": {"pages": ["/data/upload/1/a.png", "/data/upload/1/b.png"], "site": "x"},
    }
    first, second = _region(4), {**_region(9), "item_index": 1}
    task["annotations"] = [{"id": 1, "completed_by": 3, "result": [first, second]}]
    (tmp_path / "tasks.json").write_text(json.dumps([task]))
    fields = Fields(load(tmp_path / "tasks.json", format="labelstudio"))
    assert fields.images("site").tolist() == ["x", "x"]
    assert fields.images("completed_by").tolist() == ["3", "3"]


def test_columns_of_parquet_are_fields(tmp_path):
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    draw(tmp_path / "a.png", (64, 48))
    row = {**HUGGING_FACE, "image": {"path": "a.png", "bytes": None}}
    del row["file_name"]
    parquet.write_table(arrow.Table.from_pylist([row]), tmp_path / "train.parquet")
    fields = Fields(load(tmp_path / "train.parquet"))
    assert fields.boxes("site").tolist() == ["north"]
    assert fields.boxes("annotator").tolist() == ["ann"]
