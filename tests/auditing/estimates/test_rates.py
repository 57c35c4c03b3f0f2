from __future__ import annotations

import numpy as np
import pytest
from scipy.special import betainc, betaincinv

from labelaudit.auditing.estimates.rates import beta_share, lower_limit, standing_out, upper_limit


def worst(groups, *, per_image=1, most=5):
    """The groups that stand out of (boxes, wrong ones) by name, so many boxes in each image."""
    names = list(groups)
    group = np.repeat(np.arange(len(names)), [boxes for boxes, _ in groups.values()])
    wrong = np.concatenate([np.arange(boxes) < errors for boxes, errors in groups.values()]).astype(
        float
    )
    image = np.arange(len(group), dtype=np.int32) // per_image
    return standing_out(names, group, image, wrong, most=most)


def test_a_group_that_is_wrong_more_often_stands_out_and_its_rate_is_told():
    [bus] = worst({"car": (1000, 10), "bus": (100, 20), "van": (100, 2)})
    assert (bus.name, bus.boxes, bus.errors, bus.rate) == ("bus", 100, 20, 0.2)
    assert bus.low == pytest.approx(betaincinv(20, 81, 0.025))
    assert bus.high == pytest.approx(betaincinv(21, 80, 0.975))


def test_the_surest_group_comes_first_not_the_smallest():
    found = worst({"car": (5000, 10), "bus": (400, 80), "van": (6, 5)})
    assert [one.name for one in found] == ["van", "bus"]
    found = worst({"car": (5000, 10), "bus": (400, 80), "van": (3, 2)})
    assert [one.name for one in found] == ["bus", "van"]
    assert found[1].rate > found[0].rate


def test_one_wrong_box_in_a_class_of_one_does_not_stand_out():
    assert worst({"car": (1000, 20), "bus": (1, 1)}) == ()


def test_of_groups_that_are_all_alike_none_stands_out():
    assert worst({"car": (1000, 20), "bus": (1000, 25)}) == ()
    assert worst({"car": (1000, 1000), "bus": (10, 10)}) == ()


def test_with_more_groups_to_choose_from_the_same_rate_stands_out_less():
    others = {f"class {number}": (1, 0) for number in range(60)}
    pair = {"car": (1000, 20), "bus": (40, 5)}
    assert [one.name for one in worst(pair)] == ["bus"]
    assert worst(pair | others) == ()


def test_errors_that_stand_together_in_one_image_count_for_less():
    groups = {"car": (1000, 10), "bus": (100, 20)}
    assert len(worst(groups)) == 1
    assert worst(groups, per_image=20) == ()  # all 20 of them are in one image of five


def test_nothing_stands_out_without_errors_or_with_one_group_alone():
    assert worst({"car": (10, 0), "bus": (10, 0)}) == ()
    assert worst({"car": (10, 5), "bus": (0, 0)}) == ()
    nothing = np.zeros(0, np.int32)
    assert standing_out([], nothing, nothing, np.zeros(0), most=5) == ()


def test_boxes_in_no_group_count_nowhere():
    group = np.array([0] * 50 + [1] * 50 + [-1] * 900, np.int32)
    wrong = np.array([1.0] * 20 + [0.0] * 80 + [1.0] * 900)
    image = np.arange(1000, dtype=np.int32)
    [found] = standing_out(["car", "bus"], group, image, wrong, most=5)
    assert (found.name, found.errors) == ("car", 20)


def test_no_more_groups_are_told_than_asked_for():
    groups = {"car": (10_000, 10)} | {f"class {number}": (100, 50) for number in range(7)}
    assert len(worst(groups, most=5)) == 5
    assert len(worst(groups, most=2)) == 2


def test_limits_are_those_of_scipy():
    rng = np.random.default_rng(0)
    boxes = rng.integers(1, 10_000, 60).astype(float)
    errors = np.where(rng.random(60) < 0.5, np.round(rng.random(60) * boxes), rng.random(60))
    some, left = errors > 0, errors < boxes
    low = np.where(some, betaincinv(np.maximum(errors, 1e-9), boxes - errors + 1, 0.01), 0)
    high = np.where(left, betaincinv(errors + 1, np.maximum(boxes - errors, 1e-9), 0.99), 1)
    assert np.allclose(lower_limit(errors, boxes, 0.01), low, atol=1e-10)
    assert np.allclose(upper_limit(errors, boxes, 0.01), high, atol=1e-10)


@pytest.mark.parametrize("x", [0.0, 1e-12, 0.3, 0.7, 1 - 1e-12, 1.0])
@pytest.mark.parametrize(("a", "b"), [(1e-9, 1.0), (0.5, 0.5), (3.0, 700.0), (1e6, 2.0)])
def test_the_incomplete_beta_function_is_that_of_scipy(a, b, x):
    assert beta_share(a, b, x) == pytest.approx(float(betainc(a, b, x)), abs=1e-9)
