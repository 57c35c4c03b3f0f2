from __future__ import annotations

import pytest

from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import RecordType
from labelaudit.testing import images, one_image

THREE = ["cell 100 100 200 200", "cell 210 90 300 200", "cell 310 100 400 200"]


def test_a_box_around_three_is_found_and_the_three_are_not():
    findings = audit(one_image(*THREE, "cell 100 90 400 200"), select=["DUP004"])
    assert findings.box.tolist() == [3]
    assert findings.other.tolist() == [0]
    assert findings.severity.tolist() == [Severity.WARNING]
    assert findings.fix.tolist() == [Fix("drop", Safety.UNSAFE, RecordType.BOX, 3)]
    assert findings.message.tolist() == [
        "cell is a box around 3 others of its class, which together reach over 100% of it"
    ]


@pytest.mark.parametrize(("right", "count"), [(450, 1), (460, 0)])
def test_the_members_must_reach_over_85_hundredths(right, count):
    dataset = one_image(*THREE, f"cell 100 90 {right} 200")
    assert len(audit(dataset, select=["DUP004"])) == count


@pytest.mark.parametrize(("side", "count"), [(72, 1), (70, 0)])
def test_a_few_small_ones_in_opposite_corners_are_no_group(side, count):
    corners = [f"cell 0 0 {side} {side}", f"cell {200 - side} {200 - side} 200 200"]
    assert len(audit(one_image("cell 0 0 200 200", *corners), select=["DUP004"])) == count


@pytest.mark.parametrize(("right", "count"), [(160, 1), (161, 0)])
def test_a_member_is_smaller_than_its_group(right, count):
    dataset = one_image("cell 100 100 200 200", f"cell 100 100 {right} 200", "cell 140 100 200 200")
    assert len(audit(dataset, select=["DUP004"])) == count


@pytest.mark.parametrize(("left", "count"), [(90, 1), (88, 0)])
def test_a_member_is_inside_its_group(left, count):
    dataset = one_image("cell 100 100 400 200", f"cell {left} 100 190 200", "cell 200 100 380 200")
    assert len(audit(dataset, select=["DUP004"])) == count


def test_what_sticks_out_of_the_group_fills_none_of_it():
    members = ["cell 91 100 181 200", "cell 250 100 346 200"]  # 255 px wide, 246 of these inside
    assert len(audit(one_image("cell 100 100 400 200", *members), select=["DUP004"])) == 0


def test_one_box_inside_another_makes_no_group():
    assert len(audit(one_image(*THREE[:1], "cell 90 90 300 200"), select=["DUP004"])) == 0


def test_one_box_inside_makes_no_group_however_little_a_group_must_be_filled():
    dataset = one_image("cell 0 0 60 100", "cell 0 0 100 100")
    settings = {"group-box": {"min-fit": 0.5}}
    assert len(audit(dataset, select=["DUP004"], settings=settings)) == 0
    both = one_image("cell 0 0 30 100", "cell 30 0 60 100", "cell 0 0 100 100")
    assert len(audit(both, select=["DUP004"], settings=settings)) == 1


def test_the_least_number_of_members_is_a_setting():
    dataset = one_image(*THREE[:2], "cell 100 90 300 200")
    settings = {"group-box": {"min-members": 3}}
    assert len(audit(dataset, select=["DUP004"])) == 1
    assert len(audit(dataset, select=["DUP004"], settings=settings)) == 0


@pytest.mark.parametrize("flag", ["crowd", "difficult"])
def test_a_crowd_region_around_its_instances_is_no_group(flag):
    assert len(audit(one_image(*THREE, f"cell 100 90 400 200 {flag}"), select=["DUP004"])) == 0


def test_boxes_of_another_class_or_image_are_no_members():
    shelf = {"a.jpg": [*THREE[:1], "shelf 100 90 400 200"], "b.jpg": THREE[1:]}
    assert len(audit(images(shelf), select=["DUP004"])) == 0


def test_groups_of_several_images_are_told_apart():
    group = [*THREE, "cell 100 90 400 200"]
    dataset = images({"a.jpg": group, "b.jpg": THREE, "c.jpg": group[::-1]})
    assert audit(dataset, select=["DUP004"]).box.tolist() == [3, 7]


def test_members_of_two_groups_may_take_turns():
    left = ["cell 0 0 50 50", "cell 50 0 100 50", "cell 0 0 100 50"]
    right = ["cell 300 0 350 50", "cell 350 0 400 50", "cell 300 0 400 50"]
    turns = [box for pair in zip(left, right, strict=True) for box in pair]
    findings = audit(one_image(*turns), select=["DUP004"])
    assert findings.box.tolist() == [4, 5]
    assert findings.other.tolist() == [0, 1]
