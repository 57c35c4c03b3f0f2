"""Transforms from one convention to another, against numbers worked out by hand and reversed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.boxes.conventions import CONVENTIONS, PLAIN, TRANSFORMS, upside_down

SIZE = np.array([[100.0, 50.0]])
BOX = [10.0, 20.0, 40.0, 30.0]  # left, top, right, bottom


@pytest.mark.parametrize(
    ("convention", "numbers"),
    [
        ("xywh", [10, 20, 30, 10]),
        ("xyxy", [10, 20, 40, 30]),
        ("cxcywh", [25, 25, 30, 10]),
        ("yxhw", [20, 10, 10, 30]),
        ("yxyx", [20, 10, 30, 40]),
        ("xxyy", [10, 40, 20, 30]),
        ("normalised-xywh", [0.1, 0.4, 0.3, 0.2]),
        ("normalised-xyxy", [0.1, 0.4, 0.4, 0.6]),
        ("normalised-cxcywh", [0.25, 0.5, 0.3, 0.2]),
        ("normalised-yxyx", [0.4, 0.1, 0.6, 0.4]),
        ("normalised-cycxhw", [0.5, 0.25, 0.2, 0.3]),
        ("bottom-up-xywh", [10, 20, 30, 10]),  # 50 - 30 is 20 again
        ("bottom-up-xyxy", [10, 20, 40, 30]),
        ("bottom-up-normalised-cxcywh", [0.25, 0.5, 0.3, 0.2]),
        ("bottom-up-voc-xyxy", [11, 21, 40, 30]),
        ("one-based-xywh", [11, 21, 30, 10]),
        ("zero-based-xyxy", [10, 20, 39, 29]),
        ("voc-xyxy", [11, 21, 40, 30]),
        ("voc-yxyx", [21, 11, 30, 40]),
        ("voc-reversed", [40, 30, 11, 21]),
    ],
)
def test_every_convention_writes_and_reads_a_box_as_worked_out_by_hand(
    convention: str, numbers: list[float]
) -> None:
    box, written = np.array([BOX]), np.array([numbers], np.float64)
    assert CONVENTIONS[convention].write(box, SIZE) == pytest.approx(written)
    assert CONVENTIONS[convention].read(written, SIZE) == pytest.approx(box)


def test_upside_down_a_box_is_as_far_from_the_top_as_it_was_from_the_bottom() -> None:
    assert upside_down(np.array([[10.0, 0, 40, 15]]), SIZE).tolist() == [[10, 35, 40, 50]]


def test_corners_read_as_sizes_become_corners() -> None:
    read_as_sizes = np.array([[10.0, 20, 50, 50]])  # the numbers are 10 20 40 30
    assert TRANSFORMS["xyxy-as-xywh"](read_as_sizes, SIZE).tolist() == [BOX]


def test_fractions_read_as_pixels_become_pixels() -> None:
    read_as_pixels = np.array([[0.1, 0.4, 0.4, 0.6]])  # the numbers are 0.1 0.4 0.3 0.2
    assert TRANSFORMS["normalised-xywh-as-xywh"](read_as_pixels, SIZE)[0] == pytest.approx(BOX)


def test_corners_counted_from_0_move_by_a_pixel_where_voc_counted_from_1() -> None:
    read_from_one = np.array([[9.0, 19, 40, 30]])  # the numbers are 10 20 40 30
    assert TRANSFORMS["xyxy-as-voc-xyxy"](read_from_one, SIZE).tolist() == [BOX]


def test_a_box_that_is_not_finite_stays_as_it_is() -> None:
    boxes = np.array([[np.nan, 0, 1, 1], [0, 0, np.inf, 1]])
    for transform in TRANSFORMS.values():
        assert np.array_equal(transform(boxes, np.tile(SIZE, (2, 1))), boxes, equal_nan=True)


@pytest.mark.parametrize("size", [[np.nan, np.nan], [0.0, 0.0]])
def test_a_box_in_an_image_of_unknown_size_stays_where_the_size_is_needed(
    size: list[float],
) -> None:
    box, unknown = np.array([BOX]), np.array([size])
    fractions = TRANSFORMS["cxcywh-as-normalised-cxcywh"]
    assert fractions(box, unknown).tolist() == [BOX]
    assert TRANSFORMS["xywh-as-xyxy"](box, unknown).tolist() == [[10, 20, 50, 50]]


def test_nothing_is_transformed_to_nothing() -> None:
    for transform in TRANSFORMS.values():
        assert transform(np.empty((0, 4)), np.empty((0, 2))).shape == (0, 4)


def test_a_transform_leaves_the_boxes_that_it_is_given() -> None:
    box = np.array([BOX])
    TRANSFORMS["bottom-up-xywh-as-xywh"](box, SIZE)
    assert box.tolist() == [BOX]


@given(
    st.sampled_from(sorted(TRANSFORMS)),
    st.lists(st.integers(-2000, 2000), min_size=4, max_size=4),
    st.tuples(st.integers(1, 2000), st.integers(1, 2000)),
)
def test_a_transform_and_its_reverse_change_nothing(
    name: str, corners: list[int], size: tuple[int, int]
) -> None:
    true, _, declared = name.partition("-as-")
    box, image = np.array([corners], np.float64), np.array([size], np.float64)
    there = TRANSFORMS[name](box, image)
    assert TRANSFORMS[f"{declared}-as-{true}"](there, image) == pytest.approx(box, abs=1e-6)


def test_every_order_is_its_own_inverse() -> None:
    for convention in CONVENTIONS.values():
        order = convention.order
        assert tuple(order[place] for place in order) == PLAIN


def test_no_two_conventions_are_the_same() -> None:
    names = list(CONVENTIONS)
    for a in names:
        same = [b for b in names if not CONVENTIONS[a].differences(CONVENTIONS[b])]
        assert same == [a]
