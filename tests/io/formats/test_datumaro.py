"""Datumaro files: what is read of them, and that nothing in them is lost silently."""

from __future__ import annotations

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

LABELS = [{"name": "car", "parent": "", "attributes": []}, {"name": "dog", "parent": ""}]


def one(kind: str, label: Any = 0, group: Any = 0, **shape: Any) -> dict[str, Any]:
    return {"id": 0, "type": kind, "attributes": {}, "group": group, "label_id": label} | shape


def item(*annotations: Any, id: Any = "a", **more: Any) -> dict[str, Any]:  # noqa: A002
    known = {"id": id, "annotations": list(annotations), "attr": {"frame": 0}}
    return known | {"image": {"path": f"{id}.png", "size": [48, 64]}} | more


def put(
    folder: Path, *items: Any, subset: str = "default", labels: Any = LABELS, **categories: Any
) -> Path:
    value = {"dm_format_version": "1.0", "info": {}, "items": list(items)}
    value["categories"] = {"label": {"labels": labels, "attributes": []}} | categories
    (folder / "annotations").mkdir(parents=True, exist_ok=True)
    (folder / "annotations" / f"{subset}.json").write_text(json.dumps(value))
    draw(folder / "images" / subset / "a.png", (64, 48))
    return folder


# datumaro 1.10.0 has the same boxes for this, for polygons, masks and ellipses
def test_a_box_is_a_corner_and_sides_and_a_class_a_number(tmp_path):
    dataset = load(put(tmp_path, item(one("bbox", 1, bbox=[10, 10, 30, 20.5]))))
    assert objects(dataset) == [("images/default/a.png", "dog", [10, 10, 40, 30.5])]
    assert dataset.class_names == ["car", "dog"]
    assert dataset.images.size.tolist() == [[64, 48]]
    assert dataset.images.path.tolist() == [str(tmp_path / "images" / "default" / "a.png")]
    assert (len(dataset.problems), dataset.notes, dataset.splits) == (0, (), ())


def test_polygons_and_masks_have_extents(tmp_path):
    polygon = one("polygon", points=[2, 3, 12, 3, 12, 23])
    counts = [4 * 48 + 5, 2, 46, 2, 48 * 58 + 41]
    listed = one("mask", 1, rle={"size": [48, 64], "counts": counts})
    # pycocotools 2.0 packs the same pixels so
    packed = one("mask", 1, rle={"size": [48, 64], "counts": PACKED})
    dataset = load(put(tmp_path, item(polygon, listed, packed)))
    corners = [[2, 3, 12, 23], [4, 5, 6, 7], [4, 5, 6, 7]]
    assert [box for *_, box in objects(dataset)] == corners
    assert dataset.masks.area.tolist() == [100, 4, 4]
    assert shapes(dataset)[2].rle == {"size": [48, 64], "counts": PACKED}


PACKED = "U62^10kf2"


def test_parts_of_one_group_are_one_object_and_its_box_counts(tmp_path):
    box = one("bbox", group=3, bbox=[1, 1, 20, 30])
    first = one("polygon", group=3, points=[2, 3, 12, 3, 12, 23])
    second = one("polygon", group=3, points=[15, 3, 29, 3, 29, 9])
    alone = one("polygon", group=4, points=[2, 3, 12, 3, 12, 23])
    both = one("polygon", group=4, points=[15, 3, 19, 3, 19, 9])
    dataset = load(put(tmp_path, item(first, box, second, alone, both)))
    assert [box for *_, box in objects(dataset)] == [[1, 1, 21, 31], [2, 3, 19, 23]]
    assert [len(polygons) for polygons in parts(dataset).values()] == [2, 2]


@pytest.mark.parametrize(
    "second",
    [
        one("bbox", group=3, bbox=[5, 5, 6, 7]),
        one("bbox", 1, group=3, bbox=[1, 1, 20, 30]),
        one("bbox", group=2, bbox=[1, 1, 20, 30]),
    ],
)
def test_two_boxes_are_never_one_object(tmp_path, second):
    first = one("bbox", group=3, bbox=[1, 1, 20, 30])
    assert len(load(put(tmp_path, item(first, second))).boxes) == 2


def test_turned_boxes_ellipses_and_cuboids_are_their_extents(tmp_path):
    turned = one("rotated_bbox", points=[20, 15, 20, 10, 90])
    ellipse = one("ellipse", points=[10, 12, 30, 20])
    cuboid = one(
        "cuboid_2d", points=[[1, 2], [9, 2], [9, 8], [1, 8], [3, 4], [11, 4], [11, 9], [3, 9]]
    )
    dataset = load(put(tmp_path, item(turned, ellipse, cuboid)))
    assert [box for *_, box in objects(dataset)] == [
        [15, 5, 25, 25],
        [10, 12, 30, 20],
        [1, 2, 11, 9],
    ]
    assert list(parts(dataset)) == [0]


