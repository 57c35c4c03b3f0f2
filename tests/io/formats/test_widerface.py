"""WIDER Face: images without faces, faces that are not judged, counts that are wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from labelaudit.dataset.tables import Dataset
from labelaudit.io.formats.evidence import PathSample
from labelaudit.io.formats.widerface import evidence
from labelaudit.io.load import load
from labelaudit.testing import draw

TRAIN = (
    *("0--Parade/a.jpg", "2", "449 330 122 149 0 0 0 0 0 0 ", "10 20 30 40 2 0 0 1 2 0 "),
    *("0--Parade/b.jpg", "0", "0 0 0 0 0 0 0 0 0 0 "),
)
VAL = ("1--Hand shaking/c.jpg", "1", "78 221 7 8 2 0 0 0 0 0 ")


def put(folder: Path, split: str, *lines: str) -> Path:
    path = folder / "wider_face_split" / f"wider_face_{split}_bbx_gt.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines))
    return path


def read(folder: Path, *lines: str) -> Dataset:
    return load(put(folder, "train", *lines), format="widerface")


def told(dataset: Dataset) -> list[tuple[int, str, str]]:
    columns = (getattr(dataset.problems, name).tolist() for name in ("record", "field", "found"))
    return list(zip(*columns, strict=True))


def test_boxes_are_those_that_datumaro_1_13_reads_and_invalid_ones_are_difficult(tmp_path):
    dataset = read(tmp_path, *TRAIN)
    assert dataset.boxes.xyxy.tolist() == [[449, 330, 571, 479], [10, 20, 40, 60]]
    assert dataset.boxes.difficult.tolist() == [False, True]
    assert dataset.class_names == ["face"]


def test_an_image_without_faces_is_an_image_and_its_zeros_are_no_box(tmp_path):
    dataset = read(tmp_path, *TRAIN)
    assert dataset.images.name.tolist() == ["0--Parade/a.jpg", "0--Parade/b.jpg"]
    assert dataset.boxes.image.tolist() == [0, 0]
    assert len(dataset.problems) == 0


def test_a_box_of_zeros_that_is_counted_is_a_box(tmp_path):
    dataset = read(tmp_path, "a.jpg", "1", "0 0 0 0 0 0 0 0 0 0")
    assert (dataset.boxes.xyxy.tolist(), len(dataset.problems)) == ([[0, 0, 0, 0]], 0)


def test_images_of_each_split_are_found_from_the_whole_the_folder_and_the_file(tmp_path):
    put(tmp_path, "train", *TRAIN)
    path = put(tmp_path, "val", *VAL)
    for name in ("WIDER_train/images/0--Parade/a", "WIDER_val/images/1--Hand shaking/c"):
        draw(tmp_path / f"{name}.jpg", (640, 480))
    for place in (tmp_path, path.parent):
        dataset = load(place)
        assert [Path(one).name for one in dataset.images.path] == ["a.jpg", "", "c.jpg"]
        assert dataset.splits == ("train", "val")
    assert Path(load(path).images.path[0]).name == "c.jpg"


def test_a_wrong_count_is_told_and_no_box_is_lost(tmp_path):
    dataset = read(
        tmp_path, "a.jpg", "1", *["1 2 3 4 0 0 0 0 0 0"] * 3, "b.jpg", "1 2 3 4 5 6 7 0 9 9"
    )
    assert len(dataset.boxes) == 4
    assert told(dataset) == [(0, "count", "1, and 3 lines follow"), (5, "count", "")]


def test_lines_that_are_none_are_told(tmp_path):
    dataset = read(tmp_path, "x y", "a.jpg", "3", "1 2 x 4 0 0 0 0 0 0", "1 2", "1 2 3 4 5")
    assert [one[:2] for one in told(dataset)] == [(0, ""), (3, "bbox"), (4, ""), (5, "columns")]
    assert np.isfinite(dataset.boxes.xyxy).all(axis=1).tolist() == [False, True]


def test_a_broken_first_record_does_not_hide_a_list(tmp_path):
    path = put(tmp_path, "train", "0--Parade/x.jpg", "one", "7 x 9 9 0 0 0 0 0 0", *TRAIN)
    dataset = load(path)
    assert dataset.format == "widerface"
    assert dataset.images.name.tolist()[-2:] == ["0--Parade/a.jpg", "0--Parade/b.jpg"]
    assert {record for record, *_ in told(dataset)} <= {0, 1, 2}
    assert len(dataset.problems) > 0


def test_lists_of_other_kinds_are_none(tmp_path):
    ellipses = ["2002/08/11/big/img_591", "1", "123.58 85.54 1.26 269.69 161.78  1"]
    (tmp_path / "FDDB-fold-01-ellipseList.txt").write_text("\n".join(ellipses))
    (tmp_path / "train.txt").write_text("images/a.jpg\nimages/b.jpg\nimages/c.jpg\n")
    assert evidence(PathSample(tmp_path)) is None


def test_lists_of_datumaro_have_four_columns_and_the_class_of_what_is_no_face(tmp_path):
    # as Datumaro 1.13.12 writes them, with a blank where more columns would follow
    lines = ("no_label/a.jpg", "2", "157.0 76.0 128.0 122.0 WBC", "1.0 2.0 3.0 4.0 ")
    put(tmp_path, "train", *lines)
    dataset = load(tmp_path)
    assert (dataset.format, dataset.class_names) == ("widerface", ["WBC", "face"])
    assert dataset.boxes.xyxy.tolist() == [[157, 76, 285, 198], [1, 2, 4, 6]]
    assert len(dataset.problems) == 0


def test_a_line_that_was_cut_is_told_whether_it_ends_with_a_word_or_not(tmp_path):
    dataset = read(tmp_path, "a.jpg", "2", "1 2 3 4 0 0", "1 2 3 4 0 WBC")
    assert told(dataset) == [
        (2, "columns", "6 in place of 10"),
        (3, "columns", "6 in place of 10"),
    ]
    assert dataset.class_names == ["face"]


def test_a_list_without_a_box_has_the_class_of_the_format(tmp_path):
    assert read(tmp_path, "a.jpg", "0", "0 0 0 0 0 0 0 0 0 0").class_names == ["face"]
