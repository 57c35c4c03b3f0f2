from __future__ import annotations

import numpy as np
import pytest

from labelaudit.boxes.ops import area, clip, intersection, intersection_box, iou, is_valid, overhang


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


def test_a_box_is_cut_off_at_each_edge_of_its_image_and_stays_as_it_is_within() -> None:
    size = np.array([[100.0, 80.0]])
    within = [one(0, 0, 100, 80), one(0.5, 0.25, 99.5, 79.75)]
    assert [clip(box, size).tolist() for box in within] == [box.tolist() for box in within]
    assert clip(one(-0.5, -0.25, 100.5, 80.25), size).tolist() == [[0, 0, 100, 80]]
    assert clip(one(-1e300, 3, np.inf, 4), size).tolist() == [[0, 3, 100, 4]]


def test_a_box_outside_of_its_image_is_cut_to_nothing_on_its_edge() -> None:
    size = np.array([[100.0, 80.0]])
    outside = clip(np.array([[-9.0, 5, -1, 9], [100, 5, 120, 9], [5, 90, 9, 95]]), size)
    assert outside.tolist() == [[0, 5, 0, 9], [100, 5, 100, 9], [5, 80, 9, 80]]
    assert not is_valid(outside).any()


def test_each_box_is_cut_by_the_size_of_its_own_image_or_all_by_one() -> None:
    boxes = np.array([[-1.0, -1, 50, 50], [-1, -1, 50, 50]])
    own = clip(boxes, np.array([[10.0, 20], [30, 99]]))
    assert own.tolist() == [[0, 0, 10, 20], [0, 0, 30, 50]]
    assert clip(boxes, np.array([10.0, 20])).tolist() == [[0, 0, 10, 20]] * 2
    assert clip(np.empty((0, 4)), np.empty((0, 2))).shape == (0, 4)


def test_an_unknown_side_cuts_nothing_and_an_infinite_one_only_at_zero() -> None:
    box = one(-1, -2, 50, 60)
    assert clip(box, np.array([np.nan, 40])).tolist() == [[-1, 0, 50, 40]]
    assert clip(box, np.array([np.nan, np.nan])).tolist() == box.tolist()
    assert clip(box, np.array([np.inf, 40])).tolist() == [[0, 0, 50, 40]]


def test_what_is_no_number_stays_none_when_it_is_cut() -> None:
    for size in ([9.0, 9.0], [np.nan, np.nan], [np.inf, np.inf]):
        assert np.isnan(clip(np.full((1, 4), np.nan), np.array(size))).all()


def test_the_box_that_two_share_has_the_area_that_they_share() -> None:
    rng = np.random.default_rng(0)
    low = rng.integers(0, 10, (2, 200, 2)).astype(float)
    a, b = np.concatenate([low, low + rng.integers(0, 8, low.shape)], axis=2)
    shared = intersection_box(a, b)
    assert area(shared).tolist() == intersection(a, b).tolist()
    assert (is_valid(shared) == (intersection(a, b) > 0)).all()
    assert 20 < is_valid(shared).sum() < 180


@pytest.mark.parametrize(
    ("box", "beyond"),
    [
        ([10, 10, 90, 40], -10),
        ([-3, 10, 90, 40], 3),
        ([10, -4, 90, 40], 4),
        ([10, 10, 105, 40], 5),
        ([10, 10, 90, 56], 6),
        ([-3, -4, 105, 56], 6),
    ],
)
def test_an_overhang_is_how_far_the_farthest_side_is_beyond_the_image(box, beyond):
    assert overhang(np.array([box], float), np.array([[100.0, 50.0]])).tolist() == [beyond]
