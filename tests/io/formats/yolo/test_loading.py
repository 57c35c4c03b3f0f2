from __future__ import annotations

import contextlib
import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Dataset, MaskFault, MaskKind
from labelaudit.errors import FormatError
from labelaudit.io.formats.yolo import lines
from labelaudit.io.formats.yolo.loading import load
from labelaudit.io.formats.yolo.unheld import unheld
from tests.io.formats.yolo_files import LINE, boxes, labelled, problems, put, write


def kinds(dataset: Dataset) -> list[tuple[int, str, str]]:
    """Line, kind and field of each problem with a label."""
    return [(record, kind, field) for _, _, record, kind, field in problems(dataset)]


def test_a_label_is_centre_and_size_in_fractions_of_the_image(tmp_path):
    dataset = labelled(tmp_path, "1 0.5 0.5 0.2 0.4\n0 .1 .1 .2 .2\n")
    assert boxes(dataset) == [("dog", 0, [40, 24, 60, 56]), ("cat", 1, [0, 0, 20, 16])]
    assert dataset.images.size.tolist() == [[100, 80]]
    assert problems(dataset) == []


def test_every_row_says_where_it_comes_from(tmp_path):
    dataset = labelled(tmp_path, "\n" + LINE + " \t\n" + LINE)
    assert dataset.files.path.tolist() == ["data.yaml", "labels/train/a.txt"]
    assert dataset.boxes.file.tolist() == [1, 1]
    assert dataset.boxes.record.tolist() == [1, 3]
    assert dataset.boxes.image.tolist() == [0, 0]
    assert dataset.categories.file.tolist() == [0, 0, 0]
    assert dataset.categories.record.tolist() == dataset.categories.id.values() == [0, 1, 2]
    assert not dataset.boxes.id.given.any()
    assert dataset.splits == ("train",)


def test_names_by_index_may_leave_gaps_and_be_out_of_order(tmp_path):
    yaml = "train: images/train\nnames: {5: e, 2: c, 0: a}\n"
    dataset = labelled(tmp_path, "2 .5 .5 .1 .1\n5 .5 .5 .1 .1\n1 .5 .5 .1 .1\n", yaml=yaml)
    assert [name for name, _, _ in boxes(dataset)] == ["c", "e", "?"]


def test_of_two_names_of_one_index_the_last_counts(tmp_path):
    yaml = "train: images/train\nnames: {0: a, 0: b}\n"
    assert boxes(labelled(tmp_path, LINE, yaml=yaml))[0][0] == "b"


@pytest.mark.parametrize(("count", "names"), [(3, 3), (10_000, 10_000), (10_001, 1), (10**8, 1)])
def test_classes_without_names_are_as_many_as_is_said_unless_that_is_absurd(tmp_path, count, names):
    dataset = labelled(tmp_path, LINE, yaml=f"train: images/train\nnc: {count}\n")
    assert len(dataset.categories) == names
    assert dataset.class_names[0] == "class_0"


@pytest.mark.parametrize("index", ["3", "-1", "99999999999999999999", "1e18"])
def test_a_class_that_does_not_exist_is_a_problem_and_the_box_stays(tmp_path, index):
    dataset = labelled(tmp_path, f"{index} 0.5 0.5 0.2 0.4\n")
    assert boxes(dataset) == [("?", 0, [40, 24, 60, 56])]
    assert (0, "dangling", "class") in kinds(dataset)
    assert dataset.problems.row.tolist()[0] == 0


def test_numbers_that_cannot_be_right_are_kept(tmp_path):
    text = "0 0.5 0.5 -0.2 0.4\n0 2 .5 .2 .2\n0 nan .5 .2 .2\n0 inf .5 .2 .2\n0 1e308 1e308 .1 .1"
    dataset = labelled(tmp_path, text)
    assert dataset.boxes.xyxy[0].tolist() == pytest.approx([60, 24, 40, 56])
    assert dataset.boxes.xyxy[1].tolist() == pytest.approx([190, 32, 210, 48])
    assert np.isnan(dataset.boxes.xyxy[2, 0])
    assert np.isinf(dataset.boxes.xyxy[3:, 0]).all()
    assert problems(dataset) == []


