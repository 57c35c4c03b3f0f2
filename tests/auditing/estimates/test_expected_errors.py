from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from labelaudit.auditing.causes import Affected
from labelaudit.auditing.estimates.expected_errors import ExpectedErrors
from labelaudit.auditing.findings import Findings, Fix, Safety, Severity
from labelaudit.auditing.label_issues import LabelIssues
from labelaudit.testing import images, with_label_issues

DATASET = images(
    {
        "a.jpg": ("car 10 10 60 60", "car 200 20 260 60"),
        "b.jpg": ("bus 10 10 60 60",),
        "c.jpg": (),
    }
)
ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
MISSING_CAR = Fix("add", Safety.UNSAFE, "annotations", -1, {"image": 2, "label": 0, "xyxy": []})


def finding(severity, code="GEO006", **columns):
    """One finding."""
    given = {name: [value] for name, value in columns.items()}
    for name in {"fix", "affects"} & set(given):
        given[name] = np.array([*given[name], None], object)[:1]
    return Findings.of(1, code=[code], severity=[severity], **given)


def errors(*findings, label_issues: LabelIssues | None = None):
    return ExpectedErrors(Findings.concat(findings), DATASET, label_issues)


def test_a_box_with_several_findings_counts_once_with_the_most_probable():
    found = errors(
        finding(WARNING, image=0, box=0),
        finding(ERROR, image=0, box=0),
        finding(WARNING, image=0, box=0),
    )
    assert found.box.tolist() == [0.95, 0, 0]
    assert found.box_of_rules.tolist() == [True, False, False]
    assert found.per_image.tolist() == [0.95, 0, 0]
    assert found.found_per_image.tolist() == [1, 0, 0]


def test_an_info_counts_with_its_probability_alone():
    found = errors(finding(INFO, image=0, box=0), finding(INFO, image=1, box=2, doubt=0.9))
    assert not found.per_image.any()
    found = errors(finding(INFO, image=0, box=0, probability=0.3))
    assert found.per_image.tolist() == [0.3, 0, 0]
    assert not found.found_per_image.any()
    assert not found.box_of_rules.any()


def test_what_a_model_says_is_no_word_of_the_rules():
    found = errors(
        finding(WARNING, "MOD002", image=0, box=0, probability=0.7),
        finding(WARNING, "MOD004", image=1, box=2, doubt=0.8),
    )
    assert found.box.tolist() == [0.7, 0, 0]
    assert not found.box_of_rules.any()
    assert not found.image_of_rules.any()
    assert found.found_per_image.tolist() == [1, 1, 0]


def test_what_is_doubted_without_a_probability_orders_images_and_is_no_error():
    found = errors(
        finding(WARNING, "MOD004", image=1, box=2, doubt=0.8),
        finding(WARNING, "MOD001", image=2, fix=MISSING_CAR, doubt=0.7),
        finding(WARNING, "MOD001", image=2, fix=MISSING_CAR, doubt=0.6),
        finding(WARNING, "MOD003", image=2, doubt=0.5),
        finding(INFO, "MOD008", image=0, box=0, doubt=0.4),
    )
    numbers = (found.box, found.objects, found.whole_image, found.per_image, found.image)
    assert not any(one.any() for one in numbers)
    assert found.suspicion.tolist() == pytest.approx([0, 0.8, 1.8])
    assert found.found_per_image.tolist() == found.doubted_per_image.tolist() == [0, 1, 3]


def test_what_rules_find_counts_beside_a_doubt_and_more_than_it_in_the_order_too():
    found = errors(
        finding(ERROR, image=0, box=0),
        finding(WARNING, "MOD002", image=0, box=0, doubt=0.99),
        finding(WARNING, "MOD002", image=0, box=1, doubt=0.5, probability=0.5),
    )
    assert found.per_image.tolist() == [1.45, 0, 0]
    assert found.suspicion.tolist() == [1.49, 0, 0]
    assert found.found_per_image.tolist() == [2, 0, 0]
    assert not found.doubted_per_image.any()


