from __future__ import annotations

import pytest

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.run import audit
from labelaudit.dataset.class_hierarchy import ClassHierarchy
from labelaudit.rules.dup.dup003_conflicting_classes import conflicting_classes
from labelaudit.testing import (
    images,
    one_image,
    with_columns,
    with_label_issues,
    with_polygons,
)

CAR = "car 100 100 200 200"


def test_two_classes_on_one_object_are_found_and_a_rider_on_a_horse_is_not():
    dataset = one_image(CAR, "van 101 100 200 199", "horse 300 100 400 200", "man 320 60 380 180")
    findings = audit(dataset, select=["DUP003"])
    assert findings.box.tolist() == [1]
    assert findings.other.tolist() == [0]
    assert findings.severity.tolist() == [Severity.WARNING]
    assert findings.message.tolist() == [
        "van and car in one place: the boxes overlap by 0.98; "
        "these two classes conflict once in this dataset"
    ]
    assert findings.fix.tolist() == [None]


@pytest.mark.parametrize(
    ("bottom", "severities"),
    [(202, [Severity.WARNING]), (203, [Severity.INFO]), (184, []), (185, [Severity.INFO])],
)
def test_boxes_that_differ_by_more_than_two_pixels_are_worth_knowing_only(bottom, severities):
    findings = audit(one_image(CAR, f"van 100 100 200 {bottom}"), select=["DUP003"])
    assert findings.severity.tolist() == severities


@pytest.mark.parametrize(("bottom", "severity"), [(2058, Severity.WARNING), (2057, Severity.INFO)])
def test_98_hundredths_are_a_warning_however_many_the_pixels(bottom, severity):
    dataset = one_image("car 0 0 500 2100", f"van 0 0 500 {bottom}")
    assert audit(dataset, select=["DUP003"]).severity.tolist() == [severity]


def test_the_thresholds_are_settings():
    dataset = one_image(CAR, "van 100 100 200 170")
    settings = {"conflicting-classes": {"min-overlap": 0.7, "sure-overlap": 0.7}}
    findings = audit(dataset, select=["DUP003"], settings=settings)
    assert findings.severity.tolist() == [Severity.WARNING]
    settings = {"conflicting-classes": {"max-shift": 30.0}}
    assert len(audit(dataset, select=["DUP003"], settings=settings)) == 1


def test_how_often_the_classes_conflict_is_told():
    boxes = [CAR, "van 100 100 200 200"]
    dataset = images({"a.jpg": boxes, "b.jpg": boxes[::-1], "c.jpg": [CAR, "bus 100 100 200 201"]})
    messages = audit(dataset, select=["DUP003"]).message.tolist()
    assert [message.split("conflict ")[1] for message in messages] == [
        "2 times in this dataset",
        "2 times in this dataset",
        "once in this dataset",
    ]


def test_three_classes_on_one_object_are_two_findings():
    dataset = one_image(CAR, "van 100 100 200 200", "bus 100 100 200 200")
    assert audit(dataset, select=["DUP003"]).box.tolist() == [1, 2]


def test_copies_do_not_multiply_conflicts():
    dataset = one_image(CAR, CAR, "van 100 100 200 200", "van 100 100 200 200.2")
    assert len(audit(dataset, select=["DUP003"])) == 1


def test_two_class_records_of_one_name_do_not_conflict():
    dataset = one_image(CAR, "van 100 100 200 200")
    dataset = with_columns(dataset, "categories", name=["car", "car"])
    assert len(audit(dataset, select=["DUP003"])) == 0


def test_boxes_whose_masks_differ_do_not_conflict():
    cup = [100, 110, 110, 100, 190, 100, 200, 110, 200, 190, 190, 200, 110, 200, 100, 190]
    straw = [100, 100, 105, 100, 200, 200, 195, 200]
    dataset = with_polygons(one_image(CAR, "straw 100 100 200 200"), [cup], [straw])
    assert len(audit(dataset, select=["DUP003"])) == 0


@pytest.mark.parametrize("flag", ["crowd", "difficult"])
def test_crowd_regions_and_difficult_boxes_are_left_alone(flag):
    assert len(audit(one_image(CAR, f"van 100 100 200 200 {flag}"), select=["DUP003"])) == 0


