from __future__ import annotations

import math

import pytest

from labelaudit.io.formats.loose_boxes import loose_box, loose_number, loose_numbers


@pytest.mark.parametrize(
    "value",
    [
        {"x": 10, "y": 20, "width": 30, "height": 40},
        {"X": "10", "Y": "20", "w": "30px", "h": "40 px"},
        {"left": 10, "top": 20, "right": 40, "bottom": 60},
        {"x_min": 10, "y_min": 20, "x_max": 40, "y_max": 60},
        {"xtl": 10, "ytl": 20, "xbr": 40, "ybr": 60},
        {"x1": 10, "y1": 20, "x2": 40, "y2": 60},
        {"x0": 10, "y0": 20, "x1": 40, "y1": 60},
        {"bbox_x": 10, "bbox_y": 20, "bbox_width": 30, "bbox_height": 40},
        {"cx": 25, "cy": 40, "w": 30, "h": 40},
        {"cx": 25, "cy": 40, "w": 40, "h": 30, "angle": math.pi / 2},
        {"x": 25, "y": 40, "w": 40, "h": 30, "angle": 90},
        {"cx": 25, "cy": 40, "w": 30, "h": 40, "x": 10, "y": 20, "width": 30, "height": 40},
        [10, 20, 30, 40],
        ("10", "20", "30", "40"),
        [[10, 20, 30, 40]],
        [[10, 20], [40, 60]],
        [10, 20, 40, 20, 40, 60, 10, 60],
        [[10, 20], [40, 30], [20, 60]],
        [{"x": 10, "y": 20}, {"x": 40, "y": 60}],
        "[10, 20, 30, 40]",
        "(10.0,20.0,30.0,40.0)",
        "10 20 30 40",
        "10;20;30;40",
        "10,0; 20,0; 30,0; 40,0",
        "x=10 y=20 width=30 height=40",
        "{'x': 10, 'y': 20, 'w': 30, 'h': 40}",
        '{"x": 10, "y": 20, "w": 30, "h": 40}',
        "array([10., 20., 30., 40.])",
        "10,20 40,20 40,60",
    ],
)
def test_a_box_is_read_however_it_is_written(value):
    assert loose_box(value, "size") == pytest.approx([10, 20, 40, 60])


def test_four_numbers_are_what_the_format_has_them_for():
    assert loose_box("10 20 40 60", "corners") == [10, 20, 40, 60]
    assert loose_box("10 20 40 60", "size") == [10, 20, 50, 80]


def test_two_pairs_that_can_be_no_corners_are_a_corner_and_a_size():
    assert loose_box([[10, 20], [11, 21]], "size") == [10, 20, 11, 21]
    assert loose_box([[10, 20], [10, 21]], "size") == [10, 20, 20, 41]


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 7, "", "abc", "10 20 30", "1,234 5 6 7", [], {}, [[]], [[[[[[1]]]]]]),
        *([1, 2, 3], [1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6], [1, 2, 3, None], [1, 2, True, 4]),
        *([math.nan, 1, 2, 3], [math.inf, 1, 2, 3], [1e301, 1, 2, 3], {"x": 1, "y": 2, "w": 3}),
        *({"xmin": 1, "ymin": 2, "xmax": "?", "ymax": 3}, "10,20 40,20 40,60 10,60"),
    ],
)
def test_what_may_mean_several_boxes_or_none_means_none(value):
    assert loose_box(value, "size") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("12", 12), (" -1.5e1 ", -15), ("12,5", 12.5), ("12 px", 12), ("12pixels", 12)),
        *(("(88,)", 88), ("[7]", 7), (".5", 0.5), ("1,234", None), ("1,2345", 1.2345)),
        *(("", None), ("px", None), ("x10", None), ("1_0", None), ("nan", None), ("1e999", None)),
    ],
)
def test_numbers_may_have_a_unit_or_a_decimal_comma(text: str, value: float | None):
    assert loose_number(text) == value


def test_words_among_numbers_make_them_none():
    assert loose_numbers("1 to 2") == loose_numbers("7") == []
