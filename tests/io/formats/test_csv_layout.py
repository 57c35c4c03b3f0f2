"""Which columns of a table hold what, by their names or by what is in them."""

from __future__ import annotations

import pytest

from labelaudit.io.formats.csv_layout import layout_of

ROWS = {
    "filename,width,height,class,xmin,ymin,xmax,ymax a.jpg,9,9,c,1,2,3,4": (0, 4567, "corners", 3),
    "ymax,xmax,ymin,xmin,label,image 4,3,2,1,c,a.jpg": (5, 3210, "corners", 4),
    "image_id;x_min;y_min;x_max;y_max;class_name a;1;2;3;4;c": (0, 1234, "corners", 5),
    "image|x1|y1|x2|y2|label a|1|2|3|4|c": (0, 1234, "corners", 5),
    "path,x0,y0,x1,y1,category a,1,2,3,4,c": (0, 1234, "corners", 5),
    "ImagePath,bbox_x,bbox_y,bbox_width,bbox_height,Class a,1,2,3,4,c": (0, 1234, "size", 5),
    "img,left,top,width,height,name a,1,2,3,4,c": (0, 1234, "size", 5),
    "img,x_center,y_center,w,h,name a,1,2,3,4,c": (0, 1234, "centre", 5),
    'image_id,width,height,bbox,source a,9,9,"[1,2,3,4]",s': (0, 3, "size", None),
    "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId a.ppm;9;9;1;2;3;4;c": (
        *(0, 3456),
        *("corners", 7),
    ),
    "filename,cell_type,xmin,xmax,ymin,ymax a.jpg,RBC,1,3,2,4": (0, 2435, "corners", 1),
    "image_id,class_name,class_id,x_min,y_min,x_max,y_max a,c,3,1,2,3,4": (0, 3456, "corners", 1),
}
"""A header and a row; the columns of the image, the box (digit by digit) and the label."""


@pytest.mark.parametrize(("lines", "expected"), ROWS.items())
def test_columns_are_known_by_many_names_in_any_order(lines, expected):
    layout = layout_of(lines.split())
    box = int("".join(map(str, layout.box)))
    assert (layout.image, box, layout.form, layout.label) == expected


def test_a_tab_parts_columns():
    assert layout_of(["image\tx1\ty1\tx2\ty2", "a\t1\t2\t3\t4"]).box == (1, 2, 3, 4)


def test_width_and_height_are_of_the_image_where_corners_are_known():
    layout = layout_of(["filename,width,height,class,xmin,ymin,xmax,ymax", "a,9,9,c,1,2,3,4"])
    assert dict(layout.others) == {"width": 1, "height": 2}
    assert dict(layout_of(["image,x,y,width,height", "a,1,2,3,4"]).others) == {}


def test_tables_without_names_are_those_of_retinanet_and_automl():
    retina = layout_of(["p/a.jpg,1,2,3,4,cat", "p/b.jpg,,,,,"])
    assert (retina.image, retina.box, retina.label, retina.header) == (0, (1, 2, 3, 4), 5, ())
    wide = layout_of(["a.jpg,1,2,3,4,object,640,480"])
    assert dict(wide.others) == {"width": 6, "height": 7}
    automl = layout_of(["TRAIN,gs://b/a.jpg,cat,0.1,0.2,,,0.3,0.4,,"])
    assert (automl.image, automl.box, automl.label) == (1, (3, 4, 7, 8), 2)
    assert automl.fractions


@pytest.mark.parametrize(
    ("line", "label", "box"),
    [
        ("a.jpg,1,2,3,4", None, (1, 2, 3, 4)),
        ("a.jpg,cat,1,2,3,4", 1, (2, 3, 4, 5)),
        ("a.jpg,1,2,3,4,0", 5, (1, 2, 3, 4)),
        ("a.jpg,64,48,cat,1,2,3,4", 3, (4, 5, 6, 7)),
        ('a.jpg 1 2 3 4 0 "car"', 6, (1, 2, 3, 4)),
        ('a.jpg 1 2 3 4 0 "traffic light" "Red"', 6, (1, 2, 3, 4)),
        ("a.jpg 1  2 3 4 car", 5, (1, 2, 3, 4)),
        ("a.jpg 1 2 3 4 0.93 0", 6, (1, 2, 3, 4)),
    ],
)
def test_tables_without_names_are_told_by_where_no_number_stands(line, label, box):
    layout = layout_of([line, line.replace("a.jpg", "b.jpg")])
    assert (layout.image, layout.label, layout.box, layout.header) == (0, label, box, ())
    assert layout.is_open
    assert layout.is_documented == (len(line.split(",")) != 5 and label != 1)


