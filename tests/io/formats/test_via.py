"""VIA files: what is read of them, and that nothing in them is lost silently."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labelaudit.io.load import load
from labelaudit.io.recognition import recognise
from labelaudit.testing import draw
from tests.io.formats.read_only_files import mutated, objects, parts, same_objects, told


def region(kind: str, attributes: Any = {"name": "cat"}, **shape: Any) -> dict[str, Any]:  # noqa: B006
    return {"shape_attributes": {"name": kind} | shape, "region_attributes": attributes}


def rect(x: Any, y: Any, width: Any, height: Any, **attributes: Any) -> dict[str, Any]:
    sides = {"x": x, "y": y, "width": width, "height": height}
    return region("rect", attributes or {"name": "cat"}, **sides)


def image(*regions: Any, name: Any = "a.png", **more: Any) -> dict[str, Any]:
    known = {"filename": name, "size": 123, "regions": list(regions), "file_attributes": {}}
    return known | more


def put(folder: Path, *images: Any, project: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    value: Any = {f"image {place}": one for place, one in enumerate(images)}
    if project:
        value = {"_via_settings": {"ui": {}}, "_via_img_metadata": value, "_via_attributes": {}}
    (folder / "via_region_data.json").write_text(json.dumps(value))
    draw(folder / "a.png", (64, 48))
    return folder


@pytest.mark.parametrize("project", [False, True])
def test_a_rectangle_is_a_corner_and_sides_in_exports_and_projects(tmp_path, project):
    # globox 2.9.0 and panlabel 0.7.0 have the same corners
    dataset = load(put(tmp_path, image(rect(10, 10, 30, 20.5)), project=project))
    assert objects(dataset) == [("a.png", "cat", [10, 10, 40, 30.5])]
    assert dataset.images.size.tolist() == [[64, 48]]
    assert len(dataset.problems) == 0
    assert dataset.notes == ("the attribute 'name' of regions is taken for the class",)


def test_circles_and_ellipses_are_their_extents(tmp_path):
    circle = region("circle", cx=20, cy=20, r=5.5)
    ellipse = {"cx": 30, "cy": 20, "rx": 10, "ry": 5}
    flat, turned = region("ellipse", **ellipse), region("ellipse", **ellipse, theta=np.pi / 2)
    dataset = load(put(tmp_path, image(circle, flat, turned)))
    assert [corners for *_, corners in objects(dataset)] == [
        [14.5, 14.5, 25.5, 25.5],
        [20, 15, 40, 25],
        [25, 10, 35, 30],
    ]


@pytest.mark.parametrize(
    ("theta", "kind", "corners"),
    [
        ("0", "wrong-type", [20, 15, 40, 25]),
        ("half", "unreadable-field", None),
        ([], "unreadable-field", None),
    ],
)
def test_an_angle_that_is_no_number_is_told(tmp_path, theta, kind, corners):
    ellipse = region("ellipse", cx=30, cy=20, rx=10, ry=5, theta=theta)
    dataset = load(put(tmp_path, image(ellipse)))
    assert told(dataset) == [(kind, "annotations", 0, "theta")]
    (found,) = dataset.boxes.xyxy.tolist()
    assert found == corners if corners else np.isnan(found).all()


def test_a_polygon_is_a_mask_and_its_extent_a_box(tmp_path):
    polygon = region("polygon", all_points_x=[2, 12, 12], all_points_y=[3, 3, 23])
    dataset = load(put(tmp_path, image(polygon)))
    assert objects(dataset) == [("a.png", "cat", [2, 3, 12, 23])]
    assert parts(dataset) == {0: [[[2, 3], [12, 3], [12, 23]]]}


def test_regions_by_their_numbers_as_in_version_1_are_read(tmp_path):
    dataset = load(put(tmp_path, image(regions={"0": rect(1, 2, 3, 4), "1": rect(5, 6, 7, 8)})))
    assert [corners for *_, corners in objects(dataset)] == [[1, 2, 4, 6], [5, 6, 12, 14]]


@pytest.mark.parametrize(
    ("attributes", "best"),
    [
        ([{"class": "car", "colour": "red"}, {"class": "dog", "colour": "red"}], "class"),
        ([{"colour": "red", "object_class": "car"}, {"object_class": "dog"}], "object_class"),
        ([{"Type": "car", "colour": "red"}, {"colour": "red"}], "Type"),
        ([{"type": "x", "species": "car"}, *[{"species": "dog"}] * 2], "species"),
        ([{"species": "car", "id": "1"}, {"species": "car", "id": "2"}], "species"),
        ([{"kinds": {"car": True, "dog": False}}, {"kinds": {"dog": True}}], "kinds"),
    ],
)
def test_the_class_is_the_attribute_that_says_so_or_that_most_have(tmp_path, attributes, best):
    dataset = load(put(tmp_path, image(*(rect(1, 2, 3, 4, **one) for one in attributes))))
    assert f"attribute {best!r}" in dataset.notes[0]
    assert dataset.class_names[0] in ("car", "dog")
    others = {name for one in attributes for name in one} - {best}
    assert all(name in dataset.notes[0] for name in others)


def test_regions_without_any_attribute_are_one_class_and_that_is_said(tmp_path):
    bare = {**rect(1, 2, 3, 4), "region_attributes": {}}
    dataset = load(put(tmp_path, image(bare, bare)))
    assert dataset.class_names == ["object"]
    assert dataset.boxes.label.tolist() == [0, 0]
    assert dataset.notes == ("no region has an attribute: all are taken for class object",)
    assert len(dataset.problems) == 0


TABLE = """filename,file_size,file_attributes,region_count,region_id,{shape},region_attributes
a.png,9,"{{}}",2,0,"{{""name"":""rect"",""x"":1,""y"":2,""width"":3,""height"":4}}","{{""name"":""cat""}}"
a.png,9,"{{}}",2,1,"{{""name"":""circle"",""cx"":9,""cy"":9,""r"":2}}","{{""name"":""dog""}}"
b.png,9,"{{}}",0,0,"{{}}","{{}}"
c.png,9,"{{}}",1,0,oops,"{{}}"
"""


def test_the_table_of_an_export_has_the_same_records(tmp_path):
    (tmp_path / "via.csv").write_text(TABLE.format(shape="region_shape_attributes"))
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    assert recognise(tmp_path).format.name == "via"
    dataset = load(tmp_path)
    assert objects(dataset) == [("a.png", "cat", [1, 2, 4, 6]), ("a.png", "dog", [7, 7, 11, 11])]
    assert dataset.images.name.tolist() == ["a.png", "b.png", "c.png"]
    assert told(dataset) == [("unreadable", "annotations", 2, "")]
    for text in mutated((tmp_path / "via.csv").read_bytes()):
        (tmp_path / "via.csv").write_bytes(text)
        load(tmp_path / "via.csv", format="via")


def test_what_has_no_box_is_left_out_and_named(tmp_path):
    point, line = region("point", cx=1, cy=2), region("polyline", all_points_x=[1, 2])
    dataset = load(put(tmp_path, image(point, line, rect(1, 2, 3, 4), point)))
    assert dataset.boxes.record.tolist() == [2]
    file = "via_region_data.json"
    assert dataset.notes[1:] == (
        f"left out: point regions, which have no box: 2 ({file}: region[0], {file}: region[3])",
        f"left out: polyline regions, which have no box: 1 ({file}: region[1])",
    )


def test_odd_records_are_noted_one_by_one(tmp_path):
    polygon = region("polygon", all_points_x=[2, 12, 12], all_points_y=[3, 3])
    unticked = rect(1, 2, 3, 4, name={"cat": True, "dog": True})
    shapeless = {"region_attributes": {"name": "cat"}}
    odd = image(rect(1, "2", None, 4), polygon, unticked, 7, shapeless)
    dataset = load(put(tmp_path, odd, 5, image(name=4, regions=3)))
    assert told(dataset) == [
        ("wrong-type", "annotations", 0, "y"),
        ("missing-field", "annotations", 0, "width"),
        ("unreadable-field", "annotations", 1, "all_points_y"),
        ("unreadable", "images", 1, ""),
        ("unreadable-field", "annotations", 2, "name"),
        ("unreadable-field", "images", 2, "filename"),
        ("unreadable-field", "images", 2, "regions"),
        ("unreadable", "annotations", 3, ""),
        ("unreadable", "annotations", 4, ""),
    ]


@pytest.mark.parametrize("text", ["", "[]", "7", '{"_via_img_metadata": 3}', "[" * 100_000])
def test_a_file_that_is_none_is_noted(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    dataset = load(tmp_path / "a.json", format="via")
    assert told(dataset) == [("unreadable", "file", -1, "")]


@pytest.mark.parametrize("regions", [(), (rect(1, 2, 3, 4),)])
def test_it_is_recognised_by_its_regions(tmp_path, regions):
    folder = put(tmp_path, image(*regions))
    (tmp_path / "other.json").write_text("{}")
    assert recognise(folder).format.name == "via"
    assert recognise(folder / "via_region_data.json").format.name == "via"


def test_an_image_that_is_written_out_before_its_regions_hides_them_from_nobody(tmp_path):
    first = {"fileref": "", "filename": "a.png", "base64_img_data": "A" * (1 << 17)}
    folder = put(tmp_path, first | {"file_attributes": {}, "regions": {"0": rect(1, 2, 3, 4)}})
    assert recognise(folder).format.name == "via"
    assert len(load(folder).boxes) == 1


def test_it_converts_to_all_that_is_written(tmp_path):
    polygon = region("polygon", all_points_x=[2, 12, 12], all_points_y=[3, 3, 23])
    folder = put(tmp_path / "in", image(polygon, rect(9, 9, 4, 4, name="dog")))
    same_objects(folder, tmp_path / "out")


def test_no_mutation_of_a_file_stops_it(tmp_path):
    polygon = region("polygon", all_points_x=[2, 12, 12], all_points_y=[3, 3, 23])
    folder = put(tmp_path, image(polygon, rect(9, 9, 4, 4, name="dog")), project=True)
    path = folder / "via_region_data.json"
    for text in mutated(path.read_bytes()):
        path.write_bytes(text)
        load(path, format="via")
