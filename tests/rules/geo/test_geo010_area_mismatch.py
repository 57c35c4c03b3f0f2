from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import MaskFault, RecordType
from labelaudit.testing import one_image, with_columns, with_polygons

BOX = "car 0 0 40 100"  # 4,000 px, 70 of them by half a pixel in width and height
TRIANGLE = [0, 0, 40, 0, 40, 100]  # 2,000 px
BOTH = [TRIANGLE, [0, 0, 0, 100, 40, 100]]  # 4,000 px in two parts of 2,000


def stating(*areas, masks=()):
    dataset = with_columns(one_image(*[BOX] * len(areas)), "boxes", area=areas)
    return with_polygons(dataset, *masks)


def test_an_area_that_is_neither_the_masks_nor_the_boxs_is_found():
    findings = audit(stating(2000, 4000, 400, masks=[[TRIANGLE]] * 3), select=["GEO010"])
    assert findings.box.tolist() == [2]
    assert findings.severity.tolist() == [Severity.WARNING]
    assert findings.message.tolist() == ["car states an area of 400, its mask has 2000"]
    values = {"field": "area", "value": 2000.0}
    assert findings.fix.tolist() == [Fix("set-field", Safety.SAFE, RecordType.BOX, 2, values)]


@pytest.mark.parametrize(
    ("area", "count"), [(2000 - 471, 1), (2000 - 469, 0), (2000 + 469, 0), (2000 + 471, 1)]
)
def test_a_fifth_and_half_a_pixel_in_width_and_height_are_allowed(area, count):
    assert len(audit(stating(area, masks=[[TRIANGLE]]), select=["GEO010"])) == count


def test_the_tolerance_is_a_setting():
    change = {"settings": {"area-mismatch": {"tolerance": 0.0}}}
    assert len(audit(stating(2071, masks=[[TRIANGLE]]), select=["GEO010"], **change)) == 1
    assert len(audit(stating(2069, masks=[[TRIANGLE]]), select=["GEO010"], **change)) == 0


@pytest.mark.parametrize(("area", "count"), [(1500, 1), (2000, 0), (3000, 0), (4000, 0), (5000, 1)])
def test_parts_of_a_mask_may_overlap(area, count):
    findings = audit(stating(area, masks=[BOTH]), select=["GEO010"])
    assert len(findings) == count
    assert all(fix.safety is Safety.UNSAFE for fix in findings.fix)


def test_without_masks_an_area_is_found_where_the_others_state_their_boxes():
    findings = audit(stating(*[4000] * 9, 2000), select=["GEO010"])
    assert findings.box.tolist() == [9]
    assert findings.message.tolist() == ["car states an area of 2000, its box has 4000"]


@pytest.mark.parametrize(
    ("area", "safety"),
    [
        (1, Safety.UNSAFE),
        (4000 * 0.8 - 71, Safety.UNSAFE),
        (-1, Safety.UNSAFE),
        (-4000 * 0.8 + 71, Safety.UNSAFE),
        (-4000 * 0.8 + 69, Safety.SAFE),
        (0, Safety.SAFE),
        (-9000, Safety.SAFE),
        (4000 * 1.2 + 71, Safety.SAFE),
        (np.inf, Safety.SAFE),
        (-np.inf, Safety.SAFE),
    ],
)
def test_what_may_be_the_area_of_a_mask_that_is_gone_is_not_overwritten_safely(area, safety):
    findings = audit(stating(*[4000] * 9, area), select=["GEO010"])
    assert [fix.safety for fix in findings.fix] == [safety]
    assert findings.fix[0].values["value"] == 4000


def test_boxes_with_masks_have_no_say_in_what_the_others_state():
    dataset = stating(*[2000] * 9, *[4000] * 9, 2000, masks=[[TRIANGLE]] * 9)
    assert audit(dataset, select=["GEO010"]).box.tolist() == [18]


def test_without_masks_areas_may_be_those_of_masks_that_were_left_out():
    assert len(audit(stating(*[4000] * 8, 2000), select=["GEO010"])) == 0  # 8 of 9


@pytest.mark.parametrize("area", [9000, 0, -5, np.inf, -np.inf])
def test_an_area_that_no_mask_can_have_is_found_whatever_the_others_state(area):
    assert audit(stating(1000, 2000, area), select=["GEO010"]).box.tolist() == [2]


def test_an_area_of_nothing_is_found_however_small_the_object():
    dataset = with_columns(one_image("car 0 0 2 1"), "boxes", area=[0])
    assert len(audit(dataset, select=["GEO010"])) == 1


@pytest.mark.parametrize("fault", [MaskFault.SELF_CROSSING, MaskFault.NOT_FINITE])
def test_of_a_broken_mask_only_what_cannot_be_is_found(fault):
    dataset = stating(4000, 300, 9000, masks=[[TRIANGLE]] * 3)
    masks = dataclasses.replace(dataset.masks, fault=np.full(3, fault, np.uint8))
    findings = audit(dataclasses.replace(dataset, masks=masks), select=["GEO010"])
    assert findings.box.tolist() == [2]
    assert findings.fix[0].safety is Safety.UNSAFE


@pytest.mark.parametrize("area", [np.inf, 0, -5])
def test_a_mask_that_cannot_have_its_area_is_as_good_as_a_broken_one(area):
    dataset = with_columns(stating(300, masks=[[TRIANGLE]]), "masks", area=[area])
    assert len(audit(dataset, select=["GEO010"])) == 0


def test_the_area_of_a_box_may_be_too_small_for_a_number():
    dataset = with_columns(one_image("car 0 0 1e-300 1e-300"), "boxes", area=[0])
    assert len(audit(dataset, select=["GEO010"])) == 0


@pytest.mark.parametrize("box", ["car 0 0 0 9", "car 9 0 0 9", "car 0 0 nan 9", "car 0 0 2e9 9"])
def test_a_box_without_an_inside_has_no_area_to_state(box):
    assert len(audit(with_columns(one_image(box), "boxes", area=[77]), select=["GEO010"])) == 0


def test_an_area_that_is_not_stated_is_not_wrong():
    assert len(audit(stating(np.nan), select=["GEO010"])) == 0