@pytest.mark.parametrize(("cell", "scored"), [("0.93", True), ("0", False), ("1", False)])
def test_a_fraction_before_a_class_number_is_a_score_and_nothing_else_is(cell, scored):
    layout = layout_of([f"a.jpg 1 2 3 4 {cell} 7"])
    assert (layout is not None) == scored
    assert not scored or dict(layout.others) == {"score": 5}


def test_udacity_with_names_of_columns_is_parted_by_blanks():
    layout = layout_of(["frame xmin ymin xmax ymax occluded label", "a.jpg 1 2 3 4 0 car"])
    assert (layout.box, layout.label, layout.delimiter) == ((1, 2, 3, 4), 6, " ")
    assert not layout.is_open


@pytest.mark.parametrize(
    "lines",
    [
        ["a,b", "1,2"],
        ["image_id,nose_x,nose_y,tail_x,tail_y", "a.jpg,1,2,3,4"],
        ["a.jpg 3", "b.jpg 4"],
        ["a.jpg,64,48,3,1,2,3,4"],
        ["filename,class", "a.jpg,cat"],  # classes of whole images
        ["xmin,ymin,xmax,ymax", "1,2,3,4"],
        ["cat,0"],
        ["a.jpg,1,2,3,x,cat"],
        ["filename,x,y,w,h", "a,x,2,3,4", "b,y,2,3,4"],
        ["#", "#", "#", "#", "#", "filename,xmin,ymin,xmax,ymax", "a,1,2,3,4"],
        ["a.jpg,1,2,3,4,cat", *["b.jpg,x,2,3,4,cat"] * 4],
        [],
    ],
)
def test_other_tables_are_none(lines):
    assert layout_of(lines) is None


def test_broken_lines_below_names_of_columns_do_not_hide_a_table():
    bad = ["a,1,2,x,4", "a", '"', "", "a;1;2;3;4"]
    assert layout_of(["filename,xmin,ymin,xmax,ymax", *bad]) is not None
    assert layout_of(["filename,x,y,w,h", *bad, "a,1,2,3,4"]) is not None
    assert layout_of(["filename,xmin,ymin,xmax,ymax"]) is not None


def test_names_of_columns_may_stand_below_comments():
    layout = layout_of(["# made by hand", "# 2020", "", "?", "filename,x1,y1,x2,y2", "a,1,2,3,4"])
    assert layout is not None
    assert layout.header == ("filename", "x1", "y1", "x2", "y2")


@pytest.mark.parametrize("lines", [["a.jpg,1,2,x,4,cat"], ["a.jpg"], ["# a", "b,c"]])
def test_a_quarter_of_the_lines_of_a_table_without_names_may_be_whole(lines):
    table = ["a.jpg,1,2,3,4,cat", *lines, *["b.jpg,1"] * (3 - len(lines))]
    assert layout_of(table) is not None
    assert layout_of([lines[0], *table[:1]]) is not None
    assert layout_of([*table, "b.jpg"]) is None


def test_the_columns_of_a_box_have_the_names_of_the_table_or_those_that_people_know():
    named = layout_of(["image,x0,y0,x1,y1,c", "a.jpg,1,2,30,40,c"])
    assert named.names_of_box() == ["x0", "y0", "x1", "y1"]
    bare = layout_of(["a.jpg,1,2,30,40,c", "b.jpg,5,6,30,40,c"])
    assert bare.names_of_box() == ["x1", "y1", "x2", "y2"]