def test_without_doubts_images_are_ordered_by_the_errors_that_are_expected():
    issues = with_label_issues(DATASET, "0 spurious 0.2", "missing 0.5 2 car 10 10 60 60")
    found = errors(finding(WARNING, image=1), label_issues=issues.label_issues)
    assert found.suspicion.tolist() == found.per_image.tolist()
    assert found.suspicion.all()


def test_what_other_annotators_doubt_is_found_without_a_model():
    found = errors(finding(WARNING, "SRC005", image=0, box=0, doubt=0.5))
    assert found.box.tolist() == [0.6, 0, 0]  # as any warning, for a doubt is no probability
    assert found.box_of_rules.tolist() == [True, False, False]
    assert not found.doubted_per_image.any()
    unknown = errors(finding(WARNING, "XYZ9", image=0, box=0, doubt=0.5))
    assert not unknown.box_of_rules.any()
    assert not unknown.box.any()


@pytest.mark.parametrize("code", ["DUP003", "XYZ9"])
def test_a_warning_of_a_rule_that_needs_no_model_counts_as_warnings_do(code):
    found = errors(finding(WARNING, code, image=0, box=0))
    assert found.box_of_rules[0]
    assert found.image_of_rules[0]
    assert found.box[0] == found.suspicion[0] == 0.6
    assert (found.found_per_image[0], found.doubted_per_image[0]) == (1, 0)


def test_what_a_rule_reads_off_a_model_without_a_number_orders_images_and_is_no_error():
    found = errors(finding(WARNING, "MOD007", image=0, box=0, other=1))
    numbers = (found.box, found.per_image, found.image, found.box_of_rules, found.image_of_rules)
    assert not any(one.any() for one in numbers)
    assert found.suspicion.tolist() == [0.6, 0, 0]
    assert found.found_per_image.tolist() == found.doubted_per_image.tolist() == [1, 0, 0]


def test_beside_it_a_box_is_as_probably_wrong_as_the_model_says():
    issues = with_label_issues(DATASET, "0 spurious 0.3").label_issues
    found = errors(finding(WARNING, "MOD007", image=0, box=0, other=1), label_issues=issues)
    assert found.box == pytest.approx([0.3, 0, 0])
    assert found.suspicion == pytest.approx([0.6, 0, 0])
    sure = errors(
        finding(WARNING, "MOD007", image=0, box=0), finding(ERROR, image=0, box=0, probability=0.8)
    )
    assert (sure.box[0], sure.doubted_per_image[0]) == (0.8, 0)


def test_several_findings_about_an_image_itself_are_one_error():
    found = errors(*[finding(WARNING, "IMG010", image=2)] * 3, finding(WARNING, image=2, box=0))
    assert found.whole_image.tolist() == [0, 0, 0.6]
    assert found.image_of_rules.tolist() == [True, False, True]  # the box is of the first image
    assert found.found_per_image.tolist() == [1, 0, 1]


def test_objects_without_a_label_are_counted_one_by_one():
    found = errors(*[finding(WARNING, "MOD001", image=2, fix=MISSING_CAR, probability=0.75)] * 2)
    assert found.objects.tolist() == [0, 0, 1.5]
    assert found.found_per_image.tolist() == [0, 0, 2]
    assert not found.whole_image.any()


def test_findings_about_no_box_and_no_image_are_elsewhere():
    found = errors(finding(ERROR), finding(WARNING, category=0), finding(INFO))
    assert found.elsewhere == 2
    assert not found.per_image.any()


@pytest.mark.parametrize(
    ("severity", "box", "probable"),
    [(ERROR, [0, 1], 0.95), (ERROR, [2], 0.95), (WARNING, [0, 2], 0.6), (INFO, [0], 0)],
)
def test_a_finding_about_many_labels_holds_for_each_of_them(severity, box, probable):
    found = errors(finding(severity, "GEO015", image=0, affects=Affected(np.array(box))))
    marked = box if probable else []
    assert np.flatnonzero(found.box_of_rules).tolist() == marked
    assert found.box[box].tolist() == [probable] * len(box)
    assert not found.whole_image.any()  # the image is where it is shown
    assert found.found_per_image.sum() == len(marked)
    assert found.elsewhere == 0


