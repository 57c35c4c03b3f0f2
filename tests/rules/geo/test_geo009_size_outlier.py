from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.run import audit
from labelaudit.rules.geo.geo009_size_outlier import NOTHING, by_group, outliers, sizes_of_all
from labelaudit.testing import images, one_image, with_columns

CELLS = [f"cell {20 * k} 0 {20 * k + 9 + k % 3} 10" for k in range(30)]


def test_a_box_unlike_all_others_of_its_class_is_found():
    findings = audit(one_image(*CELLS, "cell 0 20 200 220"), select=["GEO009"])
    assert findings.box.tolist() == [30]
    assert findings.severity.tolist() == [Severity.WARNING]
    words = "cell is 200 x 200 px, 400 times above the median area of its class"
    assert findings.message.tolist() == [words]


def test_a_box_far_too_small_is_found_as_well():
    large = [f"cell {9 * k} 0 {9 * k + 100 + k % 9} 100" for k in range(30)]
    findings = audit(one_image(*large, "cell 0 20 10 40"), select=["GEO009"])
    assert findings.box.tolist() == [30]
    assert "times below the median" in findings.message[0]


def test_a_size_that_is_usual_for_another_class_is_no_excuse():
    dogs = [f"dog {10 * k} 0 {10 * k + 200 + k} 200" for k in range(30)]
    assert audit(one_image(*CELLS, *dogs, "cell 0 20 200 220"), select=["GEO009"]).box == [60]


@pytest.mark.parametrize(("side", "count"), [(2, 1), (1.9, 0)])
def test_what_is_less_than_two_pixels_wide_is_left_to_tiny_box(side, count):
    dataset = one_image(*CELLS, f"cell 0 20 {side} 22")
    assert len(audit(dataset, select=["GEO009"])) == count


@pytest.mark.parametrize(("others", "count"), [(19, 1), (18, 0)])
def test_a_class_of_less_than_twenty_boxes_is_not_judged(others, count):
    dataset = one_image(*CELLS[:others], "cell 0 20 200 220")
    assert len(audit(dataset, select=["GEO009"])) == count


@pytest.mark.parametrize(("side", "count"), [(19.9, 0), (20.1, 1)])
def test_where_all_boxes_have_one_size_it_takes_four_times_their_area(side, count):
    cells = [f"cell {20 * k} 0 {20 * k + 10} 10" for k in range(30)]
    dataset = one_image(*cells, f"cell 0 20 {side} {20 + side}")
    assert len(audit(dataset, select=["GEO009"])) == count


@pytest.mark.parametrize(("deviations", "count"), [(6.9, 0), (7.1, 1)])
def test_it_takes_seven_deviations_where_sizes_vary(deviations, count):
    # Half of the logarithms of the areas are 0.5 or more from their median, which is that of 1,000.
    logs = [0.0] * 5 + [0.5, -0.5] * 5 + [1.0, -1.0] * 5 + [1.4826 * 0.5 * deviations]
    boxes = [f"cell 0 0 {100 * np.exp(log)} 10" for log in logs]
    assert len(audit(one_image(*boxes, size=(1e5, 1e5)), select=["GEO009"])) == count


def test_sizes_are_compared_as_shares_of_their_images():
    near = {f"near{k}.jpg": [f"cell 0 0 {400 + k} 400"] for k in range(30)}
    dataset = images(near | {"far.jpg": ["cell 0 0 10 10"]}, size=(4000, 4000))
    size = np.full((31, 2), 4000.0)
    assert audit(dataset, select=["GEO009"]).box.tolist() == [30]
    size[30] = 100
    smaller = with_columns(dataset, "images", size=size)
    assert len(audit(smaller, select=["GEO009"])) == 0


@pytest.mark.parametrize(
    "box",
    [
        "cell 0 20 200 220 crowd",
        "cell 0 20 200 220 difficult",
        "cell 0 20 1 21",
        "cell 0 20 0 220",
        "cell 200 20 0 220",
        "cell 0 20 inf 220",
        "cell 640 20 1640 1220",
    ],
)
def test_crowds_difficult_tiny_broken_and_outside_boxes_are_left_alone(box):
    assert len(audit(one_image(*CELLS, box), select=["GEO009"])) == 0


def test_a_flat_box_is_no_outlier_even_where_tiny_ones_are():
    change = {"settings": {"size-outlier": {"min-side": 0}}}
    dataset = one_image(*CELLS, "cell 5 20 5 220", "cell 0 20 0.1 21")
    assert audit(dataset, select=["GEO009"], **change).box.tolist() == [31]


def test_boxes_without_a_class_or_in_images_of_unknown_size_are_left_alone():
    dataset = one_image(*CELLS, "cell 0 20 200 220")
    unknown = with_columns(dataset, "images", size=[[np.nan, np.nan]])
    assert len(audit(unknown, select=["GEO009"])) == 0
    nameless = with_columns(dataset, "boxes", label=[0] * 30 + [-1])
    assert len(audit(nameless, select=["GEO009"])) == 0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(-1, 3), st.floats(-30, 30)), max_size=40), st.integers(0, 9))
def test_outliers_are_those_of_one_class_after_the_other(pairs, min_count):
    group = np.array([group for group, _ in pairs], np.int32)
    values = np.array([value for _, value in pairs])
    names = ["a", "b", "c", "d"]
    sizes = sizes_of_all([by_group(values, group, names)])
    limits = [sizes.get(name, NOTHING).limits(2.0, 0.5, min_count) for name in names]
    row, distance = outliers(values, group, limits)
    assert row.tolist() == sorted(row.tolist())
    found = dict(zip(row.tolist(), distance.tolist(), strict=True))
    for one in range(len(values)):
        same = values[group == group[one]]
        away = values[one] - np.median(same)
        deviation = 1.4826 * np.median(np.abs(same - np.median(same)))
        if group[one] >= 0 and len(same) >= min_count and abs(away) > max(2 * deviation, 0.5):
            assert found[one] == away
        else:
            assert one not in found
