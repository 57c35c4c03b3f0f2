"""CVAT XML: what is read of images and of videos, and that nothing in them is lost silently."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from labelaudit.cli import main
from labelaudit.io.formats import FORMATS, converter, shapes
from labelaudit.io.load import load
from labelaudit.io.recognition import recognise
from labelaudit.testing import draw
from tests.io.formats.read_only_files import mutated, objects, parts, same_objects, told

META = """<meta><task><mode>annotation</mode><labels>
<label><name>car</name><attributes></attributes></label>
<label><name>dog</name></label>
<label><name>person</name><type>skeleton</type></label>
<label><name>nose</name><type>points</type><parent>person</parent></label>
<label><name>tail</name><type>points</type><parent>person</parent></label>
</labels></task></meta>"""


def put(folder: Path, *shapes: str, meta: str = META, more: str = "") -> Path:
    """A CVAT file about `a.png`, 64 x 48 pixels."""
    folder.mkdir(parents=True, exist_ok=True)
    inside = "".join(shapes)
    (folder / "annotations.xml").write_text(
        f'<?xml version="1.0" encoding="utf-8"?>\n<annotations><version>1.1</version>{meta}'
        f'<image id="0" name="a.png" width="64" height="48">{inside}</image>{more}</annotations>',
        "utf-8",
    )
    draw(folder / "images" / "a.png", (64, 48))
    return folder


def box(*sides: float, label: str = "car", more: str = "") -> str:
    named = zip(("xtl", "ytl", "xbr", "ybr"), sides, strict=True)
    words = " ".join(f'{name}="{side}"' for name, side in named)
    return f'<box label="{label}" occluded="0" {words} z_order="0" {more}></box>'


# datumaro 1.10.0 and panlabel 0.7.0 have the same boxes, datumaro the same polygons
def test_a_box_is_its_corners_and_classes_have_the_order_of_the_task(tmp_path):
    dataset = load(put(tmp_path, box(10, 10, 60, 40.5), box(1, 2, 3, 4, label="dog")))
    assert objects(dataset) == [
        ("a.png", "car", [10, 10, 60, 40.5]),
        ("a.png", "dog", [1, 2, 3, 4]),
    ]
    assert dataset.class_names == ["car", "dog", "person"]
    assert dataset.images.path.tolist() == [str(tmp_path / "images" / "a.png")]
    assert (len(dataset.problems), len(dataset.masks), dataset.notes) == (0, 0, ())


def test_a_turned_box_is_the_extent_of_its_corners_which_are_its_polygon(tmp_path):
    dataset = load(put(tmp_path, box(10, 10, 30, 20, more='rotation="90"')))
    assert objects(dataset) == [("a.png", "car", [15, 5, 25, 25])]
    assert parts(dataset) == {0: [[[25, 5], [25, 25], [15, 25], [15, 5]]]}
    assert dataset.masks.area.tolist() == pytest.approx([200])


def test_a_full_turn_is_none(tmp_path):
    dataset = load(put(tmp_path, box(10, 10, 30, 20, more='rotation="360.0"')))
    assert (dataset.boxes.xyxy.tolist(), len(dataset.masks)) == ([[10, 10, 30, 20]], 0)


@pytest.mark.parametrize(
    "shape",
    [
        box(10, 10, 30, 20, more='rotation="30°"'),
        '<ellipse label="car" cx="20" cy="20" rx="10" ry="5" rotation="30°" />',
    ],
)
def test_a_rotation_that_is_no_number_is_told_and_is_not_taken_for_none(tmp_path, shape):
    dataset = load(put(tmp_path, shape))
    assert np.isnan(dataset.boxes.xyxy).all()
    assert told(dataset) == [("unreadable-field", "annotations", 0, "rotation")]


def test_a_rotation_without_anything_is_none(tmp_path):
    dataset = load(put(tmp_path, box(10, 10, 30, 20, more='rotation=""')))
    assert (objects(dataset)[0][2], told(dataset)) == ([10, 10, 30, 20], [])


def test_a_polygon_is_a_mask_and_its_extent_a_box(tmp_path):
    dataset = load(put(tmp_path, '<polygon label="car" points="2,3;12.5,3;12.5,23" />'))
    assert objects(dataset) == [("a.png", "car", [2, 3, 12.5, 23])]
    assert dataset.masks.area.tolist() == [105]


def test_ellipses_and_cuboids_are_their_extents(tmp_path):
    cuboid = " ".join(
        f'{axis}{corner}{face}="{value}"'
        for face, near in (("1", 10), ("2", 14))
        for corner, x, y in (("tl", 0, 0), ("bl", 0, 9), ("tr", 8, 0), ("br", 8, 9))
        for axis, value in (("x", near + x), ("y", near + y))
    )
    dataset = load(
        put(
            tmp_path,
            '<ellipse label="car" cx="20" cy="20" rx="10" ry="5" />',
            '<ellipse label="car" cx="20" cy="20" rx="10" ry="5" rotation="90" />',
            f'<cuboid label="dog" {cuboid} />',
        )
    )
    assert [corners for *_, corners in objects(dataset)] == [
        [10, 15, 30, 25],
        [15, 10, 25, 30],
        [10, 10, 22, 23],
    ]


# datumaro 1.10.0 has the same pixels: rows 5 and 6 of columns 4 and 5
def test_a_mask_is_the_extent_of_its_pixels_and_its_runs_go_down_the_whole_image(tmp_path):
    mask = '<mask label="dog" rle="1, 2, 1, 2" left="3" top="5" width="3" height="2" />'
    dataset = load(put(tmp_path, mask))  # . x x / . x x
    assert objects(dataset) == [("a.png", "dog", [4, 5, 6, 7])]
    rle = shapes(dataset)[0].rle
    assert rle == {"size": [48, 64], "counts": [4 * 48 + 5, 2, 46, 2, 48 * 58 + 41]}
    assert (dataset.masks.area.tolist(), dataset.masks.fault.tolist()) == ([4], [0])


@pytest.mark.parametrize("rle", ["", "1", "1, 2, x", "9999999999999999", "1,-1,6", "6.5"])
def test_odd_runs_leave_the_rectangle_of_a_mask(tmp_path, rle):
    dataset = load(
        put(tmp_path, f'<mask label="dog" rle="{rle}" left="3" top="5" width="3" height="2" />')
    )
    assert dataset.boxes.xyxy.tolist() == [[3, 5, 6, 7]]
    assert told(dataset) == [("unreadable-field", "annotations", 0, "rle")]


def test_a_skeleton_has_keypoints_in_the_order_of_the_task_and_their_extent(tmp_path):
    joints = (
        '<points label="tail" outside="0" occluded="1" points="30,40" />'
        '<points label="nose" outside="0" occluded="0" points="10,20.5" />'
    )
    dataset = load(put(tmp_path, f'<skeleton label="person">{joints}</skeleton>'))
    assert objects(dataset) == [("a.png", "person", [10, 20.5, 30, 40])]
    assert shapes(dataset)[0].keypoints.tolist() == [[10, 20.5, 2], [30, 40, 1]]
    assert dataset.categories.keypoints.tolist() == [0, 0, 2]
    lost = converter(FORMATS["coco"])(dataset, tmp_path / "out.json").lost
    assert "1 class whose keypoints have names (person): without the names" in lost
    hidden = joints.replace('label="tail" outside="0"', 'label="tail" outside="1"')
    dataset = load(put(tmp_path, f'<skeleton label="person">{hidden}</skeleton>'))
    assert shapes(dataset)[0].keypoints.tolist() == [[10, 20.5, 2], [0, 0, 0]]
    assert objects(dataset) == [("a.png", "person", [10, 20.5, 10, 20.5])]


def test_what_has_no_box_is_left_out_and_named_with_its_place(tmp_path):
    dataset = load(
        put(
            tmp_path,
            box(1, 2, 3, 4),
            '<polyline label="car" points="1,2;3,4" />',
            '<points label="car" points="1,2" />',
            '<tag label="dog" />',
            '<polyline label="car" points="1,2;3,4" />',
        )
    )
    assert dataset.boxes.record.tolist() == [0]
    assert dataset.notes == (
        "left out: polyline elements, which have no box: 2 (annotations.xml: image[0] polyline[1], "
        "annotations.xml: image[0] polyline[4])",
        "left out: points elements, which have no box: 1 (annotations.xml: image[0] points[2])",
        "left out: tag elements, which have no box: 1 (annotations.xml: image[0] tag[3])",
    )


@pytest.mark.parametrize("points", ["", "1", "1,2;3", "1,2;3,x", "1,2,3;4,5,6"])
def test_odd_points_leave_a_box_of_which_nothing_is_known(tmp_path, points):
    dataset = load(put(tmp_path, f'<polygon label="car" points="{points}" />'))
    assert np.isnan(dataset.boxes.xyxy).all()
    assert told(dataset) == [("unreadable-field", "annotations", 0, "points")]


def test_odd_attributes_are_noted_one_by_one(tmp_path):
    broken = box(1, 2, 3, 4).replace(' ybr="4"', "").replace('xtl="1"', 'xtl="one"')
    dataset = load(put(tmp_path, broken, box(1, 2, 3, 4, label=" ")))
    assert told(dataset) == [
        ("unreadable-field", "annotations", 0, "xtl"),
        ("missing-field", "annotations", 0, "ybr"),
        ("unreadable-field", "annotations", 1, "label"),
    ]
    assert dataset.boxes.label.tolist() == [0, -1]


def test_subsets_are_splits_and_one_name_in_two_of_them_is_two_images(tmp_path):
    other = (
        '<image id="0" name="a.png" subset="Val" width="64" height="48"></image>'
        '<image id="1" name="b.png" subset="default" width="64" height="48"></image>'
    )
    folder = put(tmp_path, more=other)
    text = (
        (folder / "annotations.xml")
        .read_text()
        .replace('name="a.png" w', 'name="a.png" subset="Train" w')
    )
    (folder / "annotations.xml").write_text(text)
    draw(folder / "images" / "Val" / "a.png", (64, 48))
    draw(folder / "images" / "Train" / "a.png", (64, 48))
    (folder / "images" / "a.png").unlink()
    dataset = load(folder)
    assert dataset.splits == ("Train", "Val")
    assert dataset.split_members.image.tolist() == [0, 1]
    assert dataset.images.name.tolist() == ["a.png", "images/Val/a.png", "b.png"]
    assert dataset.images.path[1] == str(folder / "images" / "Val" / "a.png")


VIDEO = """<annotations><version>1.1</version><meta><task><mode>interpolation</mode><labels>
<label><name>II</name></label></labels><original_size><width>25</width><height>20</height>
</original_size></task></meta>
<track id="0" label="II">
<box frame="10" outside="0" occluded="1" keyframe="1" xtl="3.00" ytl="4.00" xbr="10.0" ybr="5.00" />
<box frame="13" outside="1" occluded="0" keyframe="1" xtl="7.00" ytl="6.00" xbr="14.0" ybr="8.00" />
</track>
<track id="1" label="II">
<polygon frame="10" outside="0" keyframe="1" points="1,1;5,1;5,7" />
<box outside="0" xtl="1" ytl="1" xbr="2" ybr="2" />
</track></annotations>"""


def test_shapes_of_a_video_are_boxes_of_the_frames_in_which_they_are_seen(tmp_path):
    (tmp_path / "annotations.xml").write_text(VIDEO)
    draw(tmp_path / "images" / "frame_000010.png", (25, 20))
    dataset = load(tmp_path)
    name = "frame_000010.png"
    assert objects(dataset) == [(name, "II", [3, 4, 10, 5]), (name, "II", [1, 1, 5, 7])]
    assert dataset.images.size.tolist() == [[25, 20]]
    assert told(dataset) == [("unreadable", "annotations", 2, "")]


def test_a_file_that_breaks_off_keeps_what_was_whole(tmp_path):
    folder = put(tmp_path, box(1, 2, 3, 4), more='<image id="1" name="b.png"><box label="c')
    dataset = load(folder)
    assert objects(dataset) == [("a.png", "car", [1, 2, 3, 4])]
    assert told(dataset) == [
        ("wrong-type", "file", -1, "its text"),
        ("unreadable", "images", 1, ""),
    ]


@pytest.mark.parametrize(
    "text", ["", "<a/>", "<annotations", '<?xml version="1.0" encoding="x"?><a/>']
)
def test_a_file_that_is_none_is_noted(tmp_path, text):
    (tmp_path / "a.xml").write_text(text)
    assert told(load(tmp_path / "a.xml", format="cvat")) == [("unreadable", "file", -1, "")]


def test_entities_are_refused(tmp_path):
    head = '<!DOCTYPE a [<!ENTITY b "ha">]><annotations><version>1.1</version>&b;</annotations>'
    (tmp_path / "a.xml").write_text(head)
    assert told(load(tmp_path / "a.xml")) == [("unreadable", "file", -1, "")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_a_file_is_recognised_in_its_encoding(tmp_path, encoding):
    folder = put(tmp_path, box(1, 2, 3, 4, label="caf\u00e9"))
    text = (
        (folder / "annotations.xml")
        .read_text("utf-8")
        .replace('"utf-8"', f'"{encoding.split("-sig")[0]}"')
    )
    (folder / "annotations.xml").write_text(text, encoding)
    assert recognise(folder).format.name == "cvat"
    assert objects(load(folder)) == [("a.png", "caf\u00e9", [1, 2, 3, 4])]


def test_voc_is_not_taken_for_it(tmp_path):
    (tmp_path / "a.xml").write_text(
        "<annotation><filename>a.jpg</filename><meta></meta></annotation>"
    )
    assert recognise(tmp_path).format.name == "voc"


def test_it_converts_to_all_that_is_written(tmp_path):
    folder = put(
        tmp_path / "in",
        box(10, 10, 30, 20, more='rotation="45"'),
        '<polygon label="dog" points="2,3;12,3;12,23" />',
        box(1, 2, 30, 40),
    )
    same_objects(folder, tmp_path / "out")


def test_a_conversion_says_what_was_left_out(tmp_path, capsys):
    folder = put(tmp_path / "in", box(1, 2, 3, 4), '<tag label="dog" />')
    assert main(["convert", str(folder), str(tmp_path / "out.json"), "--to", "coco"]) == 0
    assert "left out: tag elements, which have no box: 1" in capsys.readouterr().err


def test_no_mutation_of_a_file_stops_it(tmp_path):
    folder = put(tmp_path, box(10, 10, 30, 20, more='rotation="45"'), MASK, more=TRACK)
    for text in mutated((folder / "annotations.xml").read_bytes()):
        (folder / "annotations.xml").write_bytes(text)
        load(folder / "annotations.xml", format="cvat")


MASK = '<mask label="dog" rle="1, 2, 1, 2" left="3" top="5" width="3" height="2" />'
TRACK = VIDEO[VIDEO.index("<track") : VIDEO.rindex("</annotations>")]


def test_it_is_recognised_in_a_folder_that_is_called_as_that_of_voc(tmp_path):
    put(tmp_path / "Annotations", box(1, 2, 3, 4))
    assert recognise(tmp_path).format.name == "cvat"
    (tmp_path / "Annotations" / "annotations.xml").write_text("<annotation")
    assert recognise(tmp_path).format.name == "voc"


def test_files_of_one_folder_are_splits(tmp_path):
    for name in ("train", "val"):
        put(tmp_path, box(1, 2, 3, 4))
        (tmp_path / "annotations.xml").rename(tmp_path / f"{name}.xml")
    dataset = load(tmp_path)
    assert (dataset.splits, dataset.split_members.image.tolist()) == (("train", "val"), [0, 1])
    assert dataset.boxes.record.tolist() == [0, 0]