def test_joints_belong_to_a_skeleton_or_to_the_box_of_their_group(tmp_path):
    skeleton = one("skeleton", points=[10, 20, 2, 0, 0, 0, 30, 40, 1])
    box = one("bbox", group=5, bbox=[1, 2, 3, 4])
    points = one("points", group=5, points=[1, 2, 3, 4], visibility=[2, 1])
    joints = {"items": [{"label_id": 0, "labels": ["nose", "ear", "tail"], "joints": []}]}
    dataset = load(put(tmp_path, item(skeleton, box, points), points=joints))
    assert [box for *_, box in objects(dataset)] == [[10, 20, 30, 40], [1, 2, 4, 6]]
    assert shapes(dataset)[0].keypoints.tolist() == [[10, 20, 2], [0, 0, 0], [30, 40, 1]]
    assert shapes(dataset)[1].keypoints.tolist() == [[1, 2, 2], [3, 4, 1]]
    assert dataset.categories.keypoints.tolist() == [3, 0]


def test_what_has_no_box_is_left_out_and_named(tmp_path):
    label, caption = one("label"), one("caption", caption="x")
    points = one("points", points=[1, 2], visibility=[2])
    dataset = load(put(tmp_path, item(label, one("bbox", bbox=[1, 2, 3, 4]), caption, points)))
    assert dataset.boxes.record.tolist() == [1]
    place = "(annotations/default.json: items[0])"
    assert dataset.notes == tuple(
        f"left out: {kind} annotations, which have no box: 1 {place}"
        for kind in ("label", "caption", "points")
    )


def test_subsets_are_splits_whose_images_may_have_the_same_names(tmp_path):
    for subset in ("train", "validation"):
        put(tmp_path, item(one("bbox", bbox=[1, 2, 3, 4])), subset=subset)
    dataset = load(tmp_path)
    assert dataset.splits == ("train", "validation")
    assert dataset.images.name.tolist() == ["images/train/a.png", "images/validation/a.png"]
    assert all(dataset.images.path)
    alone = load(tmp_path / "annotations" / "train.json")
    assert alone.images.name.tolist() == ["images/train/a.png"]
    assert alone.images.path.tolist() == [str(tmp_path / "images" / "train" / "a.png")]


def test_odd_records_are_noted_one_by_one(tmp_path):
    odd = item(
        one("bbox", bbox=[1, 2, None, 4]),
        one("bbox", 9, bbox=[1, 2, 3]),
        one("bbox", None, bbox=[1, 2, 3, 4]),
        one("polygon", "car", points=3),
        one("mask", rle={"size": [48], "counts": []}),
        7,
        {"label_id": 0},
    )
    dataset = load(put(tmp_path, odd, 5, item(id=None, image=None), labels=[*LABELS, {}]))
    assert told(dataset) == [
        ("unreadable-field", "annotations", 0, "bbox"),
        ("dangling", "annotations", 1, "label_id"),
        ("unreadable-field", "annotations", 1, "bbox"),
        ("unreadable", "images", 1, ""),
        ("unreadable", "categories", 2, ""),
        ("missing-field", "annotations", 2, "label_id"),
        ("missing-field", "images", 2, "id"),
        ("unreadable-field", "annotations", 3, "label_id"),
        ("unreadable-field", "annotations", 3, "points"),
        ("unreadable-field", "annotations", 4, "rle"),
        ("unreadable", "annotations", 5, ""),
        ("unreadable", "annotations", 6, ""),
    ]
    assert np.isnan(dataset.boxes.xyxy).all(axis=1).tolist() == [True, True, False, True, True]


@pytest.mark.parametrize("odd", [{}, [], None, 7, {"label_id": []}, {"label_id": 1, "labels": 3}])
def test_odd_categories_of_points_declare_none(tmp_path, odd):
    dataset = load(put(tmp_path, item(one("bbox", bbox=[1, 2, 3, 4])), points={"items": [odd]}))
    assert dataset.categories.keypoints.tolist() == [0, 0]


@pytest.mark.parametrize("text", ["", "[]", "7", '{"items": 3}', "[" * 100_000])
def test_a_file_that_is_none_is_noted(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    dataset = load(tmp_path / "a.json", format="datumaro")
    assert told(dataset) == [("unreadable", "file", -1, "")]


def test_it_is_recognised_and_not_taken_for_coco(tmp_path):
    folder = put(tmp_path, item(one("bbox", bbox=[1, 2, 3, 4])))
    assert recognise(folder).format.name == "datumaro"
    assert recognise(folder / "annotations" / "default.json").format.name == "datumaro"
    assert recognise(put(tmp_path / "bare")).format.name == "datumaro"


def test_it_converts_to_all_that_is_written(tmp_path):
    polygon = one("polygon", points=[2, 3, 12, 3, 12, 23])
    turned = one("rotated_bbox", 1, points=[30, 25, 20, 10, 30])
    same_objects(put(tmp_path / "in", item(polygon, turned)), tmp_path / "out")


def test_no_mutation_of_a_file_stops_it(tmp_path):
    polygon = one("polygon", group=1, points=[2, 3, 12, 3, 12, 23])
    mask = one("mask", 1, rle={"size": [48, 64], "counts": PACKED})
    skeleton = one("skeleton", points=[10, 20, 2, 0, 0, 0, 30, 40, 1])
    box = one("bbox", group=1, bbox=[1, 2, 3, 4])
    path = put(tmp_path, item(polygon, box, mask, skeleton)) / "annotations" / "default.json"
    for text in mutated(path.read_bytes()):
        path.write_bytes(text)
        load(path, format="datumaro")
