"""Boxes of images as people's own scripts write them, in JSON, JSON Lines, YAML and tables."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labelaudit.errors import FormatError
from labelaudit.io.load import load
from labelaudit.io.recognition import recognise
from labelaudit.testing import draw
from tests.io.formats.read_only_files import mutated, objects, same_objects, told

CORNERS = {"a.png": [[100, 20, 160, 90], [300, 200, 420, 330]], "b.png": [[500, 60, 590, 400]]}
SIZES = {
    name: [[left, top, right - left, bottom - top] for left, top, right, bottom in boxes]
    for name, boxes in CORNERS.items()
}
CORNER_WORDS = (
    "four numbers of a box are taken to be left, top, right, bottom, by which 3 of 3 boxes fit"
)
SIZE_WORDS = (
    "four numbers of a box are taken to be left, top, width, height, by which 3 of 3 boxes fit"
)


def read(folder: Path, name: str, text: str, pictures: tuple[str, ...] = ("a.png", "b.png")) -> Any:
    for one in pictures:
        draw(folder / one, (640, 480))
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return load(folder)


def expected(label: str = "car") -> list[tuple[str, str, list[float]]]:
    return [
        (name, label, list(map(float, box))) for name, boxes in CORNERS.items() for box in boxes
    ]


def keyed(one: Callable[[list[int]], Any], boxes: dict[str, Any] = CORNERS) -> dict[str, Any]:
    return {name: [one(box) for box in some] for name, some in boxes.items()}


def sides(names: str, box: list[int]) -> dict[str, Any]:
    return dict(zip(names.split(), box, strict=True), label="car")


BY_IMAGE = {
    "rows with a class": keyed(lambda box: [*box, "car"]),
    "rows with a class first": keyed(lambda box: ["car", *box]),
    "rows of texts": keyed(lambda box: [*map(str, box), "car"]),
    "objects with a row": keyed(lambda box: {"bbox": box, "label": "car"}),
    "objects with a list of classes": keyed(lambda box: {"box": box, "labels": ["car"]}),
    "objects in objects": keyed(
        lambda box: {"rect": sides("x1 y1 x2 y2", box), "category": {"id": 3, "name": "car"}}
    ),
    "objects with a name and a number": keyed(
        lambda box: {"bbox": box, "label": 3, "class_name": "car"}
    ),
    "corners by keys": keyed(lambda box: sides("xmin ymin xmax ymax", box)),
    "corners with signs in keys": keyed(
        lambda box: sides("x_max y_max x_min y_min", box[2:] + box[:2])
    ),
    "sizes by keys": keyed(lambda box: sides("x y width height", box), SIZES),
    "sizes in rows": keyed(lambda box: [*box, "car"], SIZES),
    "two corners": keyed(lambda box: {"bbox": [box[:2], box[2:]], "label": "car"}),
    "an object for each image": {
        name: {"width": 640, "height": 480, "boxes": boxes, "labels": ["car"] * len(boxes)}
        for name, boxes in CORNERS.items()
    },
    "one level deeper": {
        name: {"annotations": {"boxes": boxes, "classes": ["car"] * len(boxes)}}
        for name, boxes in CORNERS.items()
    },
    "by classes": {name: {"car": boxes, "bus": []} for name, boxes in CORNERS.items()},
    "under a key": {"info": {"by": "ann"}, "images": keyed(lambda box: [*box, "car"])},
    "numbers of classes": {"names": ["bus", "car"], "boxes": keyed(lambda box: [*box, 1])},
    "numbers of classes in an object": {
        "classes": {"0": "bus", "4": "car"},
        "data": keyed(lambda box: {"bbox": box, "class_id": 4}),
    },
    "categories": {
        "categories": [{"id": 4, "name": "car"}],
        "files": keyed(lambda box: {"bbox": box, "category_id": 4}),
    },
}
"""Files with a key for each image; every class is a car."""


@pytest.mark.parametrize("content", BY_IMAGE.values(), ids=BY_IMAGE)
def test_an_object_with_a_key_for_each_image_is_read_however_boxes_are_written(content, tmp_path):
    dataset = read(tmp_path, "labels.json", json.dumps(content))
    assert objects(dataset) == expected()
    assert told(dataset) == []
    assert (dataset.images.path != "").all()
    assert recognise(tmp_path).format.name == "boxlists"


def record(name: str, boxes: Any) -> list[dict[str, Any]]:
    """Records of an image as several tools and scripts have them."""
    return [
        {"image": name, "boxes": boxes, "labels": ["car"] * len(boxes)},
        {"filename": name, "objects": [{"bbox": box, "label": "car"} for box in boxes]},
        {"img_path": name, "annotations": [sides("left top right bottom", box) for box in boxes]},
        {"file": name, "boxes": [{**sides("x1 y1 x2 y2", box), "cls": "car"} for box in boxes]},
        {
            "filename": name,  # as Grounding DINO has it
            "detection": {
                "instances": [{"bbox": box, "label": 0, "category": "car"} for box in boxes]
            },
        },
        {
            "image": {"path": name, "size": {"width": 640, "height": 480}},
            "labels": [{"box": box, "name": "car"} for box in boxes],
        },
    ]


LISTS = [
    [record(name, boxes)[at] for name, boxes in CORNERS.items()]
    for at in range(len(record("a.png", [])))
]


@pytest.mark.parametrize("records", LISTS, ids=range(len(LISTS)))
@pytest.mark.parametrize("kind", ["a list", "under a key", "lines", "lines in .json"])
def test_a_list_of_images_is_read_as_json_and_in_lines(kind, records, tmp_path):
    text = "".join(f"{json.dumps(one)}\n" for one in records)
    if not kind.startswith("lines"):
        text = json.dumps(records if kind == "a list" else {"version": 1, "data": records})
    dataset = read(tmp_path, "labels.jsonl" if kind == "lines" else "labels.json", text)
    assert objects(dataset) == expected()
    assert told(dataset) == []


def test_a_record_for_each_box_is_put_together_by_images(tmp_path):
    records = [
        {"image_path": name, "bbox": box, "class": "car"}
        for name, boxes in CORNERS.items()
        for box in boxes
    ]
    dataset = read(tmp_path, "labels.json", json.dumps(records))
    assert objects(dataset) == expected()
    assert dataset.images.name.tolist() == ["a.png", "b.png"]


def test_bosch_and_lisa_traffic_lights_are_read_with_classes_as_they_are_written(tmp_path):
    # https://hci.iwr.uni-heidelberg.de/benchmarks, Bosch Small Traffic Lights: train.yaml
    text = """\