def test_odd_lines_keep_their_places_among_the_others(tmp_path):
    text = f"{LINE}garbage\ndog .5 .5 .1 .1\n{LINE}cat x .5 .1 .1\n"
    dataset = labelled(tmp_path, text)
    assert [(name, line) for name, line, _ in boxes(dataset)] == [
        ("cat", 0),
        ("dog", 2),
        ("cat", 3),
        ("cat", 4),
    ]
    assert kinds(dataset) == [
        (1, "unreadable", ""),
        (2, "wrong-type", "class"),
        (4, "wrong-type", "class"),
        (4, "unreadable-field", "box"),
    ]
    assert dataset.problems.row.tolist() == [MISSING, 1, 3, 3]
    assert np.isnan(dataset.boxes.xyxy[3, 0])


def test_files_read_in_pieces_are_as_if_read_at_once(tmp_path, monkeypatch):
    polygon = "1 .1 .1 .3 .1 .3 .3\n"
    labels = {f"train/{n}": LINE * n + polygon + "dog .5 .5 .1 .1\n" + "x\n" for n in range(9)}
    once = load(put(tmp_path, labels), ())
    monkeypatch.setattr(lines, "PIECE", 1)
    again = load(tmp_path, ())
    assert boxes(again) == boxes(once)
    assert problems(again) == problems(once)
    assert again.problems.row.tolist() == once.problems.row.tolist()
    assert again.masks.box.tolist() == once.masks.box.tolist()
    assert len(once.masks) == 9


@pytest.mark.parametrize(
    ("sixth", "name"),
    [
        ("0.93", "confidence"),
        ("0", "confidence"),
        ("1", "confidence"),
        ("1.01", "sixth number"),
        ("-0.01", "sixth number"),
        ("45", "sixth number"),
    ],
)
def test_a_sixth_number_is_left_out_and_called_a_confidence_if_it_can_be_one(tmp_path, sixth, name):
    dataset = labelled(tmp_path, f"0 0.5 0.5 0.2 0.4 {sixth}\n")
    assert boxes(dataset) == [("cat", 0, [40, 24, 60, 56])]
    assert kinds(dataset) == [(0, "left-over", name)]
    assert dataset.problems.found.tolist() == [f"{sixth}, which is left out"]
    assert sorted(unheld(dataset).values()) == [0, 1]


def test_a_polygon_has_a_mask_and_its_extent_for_a_box(tmp_path):
    dataset = labelled(tmp_path, "0 0.1 0.1 0.3 0.1 0.3 0.5 0.1 0.5\n1 .5 .5 .7 .5 .7 .6\n")
    assert boxes(dataset) == [("cat", 0, [10, 8, 30, 40]), ("dog", 1, [50, 40, 70, 48])]
    assert dataset.masks.box.tolist() == [0, 1]
    assert dataset.masks.kind.tolist() == [MaskKind.POLYGON] * 2
    assert dataset.masks.area.tolist() == pytest.approx([20 * 32, 80])
    assert dataset.masks.points.tolist() == [4, 3]
    assert dataset.masks.fault.tolist() == [MaskFault.NONE] * 2
    assert problems(dataset) == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("0 .1 .1 .3 .3 .3 .1 .1 .3", MaskFault.SELF_CROSSING),
        ("0 .1 .1 .2 .2 .3 .3", MaskFault.ZERO_AREA),
        ("0 .1 .1 .3 .1 .3 .3 .1", MaskFault.ODD_COORDINATES),
        ("0 .1 .1 .3 .1 .3 nan", MaskFault.NOT_FINITE),
    ],
)
def test_what_is_wrong_with_a_polygon_is_told(tmp_path, line, fault):
    assert labelled(tmp_path, line).masks.fault.tolist() == [fault]


@pytest.mark.parametrize(
    ("validity", "fault"), [(True, MaskFault.SELF_CROSSING), (False, MaskFault.NONE)]
)
def test_self_crossing_is_only_looked_for_if_asked(tmp_path, validity, fault):
    put(tmp_path, {"train/a": "0 .1 .1 .5 .5 .5 .1 .1 .3"})
    assert load(tmp_path, (), polygon_validity=validity).masks.fault.tolist() == [fault]


