from __future__ import annotations

import numpy as np
import pytest

from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.run import audit
from labelaudit.core.columns import MISSING
from labelaudit.testing import one_image, with_columns, with_polygons


@pytest.mark.parametrize(
    "box",
    [
        "car 640 20 660 60",
        "car 20 480 60 500",
        "car -20 20 0 60",
        "car 20 -60 60 0",
        "car 9e8 20 9.1e8 60 crowd",
    ],
)
def test_a_box_on_any_side_of_the_image_is_found(box):
    findings = audit(one_image("car 10 10 40 40", box), select=["GEO004"])
    assert findings.box.tolist() == [1]
    assert findings.severity.tolist() == [Severity.ERROR]


@pytest.mark.parametrize(
    "box",
    ["car 639.9 20 660 60", "car 20 479.9 60 500", "car -20 20 0.1 60", "car 20 -60 60 0.1"],
)
def test_a_box_with_a_tenth_of_a_pixel_inside_is_not(box):
    assert len(audit(one_image(box), select=["GEO004"])) == 0


@pytest.mark.parametrize("box", ["car 700 20 700 60", "car 700 20 690 60", "car 700 20 nan 60"])
def test_a_box_without_an_inside_is_left_to_other_rules(box):
    assert len(audit(one_image(box), select=["GEO004"])) == 0


@pytest.mark.parametrize("size", [(np.nan, np.nan), (0, 480), (640, -1), (np.inf, np.inf)])
def test_an_image_of_no_size_has_no_outside(size):
    boxes = ["car 700 20 720 60", "car -20 -20 -10 -10"]
    assert len(audit(one_image(*boxes, size=size), select=["GEO004"])) == 0


def test_a_box_without_an_image_is_not_outside_of_another():
    dataset = with_columns(one_image("car 700 20 720 60"), "boxes", image=[MISSING])
    assert len(audit(dataset, select=["GEO004"])) == 0


def test_the_message_tells_the_place_and_the_size_of_the_image():
    (message,) = audit(one_image("car 700 20 720 60"), select=["GEO004"]).message
    assert message == "car at (700, 20), 20 x 40 px, is wholly outside of the image, 640 x 480"


def test_the_box_moves_to_a_mask_in_the_image_and_is_dropped_otherwise():
    dataset = with_polygons(
        one_image(*["car 700 20 720 60"] * 3),
        [[50, 20, 90, 20, 90, 60]],
        [[700, 20, 720, 20, 720, 60]],
    )
    fixes = audit(dataset, select=["GEO004"]).fix.tolist()
    assert [fix.kind for fix in fixes] == ["move", "drop", "drop"]
    assert {fix.safety for fix in fixes} == {Safety.UNSAFE}
    assert fixes[0].values == {"xyxy": [50.0, 20.0, 90.0, 60.0]}
