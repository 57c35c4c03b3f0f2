from __future__ import annotations

import dataclasses

import pytest

from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import RecordType
from labelaudit.io.formats import FORMATS
from labelaudit.testing import one_image, with_polygons


@pytest.mark.parametrize(
    ("box", "message"),
    [
        ("car 50 20 30 60", "car is -20 x 40 px: its left and right are swapped"),
        ("car 30 60 50 20", "car is 20 x -40 px: its top and bottom are swapped"),
        ("car 50 60 30 20", "car is -20 x -40 px: its left and right, top and bottom are swapped"),
    ],
)
def test_swapped_edges_are_found_named_and_put_in_order(box, message):
    findings = audit(one_image("car 10 10 40 40", box), select=["GEO002"])
    assert findings.box.tolist() == [1]
    assert findings.severity.tolist() == [Severity.ERROR]
    assert findings.message.tolist() == [message]
    corners = {"xyxy": [30.0, 20.0, 50.0, 60.0]}
    assert findings.fix.tolist() == [Fix("move", Safety.UNSAFE, RecordType.BOX, 1, corners)]


@pytest.mark.parametrize("box", ["car 9 9 8 9", "car 9 9 9 9", "car 9 9 nan 8", "car 2e9 9 9 40"])
def test_boxes_that_swapping_does_not_help_are_left_to_other_rules(box):
    assert len(audit(one_image(box), select=["GEO002"])) == 0


def test_a_difficult_crowd_is_no_excuse():
    assert len(audit(one_image("car 50 20 30 60 crowd difficult"), select=["GEO002"])) == 1


def test_in_voc_both_corners_belong_to_the_box_so_each_edge_moves_by_a_pixel():
    # xmin 50, ymin 11, xmax 21, ymax 40 as the file has it; 21, 11, 50, 40 is meant.
    dataset = dataclasses.replace(
        one_image("car 49 10 21 40", "car 400 300 500 400"),  # that no size would fit
        format="voc",
        facts=FORMATS["voc"].facts,
    )
    (fix,) = audit(dataset, select=["GEO002"]).fix
    assert fix.values == {"xyxy": [20.0, 10.0, 50.0, 40.0]}


def test_a_mask_says_better_than_the_corners_where_the_object_is():
    dataset = with_polygons(one_image("car 50 20 30 60"), [[50, 20, 70, 20, 70, 60]])
    (fix,) = audit(dataset, select=["GEO002"]).fix
    assert fix.values == {"xyxy": [50.0, 20.0, 70.0, 60.0]}