def test_a_box_among_polygons_is_read_and_noted(tmp_path):
    dataset = labelled(tmp_path, f"{LINE}0 .1 .1 .3 .1 .3 .3\n")
    assert boxes(dataset)[0] == ("cat", 0, [40, 24, 60, 56])
    assert kinds(dataset) == [(MISSING, "wrong-type", "content")]
    assert dataset.problems.found.tolist() == ["a mix of 1 box and 1 polygon"]


POSE = "train: images/train\nnames: [cat]\nkpt_shape: [2, 3]\n"


def test_keypoints_follow_the_box(tmp_path):
    text = "0 .5 .5 .2 .4 .45 .5 2 .55 .6 1\n0 .5 .5 .2 .4 0 0 0 .5 .5 2\n"
    dataset = labelled(tmp_path, text, yaml=POSE)
    assert dataset.categories.keypoints.tolist() == [2]
    assert dataset.keypoints.values.tolist() == [6, 6]
    assert dataset.keypoints.labelled.tolist() == [2, 1]
    assert dataset.keypoints.readable.tolist() == [True, True]
    assert dataset.keypoints.xyxy[0].tolist() == pytest.approx([45, 40, 55, 48])
    assert boxes(dataset)[0] == ("cat", 0, [40, 24, 60, 56])
    assert len(dataset.masks) == 0


def test_keypoints_that_are_not_as_declared_are_told(tmp_path):
    text = "0 .5 .5 .2 .4 .45 .5 3 .55 .6 1\n0 .5 .5 .2 .4 .5 .5 2\n0 .5 .5 .2 .4\n"
    dataset = labelled(tmp_path, text, yaml=POSE)
    assert dataset.keypoints.box.tolist() == [0, 1]
    assert dataset.keypoints.values.tolist() == [6, 3]
    assert dataset.keypoints.readable.tolist() == [False, True]
    assert kinds(dataset) == [(MISSING, "wrong-type", "content")]
    assert dataset.problems.found.tolist() == ["a mix of 1 box and 2 poses"]


def test_boxes_alone_are_told_once_where_keypoints_are_declared(tmp_path):
    dataset = labelled(tmp_path, "0 .5 .5 .2 .4\n", yaml=POSE)
    assert kinds(dataset) == [(MISSING, "wrong-type", "kpt_shape")]
    assert dataset.problems.found.tolist() == ["[2, 3], but no label has keypoints"]
    posed = "0 .5 .5 .2 .4 .4 .5 2 .5 .6 1\n"
    (tmp_path / "labels" / "train" / "b.txt").write_text(posed)
    Image.new("RGB", (8, 8)).save(tmp_path / "images" / "train" / "b.jpg")
    said = load(tmp_path).problems.found.tolist()
    assert said == ["1 box without the keypoints that data.yaml declares"]


def test_keypoints_of_two_numbers_count_as_three(tmp_path):
    text = "0 .5 .5 .2 .4 .45 .5 0 0\n0 .5 .5 .2 .4 0 0 0 0\n"
    dataset = labelled(tmp_path, text, yaml=POSE.replace("3]", "2]"))
    assert dataset.keypoints.values.tolist() == [6, 6]
    assert dataset.keypoints.labelled.tolist() == [1, 0]
    assert np.isnan(dataset.keypoints.xyxy[1]).all()


def test_an_image_on_its_side_is_measured_as_it_is_shown(tmp_path):
    put(tmp_path, {"train/a": LINE})
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("L", (80, 100)).save(tmp_path / "images" / "train" / "a.png", exif=exif)
    dataset = load(tmp_path, ())
    assert dataset.images.size.tolist() == [[100, 80]]
    assert boxes(dataset) == [("cat", 0, [40, 24, 60, 56])]