def test_a_finding_about_many_images_holds_for_them_and_for_no_box():
    found = errors(finding(ERROR, "IMG008", image=2, affects=Affected(image=np.array([0, 1]))))
    assert found.whole_image.tolist() == [0.95, 0.95, 0]
    assert found.image_of_rules.tolist() == [True, True, False]
    assert found.found_per_image.tolist() == [1, 1, 0]
    assert not found.box_of_rules.any()


def test_a_finding_that_does_not_know_which_labels_are_wrong_is_elsewhere():
    found = errors(finding(WARNING, "SRC001", image=0, affects=Affected()))
    assert not found.per_image.any()
    assert found.elsewhere == 1


def test_a_model_that_knows_probabilities_speaks_of_boxes_without_a_finding_too():
    issues = with_label_issues(DATASET, "0 spurious 0.2", "2 wrong_class 0.9 car").label_issues
    found = errors(finding(WARNING, image=0, box=0), label_issues=issues)
    assert found.knows_probabilities
    assert found.box == pytest.approx([0.6, 0, 0.9], abs=0.01)
    ranking = dataclasses.replace(issues, max_share={})
    assert errors(label_issues=ranking).box.tolist() == [0, 0, 0]


def test_a_box_that_no_model_judged_counts_by_rules():
    issues = with_label_issues(DATASET, "0 spurious 0.2").label_issues
    unknown = issues.boxes.replaced(wrong=np.array([np.nan, 0.1, np.nan]))
    found = errors(
        finding(WARNING, image=0, box=0), label_issues=dataclasses.replace(issues, boxes=unknown)
    )
    assert found.box.tolist() == [0.6, 0.1, 0]


def test_missing_objects_are_those_that_a_model_expects_and_none_counts_twice():
    said = ("missing 0.5 2 car 10 10 60 60", "missing 0.25 2 car 100 10 160 60")
    issues = with_label_issues(DATASET, *said).label_issues
    found = errors(
        finding(WARNING, "MOD001", image=2, fix=MISSING_CAR, probability=0.5), label_issues=issues
    )
    assert found.objects.tolist() == [0, 0, 0.75]
    ranking = dataclasses.replace(issues, missing_calibrated=False)
    assert errors(label_issues=ranking).objects.tolist() == [0, 0, 0]


@pytest.mark.parametrize(("doubt", "objects"), [(0.49, 0.8), (0.5, 0.0)])
def test_where_a_loose_box_belongs_no_object_is_missing(doubt, objects):
    loose = f"0 loose_box {doubt} 12 12 80 80"
    issues = with_label_issues(DATASET, loose, "missing 0.8 0 car 12 12 80 82").label_issues
    assert errors(label_issues=issues).objects[0] == objects


def test_an_image_is_wrong_if_anything_in_it_is():
    said = ("0 spurious 0.5", "1 spurious 0.2", "missing 0.3 0 car 400 10 460 60")
    issues = with_label_issues(DATASET, *said).label_issues
    found = errors(label_issues=issues)
    right = (1 - found.box[:2]).prod() * (1 - 0.3)
    assert found.image == pytest.approx([1 - right, found.box[2], 0])


def test_an_image_in_which_something_is_certainly_wrong_is_wrong():
    issues = with_label_issues(DATASET, "0 spurious 1", "missing 1 2 car 10 10 60 60").label_issues
    assert errors(label_issues=issues).image.tolist() == [1, 0, 1]


def test_a_box_without_an_image_is_in_none():
    lost = dataclasses.replace(
        DATASET, boxes=DATASET.boxes.replaced(image=np.array([0, 0, -1], np.int32))
    )
    found = ExpectedErrors(finding(ERROR, box=2), lost, None)
    assert found.box_of_rules.tolist() == [False, False, True]
    assert not found.per_image.any()


def test_an_empty_dataset_has_no_errors():
    found = ExpectedErrors(Findings.empty(), images({}), None)
    assert [len(found.box), len(found.per_image), len(found.image), found.elsewhere] == [0] * 4
