from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.duplicates.duplicate_boxes import (
    adds_nothing,
    exact_keepers,
    information,
    like_masks,
    nearly_equal,
    suppressed,
)
from labelaudit.boxes.pairs import Pairs
from labelaudit.dataset.tables import MaskFault
from labelaudit.testing import one_image, with_columns, with_polygons

CAR = "car 10 10 50 50"
SQUARE = [10, 10, 50, 10, 50, 50, 10, 50]
TRIANGLE = [10, 10, 50, 10, 50, 50]
CUT = [10, 10, 50, 10, 50, 40, 40, 50, 10, 50]  # a square without one of its corners


def test_a_mask_is_worth_more_than_keypoints_and_these_more_than_an_area():
    dataset = with_columns(one_image(*[CAR] * 5), "boxes", area=[np.nan, 1600, 1600, np.nan, 1])
    dataset = with_columns(dataset, "keypoints", box=[2], labelled=[17])
    dataset = with_polygons(dataset, None, None, None, [SQUARE], [[10, 10, 50, 10]])
    assert dataset.masks.fault.tolist() == [MaskFault.NONE, MaskFault.TOO_FEW_POINTS]
    assert (np.diff(information(dataset)[[0, 1, 2, 4, 3]]) > 0).all()


def test_of_exact_copies_the_one_that_is_worth_most_stands_for_all():
    boxes = one_image(CAR, "car 0 0 9 9", CAR, CAR).boxes
    group = np.zeros(4, np.int64)
    assert exact_keepers(boxes, group, np.array([0, 9, 1, 1])).tolist() == [2, 1, 2, 2]
    assert exact_keepers(boxes, group, np.zeros(4, np.int64)).tolist() == [0, 1, 0, 0]
    assert exact_keepers(boxes, np.array([0, 0, 0, -1]), group).tolist() == [0, 1, 0, 3]


def linked(links: list[tuple[int, int]]) -> Pairs:
    first, second = np.array(links, np.int32).reshape(-1, 2).T
    return Pairs.of(len(links), first=first, second=second)


def test_of_a_pair_the_box_of_greater_merit_stays_then_the_first():
    lost = suppressed(linked([(0, 1), (2, 3)]), np.zeros(4), np.array([8.0, 9, 8, 8]))
    assert (lost.box.tolist(), lost.by.tolist(), lost.pair.tolist()) == ([0, 3], [1, 2], [0, 1])
    assert suppressed(linked([(0, 1)]), np.array([1, 0]), np.array([8, 9])).box.tolist() == [1]


def test_of_a_chain_every_other_box_goes():
    lost = suppressed(linked([(2, 3), (0, 1), (3, 4), (1, 2)]), np.zeros(5, np.int64))
    assert lost.box.tolist() == [1, 3]
    assert lost.by.tolist() == [0, 2]


@given(
    st.lists(st.sampled_from(list(combinations(range(8), 2))), unique=True),
    st.lists(st.integers(0, 2), min_size=8, max_size=8),
)
def test_a_box_goes_for_the_best_one_that_stays_and_no_pair_is_left(links, values):
    lost = suppressed(linked(links), np.array(values))
    gone: dict[int, int] = {}
    order = sorted(range(8), key=lambda box: (-values[box], box))
    for place, box in enumerate(order):
        better = [b for b in order[:place] if b not in gone and (min(b, box), max(b, box)) in links]
        if better:
            gone[box] = better[0]
    assert dict(zip(lost.box.tolist(), lost.by.tolist(), strict=True)) == gone
    ends = [{int(a), int(b)} for a, b in zip(lost.box, lost.by, strict=True)]
    assert ends == [set(links[pair]) for pair in lost.pair]


def near(*boxes: str, min_overlap: float, max_shift: float) -> bool:
    audit = AuditContext(one_image(*boxes))
    assert len(audit.pairs) == 1
    near = nearly_equal(
        audit.dataset.boxes, audit.pairs, min_overlap=min_overlap, max_shift=max_shift
    )
    return bool(near[0])


def test_small_boxes_are_near_by_their_sides():
    assert near("car 0 0 12 12", "car 2 0 14 12", min_overlap=0.8, max_shift=2)
    assert not near("car 0 0 12 12", "car 2.1 0 14.1 12", min_overlap=0.8, max_shift=2)


