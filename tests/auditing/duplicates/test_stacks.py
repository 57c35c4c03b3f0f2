from __future__ import annotations

import numpy as np
import pytest

from labelaudit.auditing.duplicates.duplicate_boxes import NEAR_OVERLAP, NEAR_SHIFT, nearly_equal
from labelaudit.auditing.duplicates.stacks import LEAST, of_a_stack
from labelaudit.boxes.pairs import Pairs, overlapping_pairs
from labelaudit.core.columns import Floats
from labelaudit.dataset.tables import Boxes

PLATE = np.array([100.0, 100, 200, 120])


def row(*ways: tuple[float, float], first: Floats = PLATE) -> Floats:
    """Boxes of one size, each so far from the last, (n + 1, 4)."""
    way = np.array([(0, 0), *ways], np.float64).cumsum(axis=0)
    return first + np.hstack([way, way])


def one_object(xyxy: Floats) -> list[tuple[int, int]]:
    """Pairs of boxes that are near and of no row."""
    boxes = Boxes.of(len(xyxy), xyxy=xyxy, image=np.zeros(len(xyxy), np.int32))
    pairs: Pairs = overlapping_pairs(xyxy, boxes.image, min_inside=0.5)
    limits = {"min_overlap": NEAR_OVERLAP, "max_shift": NEAR_SHIFT}
    near = nearly_equal(boxes, pairs, **limits)
    near[near] = ~of_a_stack(boxes, pairs, near, **limits)
    left = pairs.rows(near)
    return sorted(zip(left.first.tolist(), left.second.tolist(), strict=True))


@pytest.mark.parametrize("way", [(6, 0), (0, 2), (-6, 1), (5, -1), (3, 0), (1, 0)])
def test_of_a_row_no_two_are_one_object(way):
    assert one_object(row(*[way] * 29)) == []


def test_four_are_a_row_and_three_are_not():
    assert LEAST == 4
    assert one_object(row(*[(6, 0)] * 3)) == []
    assert one_object(row(*[(6, 0)] * 2)) == [(0, 1), (1, 2)]


def test_boxes_in_order_whose_ends_are_near_are_one_object():
    assert len(one_object(row(*[(2, 0)] * 4))) > 0  # 8 px from end to end
    assert one_object(row(*[(2, 0)] * 9)) == []  # 18 px: two objects


def test_a_row_may_shrink_as_in_perspective():
    sides = [[100, 100, 100 + 100 * 0.95**n, 100 + 80 * 0.95**n] for n in range(12)]
    moved = np.array(sides) + np.arange(12)[:, None] * [4, 1, 4, 1]
    assert one_object(moved) == []


def test_a_hand_may_shake_a_little():
    noise = np.random.default_rng(1).normal(0, 0.5, (30, 4))
    assert one_object(row(*[(6, 0)] * 29) + noise) == []


@pytest.mark.parametrize(("way", "found"), [((2, 0), True), ((3.4, 0), False), ((0, 1), True)])
def test_a_copy_in_a_row_is_nearer_than_a_third_of_a_step(way, found):
    boxes = row(*[(6, 0)] * 9)
    copied = np.vstack([boxes, boxes[4] + np.array([*way, *way])])
    assert ((4, 10) in one_object(copied)) is found


def test_steps_that_differ_by_more_than_half_are_no_row():
    assert one_object(row((8, 0), (3, 0), (8, 0), (3, 0), (8, 0), (3, 0))) != []


@pytest.mark.parametrize("count", [2, 3, 4, 5, 8, 15, 60])
@pytest.mark.parametrize("spread", [1.5, 4, 8])
def test_boxes_of_one_object_are_no_row_however_many(count, spread):
    random = np.random.default_rng(count)
    for _ in range(40 if count < 60 else 3):
        xyxy = np.array([100.0, 100, 200, 180]) + random.normal(0, spread, (count, 4))
        boxes = Boxes.of(count, xyxy=xyxy, image=np.zeros(count, np.int32))
        pairs = overlapping_pairs(xyxy, boxes.image, min_inside=0.5)
        near = nearly_equal(boxes, pairs, min_overlap=NEAR_OVERLAP, max_shift=NEAR_SHIFT)
        assert len(one_object(xyxy)) >= 0.99 * np.count_nonzero(near)


def test_of_nothing_and_of_one_pair_there_is_no_row():
    assert one_object(np.zeros((0, 4))) == []
    assert one_object(row((1, 0))) == [(0, 1)]
