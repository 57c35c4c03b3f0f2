"""A class that a dataset does not have is written into its lists of classes, and taken back."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

import labelaudit
from labelaudit.dataset.new_classes import class_in_file, with_classes
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FixError
from labelaudit.io.save import save, save_in_place, undo
from tests.io.formats.yolo_files import LINE, labelled, patched, put, with_new, write

IMAGES = '"images": [{"id": 1, "file_name": "a.jpg", "width": 100, "height": 80}]'
BOXES = (
    '"annotations": [{"id": 1, "image_id": 1, "category_id": 4, "bbox": [1, 1, 9, 9], "area": 81}]'
)


def relabelled(dataset: Dataset, *names: str) -> Dataset:
    """The dataset with these classes more, and each of its boxes of the first of them."""
    made = with_classes(dataset, names)
    label = made.boxes.label.copy()
    for row, file in enumerate(made.boxes.file.tolist()):
        label[row] = class_in_file(made, made.class_names.index(names[0]), file)
    return dataclasses.replace(made, boxes=dataclasses.replace(made.boxes, label=label))


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        (
            '[{"id": 4, "name": "car"}]',
            '[{"id": 4, "name": "car"}, {"id": 5, "name": "tr\\u00e4m"}]',
        ),
        ('[{"id":4,"name":"car"}]', '[{"id":4,"name":"car"}, {"id":5,"name":"tr\\u00e4m"}]'),
        (
            '[{"supercategory": "road", "id": 4, "name": "car"}\n]',
            '[{"supercategory": "road", "id": 4, "name": "car"}, '
            '{"id": 5, "name": "tr\\u00e4m", "supercategory": ""}\n]',
        ),
    ],
)
def test_coco_lists_it_after_the_last_class(tmp_path, classes, expected):
    text = f'{{{IMAGES}, "categories": {classes}, {BOXES}}}'
    path = write(tmp_path / "labels.json", text)
    saved = save_in_place(relabelled(labelaudit.load(path), "tr\xe4m"))
    assert saved.records == 2  # the class and the box
    assert path.read_text() == text.replace(classes, expected).replace(
        '"category_id": 4', '"category_id": 5'
    )
    undo(path)
    assert path.read_text() == text


def test_a_new_box_of_a_new_class_is_written_to_coco(tmp_path):
    text = f'{{{IMAGES}, {BOXES}, "categories": [{{"id": 4, "name": "car"}}]}}'
    dataset = with_classes(labelaudit.load(write(tmp_path / "labels.json", text)), ["tram", "van"])
    saved = save(with_new(dataset, 10, 10, 30, 30, label=2), tmp_path / "out.json")
    again = json.loads(saved.path.read_text())
    assert [one["id"] for one in again["categories"]] == [4, 5, 6]
    assert again["annotations"][1]["category_id"] == 6


def test_each_coco_file_of_several_lists_it(tmp_path):
    text = f'{{{IMAGES}, {BOXES}, "categories": [{{"id": 4, "name": "car"}}]}}'
    paths = [write(tmp_path / f"{name}.json", text) for name in ("train", "val")]
    saved = save(relabelled(labelaudit.load(paths), "tram"), tmp_path / "out")
    for name in ("train", "val"):
        again = json.loads((saved.path / f"{name}.json").read_text())
        assert [one["name"] for one in again["categories"]] == ["car", "tram"]
        assert again["annotations"][0]["category_id"] == 5


def test_coco_without_a_list_of_classes_refuses_it(tmp_path):
    path = write(tmp_path / "labels.json", f'{{{IMAGES}, {BOXES}, "categories": []}}')
    with pytest.raises(FixError, match="no file lists the class tram"):
        save_in_place(relabelled(labelaudit.load(path), "tram"))


@pytest.mark.parametrize(
    ("yaml", "expected"),
    [
        ("names: [cat, dog] # pets", "names: [cat, dog, a tram] # pets"),
        ("nc: 2\nnames: ['cat', 'dog',]", "nc: 3\nnames: ['cat', 'dog', 'a tram',]"),
        ('names: {0: cat, 1: "dog"}', 'names: {0: cat, 1: "dog", 2: "a tram"}'),
        (
            "names:\n- cat\n- dog   # pets\nnc: 2",
            "names:\n- cat\n- dog   # pets\n- a tram\nnc: 3",
        ),
        (
            "names:\r\n  0: cat\r\n  1: dog\r\nnc: 9",
            "names:\r\n  0: cat\r\n  1: dog\r\n  2: a tram\r\nnc: 9",
        ),
    ],
)
def test_a_data_yaml_lists_it_as_it_lists_the_others(tmp_path, yaml, expected):
    dataset = labelled(tmp_path, LINE, yaml=f"train: images/train\n{yaml}")
    new = patched(dataset, relabelled(dataset, "a tram"))
    assert new["data.yaml"].decode() == f"train: images/train\n{expected}"
    assert new["labels/train/a.txt"].split()[0] == b"2"
    for name, content in new.items():
        write(tmp_path / name, content)
    again = labelaudit.load(tmp_path / "data.yaml")
    assert again.class_names == ["cat", "dog", "a tram"]
    assert again.boxes.label.tolist() == [2]


def test_a_gap_in_the_numbers_of_a_mapping_stays(tmp_path):
    dataset = labelled(tmp_path, LINE, yaml="train: images/train\nnames: {1: cat, 5: dog}\n")
    new = patched(dataset, relabelled(dataset, "tram", "van"))
    assert b"names: {1: cat, 5: dog, 6: tram, 7: van}" in new["data.yaml"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cat\ndog\n", "cat\ndog\ntram\n"),
        ("cat\ndog", "cat\ndog\ntram"),
        ("cat\r\ndog\r\n\r\n", "cat\r\ndog\r\ntram\r\n\r\n"),
    ],
)
def test_a_list_of_names_has_it_in_the_next_line(tmp_path, text, expected):
    put(tmp_path, {"train/a": LINE}, yaml=None)
    write(tmp_path / "classes.txt", text)
    dataset = labelaudit.load(tmp_path)
    new = patched(dataset, relabelled(dataset, "tram"))
    assert new["classes.txt"].decode() == expected
    with pytest.raises(FixError, match="cannot hold the name"):
        patched(dataset, relabelled(dataset, "a\nb"))


def test_a_darknet_data_file_counts_it(tmp_path):
    put(tmp_path, {"train/a": LINE}, yaml=None)
    write(tmp_path / "obj.names", "cat\ndog\n")
    write(tmp_path / "train.txt", "images/train/a.png\n")
    write(tmp_path / "obj.data", "classes = 2\ntrain = train.txt\nnames = obj.names\n")
    dataset = labelaudit.load(tmp_path / "obj.data")
    new = patched(dataset, relabelled(dataset, "tram"))
    assert new["obj.names"] == b"cat\ndog\ntram\n"
    assert new["obj.data"] == b"classes = 3\ntrain = train.txt\nnames = obj.names\n"


def test_a_class_that_goes_and_one_that_comes_are_not_done_at_once(tmp_path):
    dataset = labelled(tmp_path, LINE, yaml="train: images/train\nnames: [cat, dog]\n")
    changed = relabelled(dataset, "tram")
    with pytest.raises(FixError, match="do one after the other"):
        patched(dataset, changed.keep(categories=np.array([False, True, True])))


def test_pascal_voc_has_it_where_the_label_bears_it(tmp_path):
    annotation = (
        "<annotation><filename>a.jpg</filename><object><name>car</name><bndbox><xmin>1</xmin>"
        "<ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object></annotation>"
    )
    path = write(tmp_path / "Annotations" / "a.xml", annotation)
    dataset = labelaudit.load(tmp_path)
    save_in_place(relabelled(dataset, "a <tram>"))
    assert path.read_text() == annotation.replace(">car<", ">a &lt;tram&gt;<")
    assert labelaudit.load(tmp_path).class_names == ["a <tram>"]
    undo(tmp_path)
    assert path.read_text() == annotation


def test_a_format_that_is_only_read_refuses_it(tmp_path: Path):
    write(
        tmp_path / "labels.json",
        '[{"image": "a.jpg", "annotations": [{"label": "car", "coordinates": '
        '{"x": 10, "y": 10, "width": 8, "height": 8}}]}]',
    )
    dataset = labelaudit.load(tmp_path / "labels.json")
    with pytest.raises(FixError, match="can only be read; convert it first"):
        save_in_place(relabelled(dataset, "tram"))
