from __future__ import annotations

import tracemalloc
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from labelaudit.boxes import pairs as search
from labelaudit.boxes.ops import area, intersection, iou
from labelaudit.boxes.pairs import Pairs, first_equal, overlapping_pairs
from labelaudit.core.columns import Floats, Ints


@pytest.fixture(autouse=True, scope="module", params=["compiled", "in numpy"])
def both_loops(request):
    """All holds with the compiled loop, and without it."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "in numpy":
            patch.setattr(search, "_sweep_loop", None)
        elif search._sweep_loop is None:
            pytest.skip("there is no compiled loop here")
        yield


Box = tuple[float, float, float, float]

HUGE = 1e18
SIDES = st.sampled_from([0.0, -0.0, 1.0, 2.0, 3.0, 4.5, 7.0, 100.0, -50.0, HUGE, -HUGE, 1e300])


def boxes_in_groups(sides: st.SearchStrategy[float], groups: int):
    """Boxes that are finite and have an inside, in a few groups of which -1 takes no part."""
    span = st.lists(sides, min_size=2, max_size=2, unique=True).map(sorted)
    box = st.tuples(span, span).map(lambda spans: tuple(zip(*spans, strict=True)))
    box = box.map(lambda corners: corners[0] + corners[1])
    return st.lists(st.tuples(box, st.integers(-1, groups - 1)), max_size=30)


def columns(drawn: list[tuple[Box, int]]) -> tuple[Floats, Ints]:
    boxes = np.array([box for box, _ in drawn], float).reshape(-1, 4)
    return boxes, np.array([group for _, group in drawn], np.int64)


def slow_pairs(boxes: Floats, group: Ints, min_inside: float) -> Pairs:
    """What `overlapping_pairs` promises, one pair after the other."""
    found = []
    for a, b in combinations(range(len(boxes)), 2):
        if group[a] != group[b] or group[a] < 0:
            continue
        with np.errstate(all="ignore"):
            shared = intersection(boxes[[a]], boxes[[b]])[0]
            inside = min(shared / area(boxes[[a, b]]).min(), 1.0)
            if shared > 0 and inside >= min_inside:
                found.append((a, b, shared / (area(boxes[[a, b]]).sum() - shared), inside))
    first, second, overlap, inside = np.array(found).reshape(-1, 4).T
    return Pairs.of(len(found), first=first, second=second, overlap=overlap, inside=inside)


def assert_same(found: Pairs, expected: Pairs) -> None:
    for name in ("first", "second", "overlap", "inside"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


@given(boxes_in_groups(SIDES, 3), st.sampled_from([0.0, 0.5, 1.0]))
def test_pairs_agree_with_comparing_all_boxes(drawn, min_inside):
    boxes, group = columns(drawn)
    pairs = overlapping_pairs(boxes, group, min_inside=min_inside)
    assert_same(pairs, slow_pairs(boxes, group, min_inside))


@given(boxes_in_groups(SIDES | st.floats(-1e6, 1e6), 2), st.sampled_from([0.0, 0.5]))
def test_a_crowded_group_is_swept_to_the_same_pairs(drawn, min_inside):
    boxes, group = columns(drawn)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "CROWDED", 1)
        patch.setattr(search, "CHUNK", 5)
        patch.setattr(search, "BATCH", 4)
        pairs = overlapping_pairs(boxes, group, min_inside=min_inside)
    assert_same(pairs, slow_pairs(boxes, group, min_inside))


@pytest.mark.parametrize("groups", [1, 7, 400])
def test_pairs_of_many_boxes_agree_with_comparing_all(groups):
    random = np.random.default_rng(groups)
    corner = random.uniform(0, 300, (400, 2))
    boxes = np.hstack([corner, corner + random.uniform(5, 150, (400, 2))])
    group = random.integers(-1, groups, 400)
    expected = slow_pairs(boxes, group, 0.5)
    assert len(expected)
    assert_same(overlapping_pairs(boxes, group, min_inside=0.5), expected)


def test_nothing_has_no_pairs():
    assert len(overlapping_pairs(np.empty((0, 4)), np.empty(0, np.int32))) == 0
    assert len(overlapping_pairs(np.ones((3, 4)), np.full(3, -1))) == 0


def test_a_negative_group_may_hold_what_cannot_be_compared():
    boxes = np.array([[0, 0, 4, 4], [np.nan] * 4, [np.inf] * 4, [5, 5, 1, 1], [0, 0, 4, 3]])
    pairs = overlapping_pairs(boxes, np.array([0, -1, -1, -1, 0]))
    assert [(pairs.first[0], pairs.second[0])] == [(0, 4)]
    assert pairs.overlap.tolist() == [0.75]


def test_boxes_that_only_touch_are_no_pair():
    boxes = np.array([[0.0, 0, 2, 2], [2, 0, 4, 2], [0, 2, 2, 4]])
    assert len(overlapping_pairs(boxes, np.zeros(3, np.int32))) == 0


def test_min_inside_is_inclusive():
    boxes = np.array([[0.0, 0, 4, 4], [2, 0, 6, 4]])
    group = np.zeros(2, np.int32)
    assert len(overlapping_pairs(boxes, group, min_inside=0.5)) == 1
    assert len(overlapping_pairs(boxes, group, min_inside=0.5001)) == 0


def test_a_box_far_away_hides_no_pair():
    boxes = np.array([[HUGE, HUGE, 2 * HUGE, 2 * HUGE], [10, 10, 20, 20], [10.1, 10, 20, 20]])
    pairs = overlapping_pairs(boxes, np.zeros(3, np.int32), min_inside=0.5)
    assert (pairs.first.tolist(), pairs.second.tolist()) == ([1], [2])


def test_groups_with_large_numbers_stay_apart():
    boxes = np.tile([[0.0, 0, 2, 2]], (4, 1))
    pairs = overlapping_pairs(boxes, np.array([2**31 - 1, 5, 2**31 - 1, 6]))
    assert (pairs.first.tolist(), pairs.second.tolist()) == ([0], [2])


@pytest.mark.parametrize("shape", ["field", "column", "row"])
def test_twenty_thousand_boxes_in_one_image_are_cheap(shape, monkeypatch):
    place = np.arange(20_000)
    corner = {
        "field": np.column_stack([place % 142, place // 142]),
        "column": np.column_stack([place * 0, place]),
        "row": np.column_stack([place, place * 0]),
    }[shape] * 8.0
    boxes = np.hstack([corner, corner + 10.0])
    looked_at = 0

    def counted(corners, reach, candidates=search._candidates):
        nonlocal looked_at
        looked_at += int(reach.sum())
        return candidates(corners, reach)

    monkeypatch.setattr(search, "_candidates", counted)
    tracemalloc.start()
    pairs = overlapping_pairs(boxes, np.zeros(20_000, np.int32), min_inside=0.01)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(pairs) >= 19_999
    assert looked_at < 5_000_000  # of 200 million
    assert peak < 60e6


def slow_first_equal(boxes: Floats, group: Ints) -> list[int]:
    return [
        next(
            (
                other
                for other in range(row)
                if group[row] == group[other] >= 0 and (boxes[row] == boxes[other]).all()
            ),
            row,
        )
        for row in range(len(boxes))
    ]


@given(
    arrays.arrays(float, st.tuples(st.integers(0, 25), st.just(4)), elements=SIDES | st.floats()),
    st.integers(1, 3),
    st.randoms(use_true_random=False),
)
def test_first_equal_agrees_with_comparing_all_boxes(boxes, groups, random):
    boxes = np.vstack([boxes, boxes[::2]])
    group = np.array([random.randrange(-1, groups) for _ in boxes], np.int64)
    assert first_equal(boxes, group).tolist() == slow_first_equal(boxes, group)


def test_minus_zero_is_zero():
    boxes = np.array([[0.0, 0, 2, 2], [-0.0, 0, 2, 2]])
    assert first_equal(boxes, np.zeros(2, np.int64)).tolist() == [0, 0]


def test_first_equal_does_not_trust_a_shared_digest(monkeypatch):
    monkeypatch.setattr(search, "digests", lambda boxes, group: np.zeros(len(boxes), np.uint64))
    boxes = np.array([[0.0, 0, 2, 2], [0, 0, 2, 3], [0, 0, 2, 2], [0, 0, 2, 2]])
    assert first_equal(boxes, np.array([0, 0, 0, 1])).tolist() == [0, 1, 0, 3]


def test_iou_of_boxes_without_inside_is_zero():
    flat = np.array([[0.0, 0, 0, 2], [3, 3, 1, 1]])
    assert iou(flat, flat).tolist() == [0.0, 0.0]
