from __future__ import annotations

import numpy as np
import pytest

from labelaudit.boxes.ops import area, intersection, iou, is_valid


def one(*box: float) -> np.ndarray:
    return np.array([box], float)


def test_a_box_without_inside_has_no_area() -> None:
    boxes = np.array([[0.0, 0, 2, 3], [5, 5, 4, 9], [5, 5, 9, 4], [5, 5, 4, 4], [1, 1, 1, 9]])
    assert area(boxes).tolist() == [6, 0, 0, 0, 0]


def test_boxes_that_touch_share_nothing() -> None:
    a = one(0, 0, 4, 6)
    assert intersection(a, one(1, 2, 9, 9)).tolist() == [12]
    for beside in (one(4, 0, 8, 6), one(0, 6, 4, 8), one(9, 9, 12, 12), one(5, 0, 8, 6)):
        assert intersection(a, beside).tolist() == [0]


def test_overlap_is_the_shared_part_of_what_either_covers() -> None:
    assert iou(one(0, 0, 4, 6), one(1, 2, 9, 9)) == pytest.approx(12 / (24 + 56 - 12))
    assert iou(one(0, 0, 4, 6), one(0, 0, 4, 6)).tolist() == [1]
    assert iou(one(0, 0, 4, 6), one(4, 0, 8, 6)).tolist() == [0]


def test_boxes_much_smaller_than_a_pixel_overlap_too() -> None:
    assert iou(one(0, 0, 0.5, 0.5), one(0, 0, 0.5, 0.25)).tolist() == [0.5]


def test_boxes_of_no_area_and_what_is_no_number_overlap_with_nothing() -> None:
    flat, nan = one(1, 1, 1, 9), one(np.nan, 0, 4, 6)
    pairs = [(flat, flat), (flat, one(0, 0, 4, 9)), (nan, nan), (nan, one(0, 0, 4, 6))]
    assert [iou(a, b).tolist() for a, b in pairs] == [[0]] * 4
    assert iou(np.empty((0, 4)), np.empty((0, 4))).tolist() == []


def test_a_box_is_valid_if_it_is_finite_and_has_an_inside() -> None:
    assert is_valid(one(0, 0, 1e-9, 1e-9)).tolist() == [True]
    assert is_valid(one(-9, -9, 1e300, 1e300)).tolist() == [True]
    for flat in (one(1, 0, 1, 9), one(0, 1, 9, 1), one(9, 0, 1, 9), one(0, 9, 9, 1)):
        assert is_valid(flat).tolist() == [False]
    for side in range(4):
        for value in (np.nan, np.inf, -np.inf):
            box = one(0, 0, 9, 9)
            box[0, side] = value
            assert is_valid(box).tolist() == [False]
    assert is_valid(np.empty((0, 4))).tolist() == []