def test_a_box_without_a_known_class_conflicts_with_none():
    dataset = with_columns(one_image(CAR, "van 100 100 200 200"), "boxes", label=[0, -1])
    assert len(audit(dataset, select=["DUP003"])) == 0


def test_a_mask_that_is_just_the_rectangle_of_its_box_does_not_hide_a_conflict():
    dataset = one_image("car 100 100 200 200", "van 100 100 200 200")
    rectangle = [100.0, 100, 200, 100, 200, 200, 100, 200]
    outline = [100.0, 150, 150, 100, 200, 150, 150, 200]
    assert len(audit(with_polygons(dataset, [rectangle], [outline]), select=["DUP003"])) == 1


CLOSE = one_image("car 10 10 90 90", "van 10 10 90 93", "dog 200 200 300 300")


@pytest.mark.parametrize(
    ("doubt", "severity"), [("0.49", Severity.INFO), ("0.5", Severity.WARNING)]
)
@pytest.mark.parametrize("row", [0, 1])
def test_a_pair_of_which_a_model_doubts_one_is_a_warning(row, doubt, severity):
    found = conflicting_classes(with_label_issues(CLOSE, f"{row} wrong_class {doubt} dog"))
    assert found.severity.tolist() == [severity]
    assert conflicting_classes(AuditContext(CLOSE)).severity.tolist() == [Severity.INFO]


def test_what_a_model_says_of_both_labels_is_folded_into_the_pair():
    doubts = ("0 wrong_class 0.9 van", "1 spurious 0.8", "2 wrong_class 0.7 car")
    issues = with_label_issues(CLOSE, *doubts).label_issues
    found = audit(CLOSE, label_issues=issues, select=["DUP003", "MOD002", "MOD004"])
    assert list(zip(found.code.tolist(), found.box.tolist(), strict=True)) == [
        ("MOD002", 2),
        ("DUP003", 1),
    ]


def seen(second: str, other: float, own: float) -> AuditContext:
    """A car that a model sees, and what it sees at a second box fits the car, and that box."""
    features = {
        "match_iou_other_label": [0.2, other],
        "same_class_iou_distance": [0.1, 1 - own],
    }
    return with_label_issues(one_image("car 10 10 110 110", second), box_features=features)


@pytest.mark.parametrize(
    ("second", "other", "own", "count"),
    [
        ("van 40 10 120 110", 0.9, 0.0, 1),
        ("van 40 10 120 110", 0.69, 0.0, 0),
        ("van 40 10 120 110", 0.9, 0.59, 1),
        ("van 40 10 120 110", 0.9, 0.61, 0),  # the model sees a van, too
        ("van 10 10 61 110", 0.9, 0.0, 1),  # they overlap by .51
        ("van 10 10 59 110", 0.9, 0.0, 0),
        ("car 40 10 120 110", 0.9, 0.0, 0),
    ],
)
def test_two_boxes_further_apart_are_in_conflict_where_a_model_sees_one_object(
    second, other, own, count
):
    audit = seen(second, other, own)
    found = conflicting_classes(audit)
    assert len(found) == count
    assert found.severity.tolist() == [Severity.WARNING] * count
    assert len(conflicting_classes(AuditContext(audit.dataset))) == 0
    assert len(conflicting_classes(audit, min_seen_overlap=0.7)) == 0


def test_boxes_that_nearly_coincide_are_a_warning_where_a_model_sees_one_object():
    features = {"match_iou_other_label": [0.2, 0.9], "same_class_iou_distance": [0.1, 1.0]}
    pair = one_image("car 10 10 90 90", "van 10 10 90 93")
    audit = with_label_issues(pair, box_features=features)
    assert conflicting_classes(audit).severity.tolist() == [Severity.WARNING]


ANIMALS = ClassHierarchy({"thing": ("animal", "stone"), "animal": ("cat", "dog")})


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("animal", "cat", 0),
        ("cat", "animal", 0),
        ("thing", "cat", 0),
        ("cat", "dog", 1),
        ("stone", "animal", 1),
    ],
)
def test_a_class_and_a_kind_of_it_on_one_object_are_no_conflict(first, second, found):
    dataset = one_image(f"{first} 100 100 200 200", f"{second} 100 100 200 200")
    assert len(audit(dataset, select=["DUP003"])) == 1
    assert len(audit(dataset, select=["DUP003"], hierarchy=ANIMALS)) == found
