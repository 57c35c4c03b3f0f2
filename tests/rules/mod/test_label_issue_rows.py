"""The rules about single labels: which doubt leads, what is said and what is proposed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.label_issues import LabelIssues
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import RULES
from labelaudit.auditing.run import Options, audit
from labelaudit.core.columns import MISSING
from labelaudit.rules.mod.label_issue_rows import places
from labelaudit.rules.mod.mod001_missing_box import missing_box
from labelaudit.rules.mod.mod002_wrong_class import wrong_class
from labelaudit.rules.mod.mod003_loose_box import loose_box
from labelaudit.rules.mod.mod004_spurious_box import spurious_box
from labelaudit.testing import images, one_image, with_label_issues

BOXES = one_image("car 10 10 40 40", "bus 50 20 90 60", "car 200 200 260 260")
SINGLE = (wrong_class, loose_box, spurious_box)


def label_issues_of(audit: AuditContext) -> LabelIssues:
    assert audit.label_issues is not None
    return audit.label_issues


@pytest.mark.parametrize("rule", [r for r in RULES.values() if r.family == "MOD"])
def test_without_a_model_a_rule_of_this_family_finds_nothing_and_does_not_run(rule):
    assert rule.needs == (Need.MODEL,)
    assert len(rule(AuditContext(BOXES))) == 0
    assert "--detector" in rule.lacks(AuditContext(BOXES))
    assert not rule.lacks(with_label_issues(BOXES))


@pytest.mark.parametrize(
    ("rule", "doubt"),
    [
        (wrong_class, "wrong_class {} bus"),
        (loose_box, "loose_box {} 20 10 60 40"),
        (spurious_box, "spurious {}"),
    ],
)
@pytest.mark.parametrize(("probability", "count"), [(0.5, 1), (0.49, 0), (1.0, 1)])
def test_a_doubt_is_reported_from_its_threshold_on(rule, doubt, probability, count):
    found = rule(with_label_issues(BOXES, f"0 {doubt.format(probability)}"))
    assert len(found) == count
    assert found.probability.tolist() == [probability] * count
    lower = rule(with_label_issues(BOXES, f"0 {doubt.format(probability)}"), min_probability=0.4)
    assert len(lower) == 1


@pytest.mark.parametrize(("probability", "count"), [(0.5, 1), (0.49, 0)])
def test_a_missing_object_is_reported_from_its_threshold_on(probability, count):
    assert (
        len(missing_box(with_label_issues(BOXES, f"missing {probability} 0 car 90 90 150 150")))
        == count
    )


def test_the_most_probable_doubt_about_a_box_is_the_only_one():
    all_three = ("0 wrong_class 0.7 bus", "0 loose_box 0.9 20 10 60 40", "0 spurious 0.8")
    audit = with_label_issues(BOXES, *all_three)
    assert [len(rule(audit)) for rule in SINGLE] == [0, 1, 0]


def test_no_two_fixes_of_this_family_contradict():
    doubts = ("0 wrong_class 0.7 bus", "0 loose_box 0.7 20 10 60 40", "0 spurious 0.7")
    judged = with_label_issues(BOXES, *doubts, "missing 0.9 0 car 20 10 60 40")
    found = audit(BOXES, label_issues=judged.label_issues, select=["MOD"])
    assert apply(BOXES, found).conflicts == []


def test_boxes_that_were_not_judged_are_never_reported():
    judged = with_label_issues(BOXES)
    for name in ("wrong", "wrong_class", "loose_box", "spurious"):
        getattr(label_issues_of(judged).boxes, name)[:] = np.nan
    assert [len(rule(judged)) for rule in SINGLE] == [0, 0, 0]


def test_a_wrong_class_is_relabelled_in_the_classes_of_its_own_file():
    from labelaudit.dataset.merge import merged

    two = merged([BOXES, BOXES], ["train", "val"])
    (fix,) = wrong_class(with_label_issues(two, "3 wrong_class 0.9 bus")).fix
    assert fix.kind == "relabel"
    assert fix.values == {"label": 3}
    assert two.categories.file[3] == two.boxes.file[3]
    assert two.class_names[3] == "bus"


def test_no_class_is_proposed_where_none_fits_better():
    found = wrong_class(with_label_issues(BOXES, "0 wrong_class 0.9 car"))
    assert found.fix.tolist() == [None]
    assert found.message[0].startswith("car is probably another class (p 0.90)")


@pytest.mark.parametrize(
    ("corners", "moved"),
    [
        ("20 10 60 40", True),
        ("10 10 40 34", True),  # an overlap of exactly 0.8
        ("10 10 40 35", False),  # models do not agree better with right boxes
    ],
)
def test_a_loose_box_moves_only_if_the_model_sees_it_elsewhere(corners, moved):
    (fix,) = loose_box(with_label_issues(BOXES, f"0 loose_box 0.9 {corners}")).fix
    assert (fix is not None) is moved


def test_a_corrected_or_added_box_stays_in_its_image():
    (moved,) = loose_box(with_label_issues(BOXES, "0 loose_box 0.9 -20 10 30 500")).fix
    assert moved.values["xyxy"] == [0, 10, 30, 480]
    (added,) = missing_box(with_label_issues(BOXES, "missing 0.9 0 car 600 400 700 500")).fix
    assert added.values == {"image": 0, "label": 0, "xyxy": [600, 400, 640, 480]}


@pytest.mark.parametrize("rule", SINGLE)
def test_a_doubt_that_is_no_probability_is_called_a_doubt(rule):
    doubts = ("0 wrong_class 0.75 bus", "2 loose_box 0.75 210 210 290 290", "1 spurious 0.75")
    known = with_label_issues(BOXES, *doubts)
    unknown = dataclasses.replace(label_issues_of(known), max_share={})
    for label_issues, calibrated in ((label_issues_of(known), True), (unknown, False)):
        found = rule(AuditContext(BOXES, label_issues))
        assert found.doubt.tolist() == [0.75]
        assert np.isnan(found.probability[0]) != calibrated
        assert ("(p 0.75)" in found.message[0]) == calibrated
        assert ("(doubt 0.75)" in found.message[0]) != calibrated
        assert ("probably" in found.message[0]) == calibrated


def test_places_may_be_ranked_where_labels_have_probabilities():
    known = with_label_issues(BOXES, "missing 0.75 0 car 600 400 700 500", "0 spurious 0.75")
    unknown = dataclasses.replace(label_issues_of(known), missing_calibrated=False)
    (place,) = missing_box(AuditContext(BOXES, unknown)).message
    assert "is perhaps not labelled (doubt 0.75)" in place
    (label,) = spurious_box(AuditContext(BOXES, unknown)).message
    assert "probably marks nothing (p 0.75)" in label


def test_where_the_model_has_no_better_box_the_message_says_so():
    stays, moves = (
        loose_box(with_label_issues(BOXES, f"0 loose_box 0.9 {corners}"))
        for corners in ("10 10 40 40", "20 10 60 40")
    )
    assert "the model has no box of this class that fits better" in stays.message[0]
    assert stays.fix[0] is None
    assert "the model's box, 40 x 30 px, overlaps it by" in moves.message[0]


def test_no_box_is_added_where_a_loose_one_will_be_moved_to():
    place = "20 10 60 40"
    alone = with_label_issues(BOXES, f"missing 0.9 0 car {place}")
    assert len(missing_box(alone)) == 1
    with_loose = with_label_issues(BOXES, f"missing 0.9 0 car {place}", f"0 loose_box 0.8 {place}")
    assert len(missing_box(with_loose)) == 0
    faint = with_label_issues(BOXES, f"missing 0.9 0 car {place}", f"0 loose_box 0.3 {place}")
    assert len(missing_box(faint)) == 1


def test_fixes_are_unsafe_unless_the_user_trusts_the_probability():
    judged = with_label_issues(BOXES, "0 wrong_class 0.9 bus", "1 spurious 0.89")
    for options, safe in (
        (Options(), [False, False]),
        (Options(safe_from=0.9), [True, False]),
        (Options(safe_from=0.9, safeties={"wrong-class": None}), [False, False]),
    ):
        found = audit(BOXES, options, label_issues=judged.label_issues, select=["MOD"])
        safety = [fix is not None and fix.safety is Safety.SAFE for fix in found.fix]
        assert safety == safe


def test_fixes_make_of_the_labels_what_the_model_sees():
    judged = with_label_issues(
        BOXES,
        "0 wrong_class 0.9 bus",
        "1 spurious 0.9",
        "2 loose_box 0.9 210 210 290 290",
        "missing 0.9 0 bus 300 300 350 350",
    )
    found = audit(BOXES, label_issues=judged.label_issues, select=["MOD"])
    fixed = apply(BOXES, found).dataset
    assert fixed.boxes.label.tolist() == [1, 0, 1]
    assert fixed.boxes.xyxy[1:].tolist() == [[210, 210, 290, 290], [300, 300, 350, 350]]


def test_findings_of_a_rule_come_most_probable_first():
    doubts = [f"{row} spurious {p}" for row, p in enumerate([0.6, 0.99, 0.8])]
    judged = with_label_issues(BOXES, *doubts)
    found = audit(BOXES, label_issues=judged.label_issues, select=["MOD"])
    assert found.box.tolist() == [1, 2, 0]


def test_objects_of_images_or_classes_that_are_gone_are_not_reported():
    judged = with_label_issues(
        BOXES, "missing 0.9 0 car 90 90 99 99", "missing 0.9 0 car 60 60 99 99"
    )
    missing = label_issues_of(judged).missing
    missing.image[0], missing.label[1] = MISSING, MISSING
    assert len(missing_box(judged)) == 0


def test_hostile_numbers_are_no_crash():
    dataset = images({"a.jpg": ["car nan 1 2 3", "bus 1e18 1e18 2e18 2e18", "car 5 5 5 5"]})
    doubts = [f"{row} loose_box 0.9 nan nan inf 1e300" for row in range(3)]
    judged = with_label_issues(
        dataset, *doubts, "missing 0.9 0 car nan 0 1 1", "missing nan 0 car 0 0 1 1"
    )
    found = audit(dataset, label_issues=judged.label_issues, select=["MOD"])
    assert apply(dataset, found).conflicts == []


def test_the_place_by_evidence_alone_is_said_where_it_is_among_the_first():
    values = np.arange(100.0)
    values[99] = np.nan
    rows = np.array([98, 97, 50, 99])
    said = places({"loss": values, "x": values[::-1]}, {"loss": "class loss", "y": "no"}, rows)
    assert said == ["; place 1 of 99 by class loss", "", "", ""]
    assert places({"loss": np.zeros(1)}, {"loss": "loss"}, np.array([0])) == [
        "; place 1 of 1 by loss"
    ]


def test_the_place_by_evidence_is_in_the_message():
    judged = with_label_issues(BOXES, "0 spurious 0.9")
    label_issues = dataclasses.replace(
        label_issues_of(judged), box_features={"crop_log_background": np.array([9.0, 1, 2])}
    )
    (message,) = spurious_box(AuditContext(BOXES, label_issues)).message
    assert message.endswith("; place 1 of 3 by the crop classifier")


def test_a_wrong_class_of_which_no_better_one_is_seen_names_no_second_score():
    (message,) = wrong_class(with_label_issues(BOXES, "0 wrong_class 0.6 car", given=0.0)).message
    assert message == (
        "car is probably another class (p 0.60): "
        "the model sees car 0.00 there, and no class that fits better"
    )


def test_evidence_that_is_alike_for_all_labels_puts_none_of_them_foremost():
    values = np.array([0.0, 0.0, 0.0, 0.5])
    assert places({"loss": values[:3]}, {"loss": "loss"}, np.arange(3)) == ["", "", ""]
    assert places({"loss": values}, {"loss": "loss"}, np.array([3])) == ["; place 1 of 4 by loss"]


def test_objectlab_is_named_where_it_ranks_a_label_first():
    judged = with_label_issues(BOXES, "0 wrong_class 0.9 bus")
    swapped = {"objectlab_swapped": np.array([0.8, 0.0, 0.0])}
    label_issues = dataclasses.replace(label_issues_of(judged), box_features=swapped)
    (message,) = wrong_class(AuditContext(BOXES, label_issues)).message
    assert message.endswith("; place 1 of 3 by ObjectLab")


def test_a_place_is_foremost_among_a_fiftieth_of_all_labels():
    said = places({"loss": np.arange(200.0)}, {"loss": "loss"}, np.array([196, 195]))
    assert said == ["; place 4 of 200 by loss", ""]
