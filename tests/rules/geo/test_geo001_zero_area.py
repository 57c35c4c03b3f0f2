from __future__ import annotations

import pytest

from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import RecordType
from labelaudit.testing import one_image, with_polygons


def test_a_flat_box_is_found_and_its_neighbour_is_not():
    findings = audit(one_image("car 10 10 40 40", "car 50 20 50 60"), select=["GEO001"])
    assert findings.box.tolist() == [1]
    assert findings.severity.tolist() == [Severity.ERROR]
    assert findings.message.tolist() == ["car is 0 x 40 px: it has no inside"]


@pytest.mark.parametrize("box", ["car 9 9 9 9", "car 9 9 40 9", "car 9 9 2 9", "car 9 9 9 9 crowd"])
def test_one_side_of_zero_is_enough_whatever_the_other_is(box):
    assert len(audit(one_image(box), select=["GEO001"])) == 1


@pytest.mark.parametrize(
    "box", ["car 9 9 9.001 40", "car 9 9 8 40", "car inf 9 inf 40", "car 1e10 9 1e10 40"]
)
def test_a_thin_an_inverted_and_an_endless_box_are_left_to_other_rules(box):
    assert len(audit(one_image(box), select=["GEO001"])) == 0


def test_a_box_without_a_mask_is_dropped():
    findings = audit(one_image("car 50 20 50 60"), select=["GEO001"])
    assert findings.fix.tolist() == [Fix("drop", Safety.SAFE, RecordType.BOX, 0)]


def test_a_box_with_a_mask_becomes_the_extent_of_it():
    dataset = with_polygons(
        one_image("car 10 10 40 40", "car 50 20 50 60"), None, [[50, 20, 90, 20, 90, 60]]
    )
    (fix,) = audit(dataset, select=["GEO001"]).fix
    assert fix == Fix("move", Safety.SAFE, RecordType.BOX, 1, {"xyxy": [50, 20, 90, 60]})


def test_a_mask_without_an_inside_of_its_own_saves_no_box():
    dataset = with_polygons(one_image("car 50 20 50 60"), [[50, 20, 50, 30, 50, 60]])
    assert [fix.kind for fix in audit(dataset, select=["GEO001"]).fix] == ["drop"]