def test_an_image_that_cannot_be_read_gets_a_stand_in_for_its_size(tmp_path):
    put(tmp_path, {"train/a": LINE})
    write(tmp_path / "images" / "train" / "a.png", b"nothing")
    dataset = load(tmp_path, ())
    assert dataset.images.size.tolist() == [[640, 640]]
    assert dataset.images.assumed.tolist() == [True]
    assert dataset.headers.error.tolist() != [""]
    assert boxes(dataset) == [("cat", 0, [256, 192, 384, 448])]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_any_system(tmp_path, newline):
    dataset = labelled(tmp_path, (LINE + "\n" + LINE).replace("\n", newline))
    assert dataset.boxes.record.tolist() == [0, 2]
    assert problems(dataset) == []


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_another_encoding_is_understood_and_noted(tmp_path, encoding):
    mark = "\ufeff" if encoding.endswith("e") else ""
    dataset = labelled(tmp_path, (mark + LINE).encode(encoding))
    assert boxes(dataset) == [("cat", 0, [40, 24, 60, 56])]
    assert problems(dataset) == [("labels/train/a.txt", "file", MISSING, "wrong-type", "encoding")]


@pytest.mark.parametrize("data", [b"\x00\x01\x02" * 1000, b"PK\x03\x04\0\0", b"0 .5 .5 .1 .1\0"])
def test_binary_data_is_one_problem(tmp_path, data):
    dataset = labelled(tmp_path, data)
    assert len(dataset.boxes) == 0
    assert problems(dataset) == [("labels/train/a.txt", "file", MISSING, "unreadable", "")]
    assert dataset.problems.found.tolist() == ["binary data"]


def test_bytes_that_are_no_text_spoil_only_their_line(tmp_path):
    dataset = labelled(tmp_path, LINE.encode() + b"\xff\xfe caf\xe9\n" + LINE.encode())
    assert dataset.boxes.record.tolist() == [0, 2]
    assert kinds(dataset) == [(1, "unreadable", "")]


def test_a_label_file_that_is_no_file_is_a_problem(tmp_path):
    put(tmp_path, {"train/a": None, "train/b": None, "train/c": LINE})
    (tmp_path / "labels" / "train" / "a.txt").mkdir()
    os.mkfifo(tmp_path / "labels" / "train" / "b.txt")
    dataset = load(tmp_path, ())
    assert dataset.boxes.image.tolist() == [2]
    assert [(file, kind) for file, _, _, kind, _ in problems(dataset)] == [
        ("labels/train/a.txt", "unreadable"),
        ("labels/train/b.txt", "unreadable"),
    ]


def test_a_line_of_a_million_numbers_is_a_polygon(tmp_path):
    dataset = labelled(tmp_path, "0" + " 0.25 0.75" * 500_000 + "\n" + LINE)
    assert dataset.masks.points.tolist() == [500_000]
    assert len(dataset.boxes) == 2


def test_a_hundred_thousand_broken_lines_take_no_time(tmp_path):
    dataset = labelled(tmp_path, "0.0 .5 .5 .1 .1\nx\n" * 50_000)
    assert len(dataset.boxes) == 50_000
    assert len(dataset.problems) == 100_000


def test_what_does_not_exist_is_one_clear_line(tmp_path):
    with pytest.raises(FormatError, match="nowhere"):
        load(tmp_path / "nowhere", ())


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=80))
def test_no_bytes_of_labels_make_it_fail(tmp_path, data):
    dataset = labelled(tmp_path, data)
    assert len(dataset.boxes) + len(dataset.problems) > 0 or not data.strip()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)))
def test_no_bytes_of_a_description_make_it_fail(tmp_path, data):
    put(tmp_path, {"train/a": LINE})
    path = write(tmp_path / "other.yaml", b"names: [a]\ntrain: " + data)
    with contextlib.suppress(FormatError):
        load(path, ())


@pytest.mark.parametrize(
    ("names", "word", "index"),
    [
        ("[cat, dog, bird]", "dog", 1),
        ("[cat, dog, dog]", "dog", MISSING),
        ("[cat, dog, dog]", "Dog", MISSING),
        ("[Dog, dog, dog]", "dog", MISSING),
        ("[Dog, dog, dog]", "Dog", 0),
        ("[cat, dog, dog]", "cat", 0),
    ],
)
def test_a_name_that_two_classes_have_is_neither(tmp_path, names, word, index):
    yaml = f"train: images/train\nval: images/val\nnames: {names}\n"
    path = put(tmp_path, {"train/a": LINE.replace("0 ", f"{word} ", 1)}, yaml=yaml)
    assert load(path, ()).boxes.label.tolist() == [index]
