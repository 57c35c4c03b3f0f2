"""LabelMe folders: what is read of them, and that nothing in them is lost silently."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labelaudit.cli import main
from labelaudit.dataset.tables import Dataset, ProblemKind
from labelaudit.errors import FixError
from labelaudit.io.load import load
from labelaudit.io.recognition import recognise
from labelaudit.io.save import save
from labelaudit.testing import draw


def shape(kind: str, *points: list[float], label: Any = "car") -> dict[str, Any]:
    return {"label": label, "points": points, "shape_type": kind, "group_id": None, "flags": {}}


def put(folder: Path, *shapes: Any, name: str = "a", **other: Any) -> Path:
    """A LabelMe file of a picture of 64 x 48 pixels."""
    value = {"version": "5.4.1", "flags": {}, "shapes": list(shapes), "imagePath": f"{name}.png"}
    value |= {"imageData": "AAAA", "imageHeight": 48, "imageWidth": 64} | other
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(value, ensure_ascii=False), "utf-8")
    draw(folder / f"{name}.png", (64, 48))
    return folder


def told(dataset: Dataset) -> list[tuple[str, str, int, str]]:
    columns = ("kind", "part", "record", "field")
    return list(zip(*(getattr(dataset.problems, name).tolist() for name in columns), strict=True))


def test_a_rectangle_may_be_drawn_from_any_corner(tmp_path):
    corners = ([1, 2], [11, 22]), ([11, 22], [1, 2]), ([1, 22], [11, 2])
    dataset = load(put(tmp_path, *(shape("rectangle", *pair) for pair in corners)))
    assert dataset.boxes.xyxy.tolist() == [[1, 2, 11, 22]] * 3
    assert len(dataset.masks) == len(dataset.problems) == 0


def test_a_polygon_is_a_mask_and_its_extent_a_box(tmp_path):
    dataset = load(put(tmp_path, shape("rectangle", [0, 0], [1, 1]), shape("polygon", *TRIANGLE)))
    assert dataset.boxes.xyxy[1].tolist() == [2, 3, 12, 23]
    assert (dataset.masks.box.tolist(), dataset.masks.area.tolist()) == ([1], [100])


TRIANGLE = [2, 3], [12, 3], [12, 23]


def test_a_circle_is_its_centre_and_a_point_on_it(tmp_path):
    dataset = load(put(tmp_path, shape("circle", [10, 10], [13, 14])))
    assert dataset.boxes.xyxy.tolist() == [[5, 5, 15, 15]]


def test_a_shape_without_a_kind_is_a_polygon_as_in_its_first_versions(tmp_path):
    old = shape("", *TRIANGLE)
    del old["shape_type"]
    assert len(load(put(tmp_path, old)).masks) == 1


def test_other_kinds_of_shape_are_left_out_and_named(tmp_path):
    points, line = shape("point", [1, 1]), shape("line", [1, 1], [2, 2])
    dataset = load(put(tmp_path, points, line, 7, points))
    assert len(dataset.boxes) == 0
    assert told(dataset) == [("unreadable", "annotations", 2, "")]
    assert dataset.notes == (
        "left out: shapes of kind point, which have no box: 2 "
        "(a.json: shapes[0], a.json: shapes[3])",
        "left out: shapes of kind line, which have no box: 1 (a.json: shapes[1])",
    )


def test_a_rectangle_may_have_four_corners_and_may_be_turned(tmp_path):
    corners = [1, 2], [11, 2], [11, 22], [1, 22]
    turned = [10, 5], [15, 10], [10, 15], [5, 10]
    dataset = load(put(tmp_path, shape("rectangle", *corners), shape("rotation", *turned)))
    assert dataset.boxes.xyxy.tolist() == [[1, 2, 11, 22], [5, 5, 15, 15]]
    assert (dataset.masks.box.tolist(), dataset.masks.area.tolist()) == ([1], [50])


def test_a_mask_reaches_from_its_first_pixel_to_its_last(tmp_path):
    dataset = load(put(tmp_path, shape("mask", [4, 5], [5, 6])))
    assert dataset.boxes.xyxy.tolist() == [[4, 5, 6, 7]]


def test_polygons_of_one_class_and_one_group_are_one_object_and_that_is_said(tmp_path):
    other = [20, 3], [30, 3], [30, 23]
    first, second = ({**shape("polygon", *points), "group_id": 1} for points in (TRIANGLE, other))
    dog = {**shape("polygon", *other, label="dog"), "group_id": 1}
    box = {**shape("rectangle", [1, 1], [2, 2]), "group_id": 1}
    dataset = load(put(tmp_path, first, box, second, dog, shape("polygon", *other)))
    assert dataset.boxes.xyxy.tolist()[0] == [2, 3, 30, 23]
    assert dataset.boxes.record.tolist() == [0, 1, 3, 4]
    assert dataset.masks.parts.tolist() == [2, 1, 1]
    assert dataset.notes == (
        "polygons of one class and one group_id are one object: 1 (a.json: car)",
    )


@pytest.mark.parametrize("points", [[], 5, [[1]], [["x", 2], [3, 4]], [[1, 2]], [[1, 2], 3]])
@pytest.mark.parametrize("kind", ["rectangle", "circle"])
def test_odd_points_leave_a_box_of_which_nothing_is_known(tmp_path, kind, points):
    dataset = load(put(tmp_path, {"label": "car", "shape_type": kind, "points": points}))
    assert np.isnan(dataset.boxes.xyxy).all()
    assert told(dataset) == [("unreadable-field", "annotations", 0, "points")]


@pytest.mark.parametrize("label", [None, "", " ", 7, ["car"]])
def test_a_box_without_a_readable_label_has_no_class(tmp_path, label):
    dataset = load(put(tmp_path, shape("rectangle", [1, 1], [2, 2], label=label)))
    assert (dataset.boxes.label.tolist(), dataset.class_names) == ([-1], [])
    kind = ProblemKind.MISSING_FIELD if label is None else ProblemKind.UNREADABLE_FIELD
    assert told(dataset) == [(kind.value, "annotations", 0, "label")]


def test_odd_fields_of_the_image_are_noted(tmp_path):
    dataset = load(put(tmp_path, imagePath=3, imageHeight="48", imageWidth=None))
    assert told(dataset) == [
        ("unreadable-field", "images", 0, "imagePath"),
        ("missing-field", "images", 0, "imageWidth"),
        ("unreadable-field", "images", 0, "imageHeight"),
    ]
    assert np.isnan(dataset.images.size).all()


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"shapes": 3}', "[" * 100_000, "\ud800"])
def test_a_file_that_is_none_is_noted_and_the_others_are_read(tmp_path, text):
    put(tmp_path, shape("rectangle", [1, 1], [2, 2]), name="b")
    (tmp_path / "a.json").write_text(text, "utf-8", errors="surrogatepass")
    dataset = load(tmp_path)
    assert told(dataset) == [("unreadable", "file", -1, "")]
    assert dataset.boxes.file.tolist() == [1]


def test_images_are_found_from_their_file_and_in_the_folders_that_are_named(tmp_path):
    put(tmp_path / "w" / "in" / "day", name="ünï")
    assert load(tmp_path / "w" / "in").images.path.tolist() == [
        str(tmp_path / "w" / "in" / "day" / "ünï.png")
    ]
    (tmp_path / "w" / "in" / "day" / "ünï.png").unlink()
    draw(tmp_path / "x" / "y" / "z" / "ünï.png", (64, 48))
    assert load(tmp_path / "w" / "in").images.path.tolist() == [""]
    found = load(tmp_path / "w" / "in", images=tmp_path / "x").images.path.tolist()
    assert found == [str(tmp_path / "x" / "y" / "z" / "ünï.png")]


def test_a_folder_with_other_json_files_is_recognised(tmp_path):
    for name in "abc":
        (tmp_path / f"{name}.json").write_text("{}")
    put(tmp_path, name="z")
    assert recognise(tmp_path).format.name == "labelme"


def test_fixing_says_to_convert_first(tmp_path, capsys):
    folder = put(tmp_path / "in", shape("rectangle", [1, 1], [1, 9]))
    dataset = load(folder)
    with pytest.raises(FixError, match=r"labelaudit convert .*in out\.json --to coco"):
        save(dataset.keep(boxes=np.zeros(1, bool)), tmp_path / "copy")
    for more in (["scan", "--fix"], ["scan", "--diff"], ["fix"]):
        command, *options = more
        assert main([command, str(folder), *options]) == 2
        assert "convert it first" in capsys.readouterr().err
    assert not (tmp_path / "in.cleaned").exists()


def test_nothing_is_converted_into_it(tmp_path, capsys):
    folder = put(tmp_path / "in", shape("rectangle", [1, 1], [9, 9]))
    assert main(["convert", str(folder), str(tmp_path / "out"), "--to", "labelme"]) == 2
    assert "--to coco" in capsys.readouterr().err


def test_it_is_scanned_and_converted_to_coco(tmp_path, capsys):
    folder = put(tmp_path / "in", shape("polygon", *TRIANGLE), shape("rectangle", [1, 1], [1, 9]))
    assert main(["scan", str(folder)]) == 1
    assert "shapes[1]" in capsys.readouterr().out
    assert main(["convert", str(folder), str(tmp_path / "out.json"), "--to", "coco"]) == 0
    converted = load(tmp_path / "out.json", images=folder)
    assert converted.boxes.xyxy.tolist() == load(folder).boxes.xyxy.tolist()