def test_boxes_of_a_few_pixels_or_in_fractions_are_near_by_their_overlap_only():
    assert not near("car 0 0 0.5 0.5", "car 0 0.1 0.5 0.6", min_overlap=0.8, max_shift=2)
    assert near("car 0 0 0.5 0.5", "car 0 0.05 0.5 0.55", min_overlap=0.8, max_shift=2)


def test_boxes_that_share_little_are_not_near_however_few_the_pixels():
    assert near("car 0 0 8 8", "car 2 0 10 8", min_overlap=0.8, max_shift=2)  # 0.6
    assert not near("car 0 0 7 8", "car 2 0 9 8", min_overlap=0.8, max_shift=2)  # 0.56


def masked(*polygons: list[float] | None) -> bool:
    dataset = with_polygons(one_image(CAR, CAR), *[p and [p] for p in polygons])
    return bool(like_masks(dataset, np.array([0]), np.array([1]))[0])


def test_masks_of_about_one_area_in_one_place_may_be_of_one_object():
    assert masked(SQUARE, SQUARE)
    assert masked(CUT, [10, 10, 50, 10, 50, 28.4, 40, 38.4, 10, 38.4])  # 0.701 of the area
    assert not masked(CUT, [10, 10, 50, 10, 50, 28.3, 40, 38.3, 10, 38.3])  # 0.698
    assert not masked(CUT, TRIANGLE)
    assert not masked(CUT, [31, 10, 71, 10, 71, 40, 61, 50, 31, 50])
    assert masked(CUT, SQUARE)  # the rectangle of its box says nothing
    assert masked(SQUARE, TRIANGLE)


def test_a_mask_that_is_absent_or_broken_rules_nothing_out():
    assert masked(SQUARE, None)
    assert masked(SQUARE, [10, 10, 20, 20])


def adding(dataset) -> bool:
    return not adds_nothing(dataset, np.array([1]), np.array([0]))[0]


def test_a_copy_without_anything_of_its_own_adds_nothing():
    bare = one_image(CAR, CAR)
    assert not adding(bare)
    assert not adding(with_columns(bare, "boxes", area=[1600, np.nan]))
    assert not adding(with_columns(bare, "boxes", area=[1600, 1599]))
    assert not adding(with_polygons(bare, [SQUARE], None))
    assert not adding(with_polygons(bare, [SQUARE], [SQUARE]))
    assert not adding(with_columns(bare, "keypoints", box=[0], labelled=[3]))
    assert not adding(with_columns(bare, "keypoints", box=[1], labelled=[0]))


def test_a_copy_with_an_area_a_mask_or_keypoints_of_its_own_adds_them():
    bare = one_image(CAR, CAR)
    assert adding(with_columns(bare, "boxes", area=[np.nan, 1600]))
    assert adding(with_columns(bare, "boxes", area=[1600, 900]))
    assert adding(with_polygons(bare, None, [SQUARE]))
    assert adding(with_polygons(bare, [SQUARE], [TRIANGLE]))
    assert adding(with_polygons(bare, [TRIANGLE], [[10, 10, 30, 10, 50, 10, 50, 50]]))
    assert adding(with_columns(bare, "keypoints", box=[1], labelled=[3]))


def test_keypoints_elsewhere_are_keypoints_of_its_own():
    def posed(*extents):
        boxes = one_image(CAR, CAR)
        return with_columns(boxes, "keypoints", box=[0, 1], labelled=[3, 3], xyxy=extents)

    assert not adding(posed([20, 20, 30, 30], [20, 20, 30, 30.4]))
    assert adding(posed([20, 20, 30, 30], [20, 20, 30, 31]))


@pytest.mark.parametrize("far", [np.inf, np.nan, -1e18, 2e9])
def test_a_mask_that_reaches_beyond_every_image_rules_nothing_out(far):
    masks = {"box": [0, 1], "xyxy": [[0, 0, 50, 90], [50, 0, far, 90]], "area": [100.0, 4500.0]}
    dataset = with_columns(one_image("car 0 0 100 90", "car 0 0 100 90"), "masks", **masks)
    assert like_masks(dataset, np.array([0]), np.array([1])).tolist() == [True]
    near = masks | {"xyxy": [[0, 0, 50, 90], [50, 0, 99, 90]]}
    near = with_columns(dataset, "masks", **near)
    assert like_masks(near, np.array([0]), np.array([1])).tolist() == [False]
