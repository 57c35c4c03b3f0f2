from __future__ import annotations

import dataclasses
import tracemalloc

import numpy as np
import pytest

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.run import audit
from labelaudit.core.rows import all_but
from labelaudit.dataset.tables import RecordType
from labelaudit.testing import images, one_image, with_columns, with_polygons

CAR = "car 10 10 50 50"
SQUARE = [10, 10, 50, 10, 50, 50, 10, 50]


def test_a_copy_is_found_and_its_neighbours_are_not():
    dataset = one_image(CAR, "car 50 10 90 50", CAR, "car 10 11 50 51")
    findings = audit(dataset, select=["DUP001"])
    assert findings.box.tolist() == [2]
    assert findings.other.tolist() == [0]
    assert findings.severity.tolist() == [Severity.ERROR]
    assert findings.message.tolist() == ["car, 40 x 40 px, is labelled 2 times with the same box"]
    assert findings.fix.tolist() == [Fix("drop", Safety.SAFE, RecordType.BOX, 2)]


@pytest.mark.parametrize(("shift", "count"), [(0, 1), (0.01, 1), (0.5, 1), (0.51, 0)])
def test_half_a_pixel_is_rounding(shift, count):
    dataset = one_image(CAR, f"car {10 + shift} 10 {50 + shift} 50")
    assert len(audit(dataset, select=["DUP001"])) == count


@pytest.mark.parametrize(("right", "count"), [(4.5, 1), (4.49, 0)])
def test_small_boxes_must_overlap_by_nine_tenths(right, count):
    dataset = one_image("car 0 0 5 4", f"car 0 0 {right} 4")
    assert len(audit(dataset, select=["DUP001"])) == count


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [
        ("car 0 0 0.2 0.2", "car 0 0 0.19981 0.2", 1),
        ("car 0 0 0.2 0.2", "car 0 0 0.19979 0.2", 0),
        ("car 0 0 50 4", "car 0 0 49.9 4", 1),
        ("car 0 0 50 3.9", "car 0 0 49.9 3.9", 0),
    ],
)
def test_boxes_in_fractions_or_of_a_few_pixels_must_overlap_by_999_thousandths(one, other, count):
    assert len(audit(one_image(one, other), select=["DUP001"])) == count


def test_of_n_copies_all_but_one_are_found():
    findings = audit(one_image(*[CAR] * 4, "car 10 10 50.2 50"), select=["DUP001"])
    assert findings.box.tolist() == [1, 2, 3, 4]
    assert findings.other.tolist() == [0] * 4
    assert "5 times" in findings.message[0]


def test_of_a_chain_of_rounded_copies_only_those_near_one_that_stays_are_found():
    dataset = one_image(*[f"car {10 + n * 0.4} 10 {50 + n * 0.4} 50" for n in range(5)])
    assert len(audit(dataset, select=["DUP001"])) == 2


def test_the_record_with_a_mask_stays():
    dataset = with_polygons(one_image(CAR, CAR, CAR), None, [SQUARE], None)
    findings = audit(dataset, select=["DUP001"])
    assert findings.box.tolist() == [0, 2]
    assert findings.other.tolist() == [1, 1]
    assert [fix.safety for fix in findings.fix] == [Safety.SAFE, Safety.SAFE]


def test_dropping_a_copy_with_something_of_its_own_is_unsafe():
    dataset = with_columns(one_image(CAR, CAR), "keypoints", box=[0], labelled=[5])
    findings = audit(with_polygons(dataset, None, [SQUARE]), select=["DUP001"])
    assert findings.box.tolist() == [0]
    assert findings.fix[0].safety is Safety.UNSAFE


@pytest.mark.parametrize("box", [CAR, "car 10.2 10 50.2 50"])
def test_boxes_whose_masks_are_of_two_objects_are_no_copies(box):
    round_ = [10, 14, 14, 10, 46, 10, 50, 14, 50, 46, 46, 50, 14, 50, 10, 46]
    dataset = with_polygons(one_image(CAR, box), [round_], [[10, 10, 50, 10, 50, 50]])
    assert len(audit(dataset, select=["DUP001"])) == 0


def test_a_mask_that_is_just_the_rectangle_of_its_box_is_a_copy_but_never_safe_to_drop():
    dataset = with_polygons(one_image(CAR, CAR), [[10, 10, 50, 10, 50, 50]], [SQUARE])
    findings = audit(dataset, select=["DUP001"])
    assert [fix.safety for fix in findings.fix] == [Safety.UNSAFE]


def test_a_copy_in_another_image_or_of_another_class_is_none():
    dataset = images({"a.jpg": [CAR, "bus 10 10 50 50"], "b.jpg": [CAR]})
    assert len(audit(dataset, select=["DUP001"])) == 0


def test_two_class_records_of_one_name_are_one_class_but_no_copy_is_dropped_safely():
    dataset = one_image(CAR, "bus 10 10 50 50", "bus 10 10 50 50")
    dataset = with_columns(dataset, "categories", name=["car", "car"])
    findings = audit(dataset, select=["DUP001"])
    assert findings.box.tolist() == [1, 2]
    assert [fix.safety for fix in findings.fix] == [Safety.UNSAFE] * 2
    two = audit(dataset.keep(boxes=np.array([False, True, True])), select=["DUP001"])
    assert [fix.safety for fix in two.fix] == [Safety.SAFE]


@pytest.mark.parametrize("flag", ["crowd", "difficult"])
def test_crowd_regions_and_difficult_boxes_are_left_alone(flag):
    dataset = one_image(CAR, f"{CAR} {flag}", f"{CAR} {flag}")
    assert len(audit(dataset, select=["DUP001"])) == 0


def test_boxes_without_a_class_or_an_image_are_left_alone():
    boxes = one_image(CAR, CAR)
    assert len(audit(with_columns(boxes, "boxes", label=[-1, -1]), select=["DUP001"])) == 0
    assert len(audit(with_columns(boxes, "boxes", image=[-1, -1]), select=["DUP001"])) == 0


def test_boxes_that_are_not_finite_or_far_beyond_any_image_are_left_alone():
    dataset = one_image(CAR, CAR, CAR, CAR, CAR, CAR)
    xyxy = np.repeat([[np.nan] * 4, [0, 0, np.inf, 9], [0, 0, 1e300, 1e300]], 2, axis=0)
    assert len(audit(with_columns(dataset, "boxes", xyxy=xyxy), select=["DUP001"])) == 0


def test_an_inverted_box_is_a_copy_of_its_like():
    assert audit(one_image("car 50 50 10 10", "car 50 50 10 10"), select=["DUP001"]).box == [1]


def test_after_the_fix_nothing_is_found():
    dataset = one_image(*[CAR] * 3, *[f"car {10 + n * 0.4} 10 {50 + n * 0.4} 50" for n in range(9)])
    findings = audit(dataset, select=["DUP001"])
    fixed = dataset.keep(boxes=all_but(len(dataset.boxes), findings.box))
    assert len(findings) > 3
    assert len(audit(fixed, select=["DUP001"])) == 0


def test_twenty_thousand_copies_in_one_image_are_cheap():
    one = one_image(CAR, "bus 10 10 50 50")
    row = np.arange(20_000) % 2
    dataset = dataclasses.replace(one, boxes=one.boxes.rows(row))
    shared = AuditContext(dataset)
    tracemalloc.start()
    assert len(shared.pairs) == 1
    assert np.count_nonzero(shared.keeper != np.arange(20_000)) == 19_998
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6
