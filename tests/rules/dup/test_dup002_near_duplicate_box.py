from __future__ import annotations

import numpy as np
import pytest

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.duplicates import duplicate_boxes
from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.run import audit
from labelaudit.boxes.ops import iou
from labelaudit.core.rows import all_but
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.rules.dup.dup002_near_duplicate_box import near_duplicate_box
from labelaudit.testing import images, one_image, with_columns, with_polygons

CELL = "cell 100 100 200 200"


def test_a_shifted_copy_is_found_and_a_touching_cell_is_not():
    dataset = one_image(CELL, "cell 120 100 220 200", "cell 102 102 202 202")
    findings = audit(dataset, select=["DUP002"])
    assert findings.box.tolist() == [2]
    assert findings.other.tolist() == [0]
    assert findings.severity.tolist() == [Severity.WARNING]
    assert findings.fix.tolist() == [Fix("drop", Safety.UNSAFE, RecordType.BOX, 2)]
    assert findings.message.tolist() == [
        "cell is labelled twice: this box and another overlap by 0.92, "
        "their sides at most 2 px apart"
    ]


@pytest.mark.parametrize(("bottom", "count"), [(180, 1), (179, 0)])
def test_eight_tenths_are_enough(bottom, count):
    assert len(audit(one_image(CELL, f"cell 100 100 200 {bottom}"), select=["DUP002"])) == count


@pytest.mark.parametrize(("shift", "count"), [(2, 1), (2.5, 0)])
def test_two_pixels_are_enough_for_a_small_box(shift, count):
    dataset = one_image("cell 10 10 30 30", f"cell {10 + shift} {10 + shift} 30 30")
    assert len(audit(dataset, select=["DUP002"])) == count


def test_both_thresholds_are_settings():
    settings = {"near-duplicate-box": {"min-overlap": 0.7, "max-shift": 0.0}}
    dataset = one_image(CELL, "cell 100 100 200 170", "cell 300 10 312 22", "cell 302 10 314 22")
    found = audit(dataset, select=["DUP002"], settings=settings)
    assert found.box.tolist() == [1, 3]
    settings = {"near-duplicate-box": {"min-overlap": 0.72, "max-shift": 0.0}}
    assert len(audit(dataset, select=["DUP002"], settings=settings)) == 0


def test_the_smaller_box_goes_and_the_one_with_a_mask_stays():
    boxes = ["cell 100 100 195 200", CELL]
    assert audit(one_image(*boxes), select=["DUP002"]).box.tolist() == [0]
    mask = [100, 100, 195, 100, 195, 200]
    dataset = with_polygons(one_image(*boxes), [mask], None)
    assert audit(dataset, select=["DUP002"]).box.tolist() == [1]


def test_three_boxes_on_one_object_are_two_findings():
    dataset = one_image(CELL, "cell 102 102 202 202", "cell 101 101 201 201")
    findings = audit(dataset, select=["DUP002"])
    assert findings.box.tolist() == [1, 2]
    assert findings.other.tolist() == [0, 0]


def test_a_copy_is_no_near_duplicate_and_hides_none():
    dataset = one_image(CELL, CELL, "cell 100.3 100 200.3 200", "cell 103 103 203 203")
    assert audit(dataset, select=["DUP002"]).box.tolist() == [3]
    assert audit(dataset, select=["DUP001"]).box.tolist() == [1, 2]


@pytest.mark.parametrize("box", ["cell 102 102 202 202 crowd", "cell 102 102 202 202 difficult"])
def test_crowd_regions_and_difficult_boxes_are_left_alone(box):
    assert len(audit(one_image(CELL, box), select=["DUP002"])) == 0


def test_other_classes_and_other_images_are_left_alone():
    dataset = images({"a.jpg": [CELL, "platelet 102 102 202 202"], "b.jpg": ["cell 99 99 199 199"]})
    assert len(audit(dataset, select=["DUP002"])) == 0


def test_boxes_without_a_known_class_are_left_alone():
    dataset = with_columns(one_image(CELL, "cell 102 102 202 202"), "boxes", label=[-1, -1])
    assert len(audit(dataset, select=["DUP002"])) == 0


def test_boxes_whose_masks_are_of_two_objects_are_left_alone():
    whole = [100, 110, 110, 100, 190, 100, 200, 110, 200, 190, 190, 200, 110, 200, 100, 190]
    masks = whole, [102, 102, 202, 102, 202, 202]
    dataset = with_polygons(one_image(CELL, "cell 102 102 202 202"), *([m] for m in masks))
    assert len(audit(dataset, select=["DUP002"])) == 0


def test_after_the_fix_nothing_is_found():
    dataset = jittered(40, 6)
    findings = audit(dataset, select=["DUP002"])
    assert len(findings) > 10
    assert (
        len(audit(dataset.keep(boxes=all_but(len(dataset.boxes), findings.box)), select=["DUP002"]))
        == 0
    )