- boxes:
  - {label: off, occluded: false, x_max: 160.5, x_min: 100.25, y_max: 90.0, y_min: 20}
  - label: Red
    occluded: true
    x_max: 420
    x_min: 300
    y_max: 330
    y_min: 200
  path: ./rgb/a.png
- boxes: []
  path: ./rgb/b.png
"""
    dataset = read(tmp_path, "train.yaml", text, ("rgb/a.png", "rgb/b.png"))
    assert [(label, box) for _, label, box in objects(dataset)] == [
        ("off", [100.25, 20, 160.5, 90]),
        ("Red", [300, 200, 420, 330]),
    ]
    assert (dataset.images.path != "").tolist() == [True, True]
    assert dataset.notes == ()


def test_yaml_with_a_key_for_each_image_is_read(tmp_path):
    text = "".join(
        f"{name}:\n" + "".join(f"- {[*box, 'car']}\n" for box in boxes)
        for name, boxes in CORNERS.items()
    )
    dataset = read(tmp_path, "labels.yml", text)
    assert (objects(dataset), dataset.notes) == (expected(), (CORNER_WORDS,))


def test_the_table_of_the_great_barrier_reef_is_read(tmp_path):
    # https://www.kaggle.com/competitions/tensorflow-great-barrier-reef/data
    text = (
        "video_id,sequence,video_frame,sequence_frame,image_id,annotations\n"
        "0,40258,16,0,0-16,[]\n"
        "0,40258,17,1,0-17,\"[{'x': 100, 'y': 20, 'width': 60, 'height': 70}]\"\n"
    )
    pictures = ("train_images/video_0/16.jpg", "train_images/video_0/17.jpg")
    dataset = read(tmp_path, "train.csv", text, pictures)
    assert [(label, box) for _, label, box in objects(dataset)] == [("object", [100, 20, 160, 90])]
    assert (dataset.images.path != "").tolist() == [True, True]
    assert dataset.notes == ("train.csv has no classes: its boxes are called 'object'",)


@pytest.mark.parametrize(
    ("boxes", "words"), [(CORNERS, CORNER_WORDS), (SIZES, SIZE_WORDS)], ids=["corners", "sizes"]
)
@pytest.mark.parametrize("place", ["labels.json", "labels.jsonl", "x.csv"])
def test_what_four_numbers_are_is_decided_by_the_boxes_and_said(place, boxes, words, tmp_path):
    if place == "labels.json":
        text = json.dumps(keyed(lambda box: [*box, "car"], boxes))
    elif place == "labels.jsonl":  # which Hugging Face's are called, but for metadata.jsonl
        text = "".join(
            json.dumps({"image": name, "boxes": some, "labels": ["car"] * len(some)}) + "\n"
            for name, some in boxes.items()
        )
    else:
        rows = [f'{name},"{box}",car\n' for name, some in boxes.items() for box in some]
        text = "".join(["image_id,bbox,class\n", *rows])
    dataset = read(tmp_path, place, text)
    assert objects(dataset) == expected()
    custom = words == SIZE_WORDS and place != "labels.json"  # is not worth a word
    assert dataset.notes == (() if custom else (words,))


def test_what_fits_both_ways_is_said_with_the_remedy(tmp_path):
    dataset = read(tmp_path, "labels.json", json.dumps({"a.png": [[10, 20, 110, 120, "car"]]}))
    assert dataset.boxes.xyxy.tolist() == [[10, 20, 110, 120]]
    (note,) = dataset.notes
    assert "though they would fit as left, top, width, height as well" in note


def test_fractions_are_of_the_image(tmp_path):
    content = {"a.png": [[0.25, 0.5, 0.75, 1.0, "car"]]}
    assert read(tmp_path, "labels.json", json.dumps(content)).boxes.xyxy.tolist() == [
        [160, 240, 480, 480]
    ]


def test_splits_are_keys_or_files(tmp_path):
    content = {"train": {"a.png": [[1, 2, 3, 4]]}, "val": {"b.png": [[1, 2, 3, 4]]}}
    assert read(tmp_path / "keys", "labels.json", json.dumps(content)).splits == ("train", "val")
    for split, images in content.items():
        dataset = read(tmp_path / "files", f"{split}.json", json.dumps(images))
    assert dataset.splits == ("train", "val")


def test_stems_are_images_where_these_are_there(tmp_path):
    content = {"a": [[100, 20, 160, 90, "car"]], "b": []}
    assert len(read(tmp_path / "there", "labels.json", json.dumps(content)).boxes) == 1
    with pytest.raises(FormatError, match="no labels found"):
        read(tmp_path / "elsewhere", "labels.json", json.dumps(content), ())


@pytest.mark.parametrize(
    "content",
    [
        {"anchors": [[10, 13, 16, 30], [33, 23, 30, 61]]},
        {"a.png": "cat", "b.png": "dog"},
        {"a.png": [0.1, 0.2, 0.3], "b.png": [0.4, 0.5, 0.6]},
        {"a.png": [[0, 1], [2, 3]]},
        {"a.png": [], "b.png": []},
        {"train": ["a.png", "b.png"]},
        [{"image": "a.png", "caption": "a cat"}],
        [{"image_id": 3, "category_id": 1, "bbox": [1, 2, 3, 4]}],
        {"lr": 0.1, "boxes": 3},
        [[1, 2, 3, 4]],
        [],
        {},
        3,
    ],
)
def test_other_files_are_none(content, tmp_path):
    with pytest.raises(FormatError):
        read(tmp_path, "labels.json", json.dumps(content))


def test_what_is_odd_is_noted_and_the_rest_is_read(tmp_path):
    content = {
        "a.png": [[100, 20, 160, 90, "car"], {"label": "car"}, {"bbox": [300, 200, 420, 330]}],
        "b.png": 3,
        "c.png": [[500, 60, 590, 400, "car", 0.5]],
    }
    dataset = read(tmp_path, "labels.json", json.dumps(content))
    assert str(objects(dataset)) == str(
        [
            ("a.png", "car", [100.0, 20.0, 160.0, 90.0]),
            ("a.png", "car", [math.nan] * 4),
            ("a.png", "", [300.0, 200.0, 420.0, 330.0]),
            ("c.png", "car", [500.0, 60.0, 590.0, 400.0]),
        ]
    )
    assert len(told(dataset)) == 4


def test_scores_may_be_results_and_that_is_said(tmp_path):
    content = keyed(lambda box: {"bbox": box, "label": "car", "score": 0.5})
    notes = read(tmp_path, "labels.json", json.dumps(content)).notes
    assert (
        "labels.json has scores: its boxes may be results of a detector, and are read as labels"
        in notes
    )


@pytest.mark.parametrize(
    "text", ["[" * 5000, '{"a.png": ' * 5000, "a: &a [*a]\n", "- boxes: [[[[[[[[[[1]]]]]]]]]]"]
)
@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.yaml", "a.csv"])
def test_what_is_nested_without_an_end_is_no_crash(name, text, tmp_path):
    with pytest.raises(FormatError):
        read(tmp_path, name, f"{text} 1")
    (tmp_path / name).write_text(text)
    assert len(load(tmp_path / name, format="boxlists").problems) >= 1


def test_damaged_files_are_read_as_far_as_they_go(tmp_path):
    draw(tmp_path / "a.png", (640, 480))
    path = tmp_path / "labels.json"
    for content in mutated(json.dumps(BY_IMAGE["objects with a row"]).encode()):
        path.write_bytes(content)
        dataset = load(path, format="boxlists")
        assert len(dataset.boxes) + len(dataset.problems) + len(dataset.images) > 0


def test_it_is_converted_as_it_is_read(tmp_path):
    (tmp_path / "in").mkdir()
    read(tmp_path / "in", "labels.json", json.dumps(BY_IMAGE["rows with a class"]))
    same_objects(tmp_path / "in", tmp_path / "out")


@pytest.mark.parametrize(
    ("more", "classes"),
    [
        ({"defect_name": "hole"}, ["hole"]),
        ({"defectType": "hole", "width": 3}, ["hole"]),
        ({"defect_name": "hole", "fabric_type": "silk"}, ["object"]),
        ({"original_name": "b.jpg"}, ["object"]),
        ({"defect_name": "7"}, ["object"]),
    ],
)
def test_one_key_with_a_word_that_is_called_like_a_class_is_it(tmp_path, more, classes):
    rows = [{"name": "a.jpg", "bbox": [10, 20, 30, 50], **more} for _ in range(3)]
    (tmp_path / "anno_train.json").write_text(json.dumps(rows))
    assert load(tmp_path).class_names == classes
