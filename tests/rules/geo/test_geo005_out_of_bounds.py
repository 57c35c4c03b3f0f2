from __future__ import annotations

import numpy as np
import pytest

from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import RecordType
from labelaudit.testing import one_image, with_columns


@pytest.mark.parametrize(
    ("box", "edges", "corners"),
    [
        ("car -3 10 40 40", "left", [0, 10, 40, 40]),
        ("car 10 -3 40 40", "top", [10, 0, 40, 40]),
        ("car 600 10 643 40", "right", [600, 10, 640, 40]),
        ("car 10 450 40 483", "bottom", [10, 450, 40, 480]),
        ("car -2 -3 40 40", "left and top", [0, 0, 40, 40]),
    ],
)
def test_a_box_over_any_edge_is_found_and_clipped(box, edges, corners):
    findings = audit(one_image("car 0 0 640 480", box), select=["GEO005"])
    assert findings.box.tolist() == [1]
    words = f"car reaches 3 px beyond the {edges} edge of the image, 640 x 480"
    assert findings.message.tolist() == [words]
    fix = Fix("move", Safety.UNSAFE, RecordType.BOX, 1, {"xyxy": corners})
    assert findings.fix.tolist() == [fix]


def test_rounding_is_not_found():
    findings = audit(one_image("car -0.009 10 640.009 480.09"), select=["GEO005"])
    assert len(findings) == 0


def test_a_tenth_of_a_pixel_is_rounding_and_more_is_not():
    dataset = one_image("car -0.1 10 40 40", "car -0.11 10 40 40")
    assert audit(dataset, select=["GEO005"]).box.tolist() == [1]


def test_the_tolerance_is_a_setting_and_included():
    dataset = one_image("car -2 10 40 40", "car -2.01 10 40 40")
    settings = {"out-of-bounds": {"tolerance": 2}}
    assert audit(dataset, select=["GEO005"], settings=settings).box.tolist() == [1]


def test_up_to_a_pixel_is_worth_knowing_and_safe_to_clip_and_more_is_neither():
    dataset = one_image("car -0.5 10 40 40", "car -1 10 40 40", "car -1.25 10 40 40")
    findings = audit(dataset, select=["GEO005"])
    by_box = sorted(zip(findings.box, findings.severity, findings.fix, strict=True))
    assert [(severity, fix.safety) for _, severity, fix in by_box] == [
        (Severity.INFO, Safety.SAFE),
        (Severity.INFO, Safety.SAFE),
        (Severity.WARNING, Safety.UNSAFE),
    ]


def test_a_crowd_has_to_be_in_its_image_too():
    assert len(audit(one_image("car -3 10 40 40 crowd difficult"), select=["GEO005"])) == 1


@pytest.mark.parametrize(
    "box",
    ["car -9 9 -5 40", "car -9 9 -9 40", "car 9 9 -9 40", "car -9 nan 9 40", "car -2e9 9 9 40"],
)
def test_boxes_outside_flat_inverted_or_endless_are_left_to_other_rules(box):
    assert len(audit(one_image(box), select=["GEO005"])) == 0


@pytest.mark.parametrize("size", [(np.nan, np.nan), (0, 0)])
def test_an_image_of_unknown_size_has_no_bounds(size):
    assert len(audit(one_image("car -3 10 40 40", size=size), select=["GEO005"])) == 0


def test_a_size_that_stands_in_for_the_true_one_has_bounds():
    dataset = with_columns(one_image("car -3 10 40 40"), "images", assumed=[True])
    assert len(audit(dataset, select=["GEO005"])) == 1