def test_objects_in_a_row_are_left_alone_and_a_copy_among_them_is_found():
    row = [f"book {10 + 6 * n} 10 {110 + 6 * n} 30" for n in range(8)]
    assert len(audit(one_image(*row), select=["DUP002"])) == 0
    findings = audit(one_image(*row, "book 29 11 129 31"), select=["DUP002"])
    assert (findings.box.tolist(), findings.other.tolist()) == ([8], [3])


def test_a_row_may_have_objects_of_several_classes_in_it():
    row = [f"{'plate' if n in (0, 1, 5) else 'bowl'} {6 * n} 10 {100 + 6 * n} 30" for n in range(6)]
    assert len(audit(one_image(*row), select=["DUP"])) == 0
    assert audit(one_image(*row[:2]), select=["DUP"]).code.tolist() == ["DUP002"]


def jittered(count: int, spread: float, seed: int = 0) -> Dataset:
    """One box of many labels, drawn by a hand that shakes, beside one that is alone."""
    dataset = one_image(*["cell 100 100 200 220"] * count, "cell 400 400 430 430")
    noise = np.random.default_rng(seed).normal(0, spread, (count + 1, 4))
    return with_columns(dataset, "boxes", xyxy=dataset.boxes.xyxy + noise)


@pytest.mark.parametrize("spread", [0.2, 1, 6, 15])
def test_of_a_heap_every_near_duplicate_is_found_as_looking_at_all_pairs_does(spread, monkeypatch):
    dataset = jittered(300, spread)
    findings = audit(dataset, select=["DUP001", "DUP002"])
    kept = np.setdiff1d(np.arange(301), findings.box)
    assert len(kept) + len(findings) == 301
    assert not np.isin(findings.other, findings.box).any()
    assert (iou(*(dataset.boxes.xyxy[end] for end in (findings.box, findings.other))) >= 0.8).all()
    first, second = (kept[ends] for ends in np.triu_indices(len(kept), 1))
    assert (iou(dataset.boxes.xyxy[first], dataset.boxes.xyxy[second]) < 0.8).all()
    monkeypatch.setattr(duplicate_boxes, "CROWDED", 1000)
    assert abs(len(audit(dataset, select=["DUP001", "DUP002"])) - len(findings)) <= 2


def test_a_heap_takes_memory_for_its_boxes_not_for_its_pairs():
    shared = AuditContext(jittered(3000, 2))
    assert len(near_duplicate_box(shared)) > 2900
    assert len(shared.pairs) < 3000  # of four million


def test_a_copy_in_a_heap_is_a_duplicate_not_a_near_one():
    findings = audit(jittered(100, 0.01), select=["DUP"])
    assert findings.code.tolist() == ["DUP001"] * 99


def test_a_heap_may_be_asked_to_be_nearer():
    settings = {"DUP002": {"min-overlap": 0.99, "max-shift": 0.0}}
    dataset = jittered(100, 3)
    some = audit(dataset, select=["DUP002"], settings=settings)
    assert len(some) < len(audit(dataset, select=["DUP002"])) / 2


def test_boxes_of_a_heap_whose_masks_differ_are_not_one_object():
    square = [100.0, 100, 200, 100, 200, 220, 100, 220]
    corner = [100.0, 100, 200, 100, 100, 220]
    masks = [[square], [corner]] * 50
    dataset = with_polygons(jittered(100, 2), *masks, None)
    assert len(audit(dataset, select=["DUP002"])) == 98


BOX = [100.0, 100, 200, 100, 200, 200, 100, 200]
ROUND = [101.0, 110, 110, 101, 192, 101, 201, 110, 201, 192, 192, 201, 110, 201, 101, 192]


@pytest.mark.parametrize("closed", [[], [100.0, 100]])
def test_a_mask_that_is_just_the_rectangle_of_its_box_tells_no_objects_apart(closed):
    dataset = one_image(CELL, "cell 101 101 201 201")
    other = [101.0, 151, 151, 101, 201, 151, 151, 201]
    assert audit(
        with_polygons(dataset, [[*BOX, *closed]], [other]), select=["DUP002"]
    ).box.tolist() == [1]


def test_a_mask_of_four_corners_that_fills_less_of_its_box_tells_objects_apart():
    dataset = one_image(CELL, "cell 101 101 201 201")
    drawn = with_polygons(dataset, [ROUND], [[101.0, 151, 151, 101, 201, 151, 151, 201]])
    assert not len(audit(drawn, select=["DUP002"]))


def test_a_rectangle_elsewhere_is_a_mask_like_others():
    dataset = one_image(CELL, "cell 101 101 201 201")
    inner = [[150.0, 150, 200, 150, 200, 200, 150, 200]]  # a quarter of its box
    assert not len(audit(with_polygons(dataset, inner, [ROUND]), select=["DUP002"]))
