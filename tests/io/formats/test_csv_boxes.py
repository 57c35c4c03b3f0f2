"""Boxes from rows of a table: images, sizes, fractions, and what is odd in a row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from labelaudit.dataset.tables import Dataset
from labelaudit.io.formats.csv_boxes import corners
from labelaudit.io.load import load
from labelaudit.testing import draw

HEADER = "filename,width,height,class,xmin,ymin,xmax,ymax"


def read(folder: Path, *rows: str, header: str = HEADER, name: str = "labels.csv") -> Dataset:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *rows]), "utf-8")
    return load(folder, format="csv")


def told(dataset: Dataset) -> list[tuple[str, int, str]]:
    columns = (getattr(dataset.problems, name).tolist() for name in ("part", "record", "field"))
    return list(zip(*columns, strict=True))


def test_rows_of_one_image_are_one_image_of_the_size_they_say(tmp_path):
    dataset = read(
        tmp_path, "a.jpg,64,48,cat,1,2,3,4", "b.jpg,,,dog,5,6,7,8", "a.jpg,64,48,dog,9,9,9,9"
    )
    assert dataset.images.name.tolist() == ["a.jpg", "b.jpg"]
    assert dataset.boxes.image.tolist() == [0, 1, 0]
    assert dataset.images.size[0].tolist() == [64, 48]
    assert np.isnan(dataset.images.size[1]).all()
    assert dataset.boxes.record.tolist() == [1, 2, 3]


def test_sizes_that_differ_are_told_once_for_each_change(tmp_path):
    row = "a.jpg,{},48,cat,1,2,3,4"
    dataset = read(tmp_path, *(row.format(width) for width in (64, 640, 640, 64)))
    assert told(dataset) == [("images", 2, "size"), ("images", 4, "size")]
    assert dataset.problems.found[0] == "640 x 48, and 64 x 48 before"


def test_an_image_without_a_box_is_an_image_and_its_class_is_told(tmp_path):
    dataset = read(
        tmp_path, "a.jpg,64,48,,,,,", "b.jpg,64,48,No finding,,,,", "c.jpg,,,cat,1,2,3,4"
    )
    assert (len(dataset.images), len(dataset.boxes), len(dataset.problems)) == (3, 1, 0)
    assert dataset.class_names == ["cat"]
    (note,) = dataset.notes
    assert note.startswith("left out: rows of a class without a box: 1 (labels.csv: line 3")


def test_odd_cells_are_told_and_the_row_stays(tmp_path):
    good = ["a.jpg,64,48,cat,1,2,3,4"] * 4
    odd = ["a.jpg,64,48,cat,1,x,3,4", "a.jpg,64,48,,1,2,3,4", "a.jpg,64,48,cat,,2,y,4"]
    dataset = read(tmp_path, *odd, "a.jpg", ",1,1,c,1,2,3,4", *good)
    assert told(dataset) == [
        ("annotations", 1, "bbox"),
        ("annotations", 2, "class"),
        ("annotations", 3, "bbox"),
        ("annotations", 4, ""),
        ("annotations", 5, ""),
    ]
    assert dataset.problems.found.tolist()[:3] == ["ymin is x", "", "xmin is empty, xmax is y"]
    assert np.isfinite(dataset.boxes.xyxy).all(axis=1).tolist()[:3] == [False, True, False]
    assert len(dataset.boxes) == 7


@pytest.mark.parametrize("number", ["1e308", "-inf", "nan", "1_0", "0x1"])
def test_numbers_that_are_none_are_told(tmp_path, number):
    dataset = read(
        tmp_path, *["a.jpg,64,48,cat,.1,.2,.3,.4"] * 9, f"a.jpg,64,48,cat,.1,{number},1,1"
    )
    assert told(dataset) == [("annotations", 10, "bbox")]
    assert dataset.problems.found.tolist() == [f"ymin is {number}"]
    assert np.isnan(dataset.boxes.xyxy[9]).all()


def test_a_quotation_mark_that_is_not_closed_ends_with_its_line(tmp_path):
    dataset = read(tmp_path, '"a.jpg,64,48,cat,1,2,3,4', '"b, c.jpg",64,48,"cat",1,2,3,4')
    assert dataset.images.name.tolist() == ["b, c.jpg"]
    assert told(dataset) == [("annotations", 1, "")]


@pytest.mark.parametrize(
    ("rows", "fractions"),
    [
        (["a.jpg,64,48,cat,.1,.5,.25,1"], True),
        (["a.jpg,64,48,cat,0,0,1,1"], False),  # a pixel
        ([*["a.jpg,64,48,cat,.1,.5,.25,1"] * 9, "a.jpg,64,48,cat,0,0,2,1"], True),
        ([*["a.jpg,64,48,cat,.1,.5,.25,1"] * 8, "a.jpg,64,48,cat,0,0,2,1"], False),
    ],
)
def test_numbers_are_fractions_where_nine_of_ten_boxes_lie_within_one(tmp_path, rows, fractions):
    dataset = read(tmp_path, *rows)
    written = [float(cell) for cell in rows[0].split(",")[4:]]
    expected = [6.4, 24, 16, 48] if fractions else written
    assert dataset.boxes.xyxy[0].round(6).tolist() == expected


def test_forms_of_four_numbers():
    assert corners([10, 20, 4, 6], "corners") == [10, 20, 4, 6]
    assert corners([10, 20, 4, 6], "size") == [10, 20, 14, 26]
    assert corners([10, 20, 4, 6], "centre") == [8, 17, 12, 23]


def test_a_decimal_comma_is_understood_behind_semicolons(tmp_path):
    dataset = read(tmp_path, "a.jpg;1,5;2;3,25;4;cat", header="image;xmin;ymin;xmax;ymax;class")
    assert dataset.boxes.xyxy.tolist() == [[1.5, 2, 3.25, 4]]


def test_images_beside_their_table_are_found_in_each_split(tmp_path):
    for split in ("train", "valid"):
        draw(tmp_path / split / "a.jpg", (64, 48))
        dataset = read(tmp_path, "a.jpg,64,48,cat,1,2,3,4", name=f"{split}/_annotations.csv")
    assert dataset.images.name.tolist() == ["train/a.jpg", "valid/a.jpg"]
    assert dataset.splits == ("train", "val")
    assert all(dataset.images.path.tolist())


def test_columns_say_splits_crowds_and_what_is_difficult(tmp_path):
    header = "image,xmin,ymin,xmax,ymax,class,split,iscrowd,difficult"
    dataset = read(tmp_path, "a,1,2,3,4,c,Training,1,0", "b,1,2,3,4,c,TEST,0,True", header=header)
    assert dataset.splits == ("train", "test")
    assert dataset.boxes.crowd.tolist() == [True, False]
    assert dataset.boxes.difficult.tolist() == [False, True]


def test_a_table_in_utf_16_is_read(tmp_path):
    (tmp_path / "a.csv").write_text(f"{HEADER}\nä.jpg,1,1,cät,1,2,3,4\n", "utf-16")
    dataset = load(tmp_path)
    assert (dataset.images.name.tolist(), dataset.class_names) == (["ä.jpg"], ["cät"])


def test_of_a_table_of_which_most_rows_are_broken_each_is_told(tmp_path):
    rows = ["a.jpg,64,48,cat,1,2,30,40", "a.jpg", "a.jpg,64,48,dog,x,2,3,4", 'b.jpg,"', ",,,,,,,"]
    dataset = read(tmp_path, *rows)
    assert len(dataset.boxes) == 2
    assert told(dataset) == [
        ("annotations", 2, ""),
        ("annotations", 3, "bbox"),
        ("annotations", 4, ""),
        ("annotations", 5, ""),
    ]


def test_what_stands_above_the_names_of_columns_is_told(tmp_path):
    dataset = read(tmp_path, HEADER, "a.jpg,64,48,cat,1,2,30,40", header="# exported")
    assert len(dataset.boxes) == 1
    assert told(dataset) == [("annotations", 0, "")]
