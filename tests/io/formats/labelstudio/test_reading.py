"""Label Studio exports: what is read of both kinds, and that nothing in them is lost silently."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labelaudit.io.formats import shapes
from labelaudit.io.load import load
from labelaudit.io.recognition import recognise
from labelaudit.testing import draw
from tests.io.formats.read_only_files import mutated, objects, parts, same_objects, told

NUMBERS = itertools.count()
SIZE = {"original_width": 200, "original_height": 100, "image_rotation": 0}


def result(kind: str, *labels: str, size: dict[str, Any] = SIZE, **value: Any) -> dict[str, Any]:
    value |= {kind: list(labels)} if labels else {}
    origin = {"from_name": "label", "to_name": "image", "origin": "manual"}
    return {"id": f"region {next(NUMBERS)}", "type": kind, "value": value, **origin, **size}


def rectangle(*sides: float, label: str = "car", **more: Any) -> dict[str, Any]:
    named = dict(zip(("x", "y", "width", "height"), sides, strict=True))
    return result("rectanglelabels", label, **({"rotation": 0} | named | more))


def task(*annotations: Any, image: Any = "/data/upload/1/a.png", **more: Any) -> dict[str, Any]:
    listed = [one if isinstance(one, dict) else submitted(*one) for one in annotations]
    known = {"id": 7, "annotations": listed, "predictions": [], "drafts": []}
    return known | {"data": {"image": image}, "meta": {}} | more


def submitted(*results: Any, **more: Any) -> dict[str, Any]:
    return {"id": 1, "result": list(results), "was_cancelled": False} | more


def put(folder: Path, *tasks: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "project-1-at-2024.json").write_text(json.dumps(list(tasks)))
    draw(folder / "a.png", (200, 100))
    return folder


# panlabel 0.7.0 and label-studio-sdk 2.1.2 have the same box
def test_rectangles_are_per_cent_of_the_image_that_was_shown(tmp_path):
    dataset = load(put(tmp_path, task([rectangle(10, 20, 30, 40)])))
    assert objects(dataset) == [("a.png", "car", [20, 20, 80, 60])]
    assert dataset.images.size.tolist() == [[200, 100]]
    assert dataset.images.path.tolist() == [str(tmp_path / "a.png")]
    assert (len(dataset.problems), dataset.notes, dataset.splits) == (0, (), ())


def test_a_rectangle_turns_clockwise_about_its_left_top_corner(tmp_path):
    dataset = load(put(tmp_path, task([rectangle(50, 20, 10, 40, rotation=90)])))
    assert objects(dataset) == [("a.png", "car", [60, 20, 100, 40])]
    assert parts(dataset) == {0: [[[100, 20], [100, 40], [60, 40], [60, 20]]]}


@pytest.mark.parametrize(
    "odd",
    [
        rectangle(50, 20, 10, 40, rotation="a bit"),
        result("ellipselabels", "dog", x=50, y=50, radiusX=10, radiusY=20, rotation="a bit"),
    ],
)
def test_a_rotation_that_is_no_number_is_told_and_is_not_taken_for_none(tmp_path, odd):
    dataset = load(put(tmp_path, task([odd])))
    assert np.isnan(dataset.boxes.xyxy).all()
    assert told(dataset) == [("unreadable-field", "annotations", 0, "rotation")]


def test_a_rotation_that_is_written_as_text_turns(tmp_path):
    dataset = load(put(tmp_path, task([rectangle(50, 20, 10, 40, rotation="90")])))
    assert objects(dataset) == [("a.png", "car", [60, 20, 100, 40])]
    assert told(dataset) == [("wrong-type", "annotations", 0, "rotation")]


def test_of_a_square_image_the_tools_own_converter_gives_the_same_corners(tmp_path):
    # label-studio-sdk 2.1.2 to COCO: bbox [120, 80, 114.641, 158.564]. Of other images it turns per
    # cents, not pixels, and its boxes are not where the tool shows them.
    size = {"original_width": 400, "original_height": 400}
    turned = {**rectangle(50, 20, 10, 40, rotation=30), **size}
    dataset = load(put(tmp_path, task([turned])))
    assert objects(dataset) == [("a.png", "car", [120, 80, 234.64, 238.56])]


def test_polygons_and_ellipses_have_extents(tmp_path):
    polygon = result("polygonlabels", "dog", points=[[1, 3], [6, 3], [6, 23]], closed=True)
    ellipse = result("ellipselabels", "dog", x=50, y=50, radiusX=10, radiusY=20, rotation=0)
    dataset = load(put(tmp_path, task([polygon, ellipse])))
    assert [corners for *_, corners in objects(dataset)] == [[2, 3, 12, 23], [80, 30, 120, 70]]
    assert parts(dataset) == {0: [[[2, 3], [12, 3], [12, 23]]]}


BRUSH = [0, 0, 0, 96, 57, 27, 254, 31, 0, 183, 255, 108, 2, 223, 254, 23, 0, 143, 252]
"""What label-studio-sdk 2.1.2 packs pixels 2 to 4 of rows 1 and 2 and pixel 5 of row 3 into."""


def brush(**size: Any) -> dict[str, Any]:
    return {**result("brushlabels", "sky", format="rle", rle=BRUSH), "original_width": 6} | size


def test_a_brush_is_the_extent_of_its_pixels_and_they_are_its_mask(tmp_path):
    dataset = load(put(tmp_path, task([brush(original_height=4)])))
    assert objects(dataset) == [("a.png", "sky", [2, 1, 6, 4])]
    assert shapes(dataset)[0].rle == {"size": [4, 6], "counts": [9, 2, 2, 2, 2, 2, 4, 1]}
    assert (dataset.masks.area.tolist(), dataset.masks.fault.tolist()) == ([7], [0])


@pytest.mark.parametrize(
    ("odd", "field"),
    [
        (brush(original_height=5), "rle"),
        (brush(original_height=4, value={"rle": BRUSH[:-3], "brushlabels": ["sky"]}), "rle"),
        (brush(original_height=4, value={"rle": [999, "x"], "brushlabels": ["sky"]}), "rle"),
        (brush(original_height=4, value={"brushlabels": ["sky"]}), "rle"),
        (brush(original_width=None), "original_width"),
    ],
)
def test_a_brush_that_cannot_be_understood_leaves_an_object_without_a_box(tmp_path, odd, field):
    dataset = load(put(tmp_path, task([odd])))
    assert np.isnan(dataset.boxes.xyxy).all()
    assert [field for *_, field in told(dataset)] == [field]


def test_where_no_size_is_said_that_of_the_image_counts(tmp_path):
    polygon = result("polygonlabels", "dog", size={}, points=[[1, 3], [6, 3], [6, 23]])
    folder = put(tmp_path, task([{**rectangle(10, 20, 30, 40), "original_width": None}, polygon]))
    dataset = load(folder)
    assert [corners for *_, corners in objects(dataset)] == [[20, 20, 80, 60], [2, 3, 12, 23]]
    assert parts(dataset) == {1: [[[2, 3], [12, 3], [12, 23]]]}


def test_a_turned_rectangle_without_a_size_is_not_guessed(tmp_path):
    turned = {**rectangle(50, 20, 10, 40, rotation=90), "original_width": None}
    dataset = load(put(tmp_path, task([turned])))
    assert np.isnan(dataset.boxes.xyxy).all()
    assert told(dataset) == [("missing-field", "annotations", 0, "original_width")]


def test_shape_and_class_may_be_two_results_of_one_id(tmp_path):
    shape = {**result("rectangle", x=10, y=20, width=30, height=40), "id": "one"}
    label = {**result("labels", "car", x=10, y=20, width=30, height=40), "id": "one"}
    choice = {**result("choices", x=10, y=20, width=30, height=40), "id": "one"}
    dataset = load(
        put(tmp_path, task([choice, shape, label, {"type": "relation", "to_id": "one"}]))
    )
    assert objects(dataset) == [("a.png", "car", [20, 20, 80, 60])]
    assert (len(dataset.problems), dataset.notes) == (0, ())


def test_regions_that_share_an_id_at_several_places_are_several_objects(tmp_path):
    some = [rectangle(10, 20, 30, 40), rectangle(50, 20, 30, 40, label="bus")]
    answer = result("choices", x=50, y=20, width=30, height=40, choices=["old"])
    for one in (*some, answer):
        one["id"] = "1"
    dataset = load(put(tmp_path, task([*some, answer])))
    assert objects(dataset) == [
        ("a.png", "car", [20, 20, 80, 60]),
        ("a.png", "bus", [100, 20, 160, 60]),
    ]
    assert not len(dataset.problems)


def test_regions_of_one_id_in_several_images_are_several_objects(tmp_path):
    first, second = rectangle(10, 20, 30, 40), rectangle(10, 20, 30, 40)
    second |= {"id": first["id"], "item_index": 1}
    pair = task([first | {"item_index": 0}, second], image=["a.png", "b.png"])
    draw(tmp_path / "b.png", (200, 100))
    assert len(load(put(tmp_path, pair)).boxes) == 2


def test_cancelled_annotations_predictions_and_drafts_are_no_labels_and_are_named(tmp_path):
    guess = submitted(rectangle(1, 2, 3, 4))
    cancelled = submitted(rectangle(0, 0, 9, 9), was_cancelled=True)
    one = task([rectangle(10, 20, 30, 40)], cancelled, predictions=[guess], drafts=[guess])
    dataset = load(put(tmp_path, one))
    assert len(dataset.boxes) == 1
    file = "project-1-at-2024.json"
    assert dataset.notes == (
        f"left out: cancelled annotations of tasks: 1 ({file}: task[0])",
        f"left out: predictions, which are no labels, of tasks: 1 ({file}: task[0])",
        f"left out: drafts, which nobody submitted, of tasks: 1 ({file}: task[0])",
    )


def test_several_annotations_of_a_task_are_all_read_and_that_is_said(tmp_path):
    dataset = load(put(tmp_path, task([rectangle(10, 20, 30, 40)], [rectangle(11, 20, 30, 40)])))
    assert (len(dataset.images), len(dataset.boxes)) == (1, 2)
    assert [note.partition(",")[0] for note in dataset.notes] == [
        "several annotations are read as one"
    ]


def test_what_has_no_box_is_left_out_and_named(tmp_path):
    text = result("textarea", text=["sky"])
    point = result("keypointlabels", "nose", x=1, y=2, width=0.3)
    dataset = load(put(tmp_path, task([text, point, rectangle(10, 20, 30, 40)])))
    assert dataset.boxes.record.tolist() == [2]
    assert [note.partition(" (")[0] for note in dataset.notes] == [
        "left out: textarea results, which have no box: 1",
        "left out: keypoint results, which have no box: 1",
    ]


def test_odd_records_are_noted_one_by_one(tmp_path):
    broken = rectangle(10, 20, 30, 40, x=None, y="2")
    two = result("rectanglelabels", "car", "dog", x=1, y=1, width=1, height=1)
    none = result("polygonlabels", points=[[1, 2], [3]])
    shapeless = {**rectangle(1, 2, 3, 4), "value": 3}
    dataset = load(
        put(tmp_path, task([broken, two, none, 7, shapeless], image=4), "x", task(annotations=[3]))
    )
    assert told(dataset) == [
        ("unreadable-field", "images", 0, "data"),
        ("missing-field", "annotations", 0, "x"),
        ("wrong-type", "annotations", 0, "y"),
        ("unreadable-field", "annotations", 1, "labels"),
        ("unreadable", "images", 1, ""),
        ("missing-field", "annotations", 2, "labels"),
        ("unreadable-field", "annotations", 2, "points"),
        ("unreadable", "annotations", 3, ""),
        ("unreadable", "annotations", 4, ""),
        ("unreadable", "annotations", 5, ""),
    ]


@pytest.mark.parametrize("image", ["/data/upload/1/1a2b3c4d-a.png", "s3://bucket/1a2b3c4d-a.png"])
def test_the_mark_of_an_upload_is_no_part_of_the_name_on_disk(tmp_path, image):
    folder = put(tmp_path / "in", task([rectangle(10, 20, 30, 40)], image=image))
    assert load(folder).images.name.tolist() == ["a.png"]
    draw(folder / "images" / "1a2b3c4d-a.png", (200, 100))
    dataset = load(folder)
    assert dataset.images.name.tolist() == ["1a2b3c4d-a.png"]
    assert dataset.images.path.tolist() == [str(folder / "images" / "1a2b3c4d-a.png")]


def test_a_task_may_have_several_images(tmp_path):
    second = {**rectangle(10, 20, 30, 40), "item_index": 1}
    one = task([second, rectangle(1, 2, 3, 4)], data={"pages": ["/data/a.png", "/data/b.png"]})
    dataset = load(put(tmp_path, one))
    assert [name for name, *_ in objects(dataset)] == ["data/b.png", "data/a.png"]


def flat(*regions: Any, **more: Any) -> dict[str, Any]:
    known = {"image": "/data/upload/1/a.png", "id": 7, "label": list(regions), "annotator": 1}
    return known | {"annotation_id": 3, "created_at": "2024", "lead_time": 2.5} | more


def region(*sides: float, label: str = "car", **more: Any) -> dict[str, Any]:
    return {**rectangle(*sides, label=label)["value"], **SIZE, **more}


def test_the_short_export_has_the_same_boxes(tmp_path):
    polygon = {"points": [[1, 3], [6, 3], [6, 23]], "polygonlabels": ["dog"], **SIZE}
    turned = region(50, 20, 10, 40, rotation=90)
    dataset = load(put(tmp_path, flat(region(10, 20, 30, 40), turned, area=[polygon])))
    assert objects(dataset) == [
        ("a.png", "car", [20, 20, 80, 60]),
        ("a.png", "car", [60, 20, 100, 40]),
        ("a.png", "dog", [2, 3, 12, 23]),
    ]
    assert (len(dataset.problems), dataset.notes) == (0, ())


def test_annotations_of_one_task_are_one_image_of_the_short_export_too(tmp_path):
    dataset = load(put(tmp_path, flat(region(1, 2, 3, 4)), flat(region(1, 2, 3, 5)), flat(id=8)))
    assert (len(dataset.images), dataset.boxes.image.tolist()) == (2, [0, 0])
    assert dataset.notes[0].endswith("of tasks: 1 (project-1-at-2024.json: task[1])")


def test_one_annotation_of_a_target_storage_is_read(tmp_path):
    alone = submitted(rectangle(10, 20, 30, 40), task={"id": 3, "data": {"image": "a.png"}})
    (tmp_path / "1.json").write_text(json.dumps(alone))
    assert objects(load(tmp_path)) == [("a.png", "car", [20, 20, 80, 60])]


@pytest.mark.parametrize(
    "one", [task([]), task([], image="x.txt"), flat(region(1, 2, 3, 4)), task(predictions=[{}])]
)
def test_it_is_recognised_among_other_json_files(tmp_path, one):
    (tmp_path / "a.json").write_text("[1, 2]")
    assert recognise(put(tmp_path, one)).format.name == "labelstudio"
    assert recognise(tmp_path / "project-1-at-2024.json").format.name == "labelstudio"


def test_coco_with_fields_of_other_names_is_not_taken_for_it(tmp_path):
    value = {"info": {"data": {}}, "images": [], "annotations": [], "categories": []}
    (tmp_path / "a.json").write_text(json.dumps(value))
    assert recognise(tmp_path).format.name == "coco"
    assert recognise(tmp_path).notes == ()


@pytest.mark.parametrize("text", ["", "[", "7", '[{"from_name": "a"', "[" * 100_000])
def test_a_file_that_is_none_is_noted(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    dataset = load(tmp_path / "a.json", format="labelstudio")
    assert told(dataset) == [("unreadable", "file", -1, "")]


def test_it_converts_to_all_that_is_written(tmp_path):
    polygon = result("polygonlabels", "dog", size={}, points=[[1, 3], [6, 3], [6, 23]])
    turned = rectangle(50, 20, 10, 40, rotation=30)
    same_objects(put(tmp_path / "in", task([turned, polygon])), tmp_path / "out")


def test_no_mutation_of_a_file_stops_it(tmp_path):
    polygon = result("polygonlabels", "dog", points=[[1, 3], [6, 3], [6, 23]])
    full = task(
        [polygon, rectangle(1, 2, 3, 4), brush(original_height=4)], submitted(was_cancelled=True)
    )
    for one in (full, flat(region(1, 2, 3, 4))):
        path = put(tmp_path, one) / "project-1-at-2024.json"
        for text in mutated(path.read_bytes()):
            path.write_bytes(text)
            load(path, format="labelstudio")
