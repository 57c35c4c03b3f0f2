"""COCO files whose sections are no lists of objects, or are called otherwise, lose nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.errors import FixError, FormatError
from labelaudit.io.formats import FORMATS, converter, shapes
from labelaudit.io.formats.coco.dividing import SourceFile
from labelaudit.io.formats.coco.record_spans import record_spans
from labelaudit.io.load import load
from labelaudit.io.save import save_in_place
from labelaudit.testing import draw

IMAGE = {"id": 7, "file_name": "a.jpg", "width": 100, "height": 80}
POLYGON = [[10, 10, 40, 10, 40, 30, 10, 30]]
BOX = {
    "id": 1,
    "image_id": 7,
    "category_id": 1,
    "bbox": [10, 10, 30, 20],
    "area": 600,
    "iscrowd": 0,
    "segmentation": POLYGON,
}
CLASSES = [{"id": 1, "name": "car"}, {"id": 2, "name": "bus"}]
NO_ID = {key: value for key, value in BOX.items() if key not in ("id", "image_id")}


def written(folder: Path, **sections: Any) -> Path:
    draw(folder / "a.jpg", (100, 80))
    content = {"images": [IMAGE], "annotations": [BOX], "categories": CLASSES, **sections}
    path = folder / "labels.json"
    path.write_text(json.dumps({key: value for key, value in content.items() if value != "no"}))
    return path


def read(folder: Path, **sections: Any) -> tuple[Dataset, list[str]]:
    written(folder, **sections)
    dataset = load(folder)
    return dataset, audit(dataset, select=["REF"]).message.tolist()


def objects(dataset: Dataset) -> list[tuple[str, str, list[float]]]:
    boxes = dataset.boxes
    columns = boxes.image.tolist(), boxes.label.tolist(), boxes.xyxy.tolist()
    names = dataset.images.name, [*dataset.class_names, "?"]
    return [(str(names[0][i]), names[1][c], xyxy) for i, c, xyxy in zip(*columns, strict=True)]


CAR = [("a.jpg", "car", [10, 10, 40, 30])]

ODD = {
    "classes, names by id": ({"categories": {"1": "car", "2": "bus"}}, "categories is an object"),
    "classes, ids by name": ({"categories": {"bus": 2, "car": 1}}, "categories is an object"),
    "classes, records by id": (
        {"categories": {"1": {"name": "car"}, "2": {"name": "bus"}}},
        "categories is an object",
    ),
    "one class alone": ({"categories": CLASSES[0]}, "categories is an object"),
    "labels by id": ({"annotations": {"1": BOX}}, "annotations is an object"),
    "labels by image": ({"annotations": {"7": [NO_ID]}}, "annotations is an object"),
    "labels by name of image": ({"annotations": {"a.jpg": [NO_ID]}}, "annotations is an object"),
    "images by id": ({"images": {"7": {**IMAGE, "id": 7}}}, "images is an object"),
    "images by name": (
        {"images": {"a.jpg": {"id": 7, "width": 100, "height": 80}}},
        "images is an object",
    ),
    "capitals": (
        {
            "images": "no",
            "annotations": "no",
            "categories": "no",
            "Images": [IMAGE],
            "ANNOTATIONS": [BOX],
            "Categories": CLASSES,
        },
        'annotations is under the key "ANNOTATIONS"',
    ),
    "all objects": (
        {"images": {"7": IMAGE}, "annotations": {"1": BOX}, "categories": {"1": "car"}},
        "images is an object",
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_every_object_is_read_and_the_writing_is_told(tmp_path, name):
    sections, said = ODD[name]
    dataset, messages = read(tmp_path, **sections)
    assert objects(dataset) == CAR
    assert len(dataset.masks) == 1
    assert any(said in line for line in messages), messages
    assert not any("cannot" in line or "no class" in line for line in messages), messages


@pytest.mark.parametrize(
    ("ids", "classes", "counted"),
    [
        ([0, 1], ["car", "bus"], "counted from 0"),
        ([1, 2], ["car", "bus"], "counted from 1"),
        ([0, 2], ["car", "?"], "counted from 0"),
        ([1, 1], ["bus", "bus"], "counted from 0; no label says whether from 0 or from 1"),
        (["car", "bus"], ["car", "bus"], "counted from 0"),
    ],
)
def test_names_are_numbered_as_the_labels_say(tmp_path, ids, classes, counted):
    boxes = [{**BOX, "id": row, "category_id": one} for row, one in enumerate(ids)]
    dataset, messages = read(tmp_path, categories=["car", "bus"], annotations=boxes)
    assert [name for _, name, _ in objects(dataset)] == classes
    assert f"labels.json: categories is a list of names, not of objects, {counted}" in messages


def test_null_is_an_empty_list(tmp_path):
    dataset, messages = read(tmp_path, annotations=None)
    assert len(dataset.images) == 1
    assert "labels.json: annotations is null, not a list" in messages


@pytest.mark.parametrize("value", [{"1": 7}, {"1": [7]}, "car", 7, {"a": {}, "b": "c"}])
def test_what_stands_for_no_list_is_told_and_the_rest_is_read(tmp_path, value):
    dataset, messages = read(tmp_path, annotations=value)
    assert len(dataset.images) == 1
    assert len(dataset.categories) == 2
    assert any("annotations cannot be understood" in line for line in messages), messages


def test_a_list_that_is_cut_off_inside_of_an_object_is_told(tmp_path):
    path = written(tmp_path, annotations={"1": BOX})
    path.write_text(path.read_text()[:-100])
    messages = audit(load(path), select=["REF001"]).message.tolist()
    assert any("cut off" in line for line in messages), messages


def test_masks_come_along_when_it_is_converted(tmp_path):
    dataset, _ = read(tmp_path, annotations={"1": BOX}, categories=["", "car"])
    assert shapes(dataset)[0].polygons[0].tolist() == [[10, 10], [40, 10], [40, 30], [10, 30]]
    converter(FORMATS["coco"])(dataset, tmp_path / "out.json").write()
    again = json.loads((tmp_path / "out.json").read_text())
    assert again["annotations"][0]["segmentation"] == POLYGON


def test_records_of_other_lists_are_fixed_where_they_stand(tmp_path):
    path = written(
        tmp_path, categories={"1": "car"}, annotations=[{**BOX, "bbox": ["10", 10, 30, 20]}]
    )
    dataset = load(path)
    save_in_place(apply(dataset, audit(dataset, select=["REF010"])).dataset)
    kept = json.loads(path.read_text())
    assert kept["annotations"][0]["bbox"] == [10, 10, 30, 20]
    assert kept["categories"] == {"1": "car"}


def test_records_in_an_object_are_not_changed_but_refused_with_the_way(tmp_path):
    path = written(tmp_path, annotations={"1": BOX})
    dataset = load(path)
    with pytest.raises(FixError, match=r"annotations is an object, not a list; .* convert --to"):
        save_in_place(dataset.keep(boxes=np.zeros(1, bool)))


def test_no_place_in_the_file_is_said_of_records_that_are_in_no_list(tmp_path):
    path = written(tmp_path, annotations={"1": BOX})
    wanted = {RecordType.BOX: [0], RecordType.IMAGE: [0]}
    assert [part for part, *_ in record_spans(path, wanted)] == [RecordType.IMAGE]


def test_such_a_file_is_divided_only_after_it_is_converted(tmp_path):
    path = written(tmp_path, images={"7": IMAGE, "8": {**IMAGE, "id": 8, "file_name": "b.jpg"}})
    with pytest.raises(FormatError, match="images is an object, not a list"):
        SourceFile.read(load(path), 0)


def test_objects_called_categories_of_other_formats_are_none_of_coco(tmp_path):
    (tmp_path / "l.json").write_text(json.dumps({"categories": {"label": {}}, "items": []}))
    assert load(tmp_path).format == "datumaro"


def test_a_plain_file_is_as_it_was(tmp_path):
    assert not audit(load(written(tmp_path)), select=["REF010"]).message.tolist()
