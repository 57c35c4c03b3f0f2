from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from labelaudit import load
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.run import audit
from labelaudit.core.columns import MISSING
from labelaudit.core.rows import all_but
from labelaudit.dataset.merge import merged
from labelaudit.testing import one_image


def with_unused(used, unused):
    dataset = one_image(*(f"class{number} 1 1 9 9" for number in range(used + unused)))
    return dataset.keep(boxes=all_but(len(dataset.boxes), np.arange(used, used + unused)))


def test_a_class_without_a_box_is_found():
    findings = audit(with_unused(2, 1), select=["CLS003"])
    assert findings.message.tolist() == ["class2 has no box in 1 image"]
    assert findings.category.tolist() == [2]
    assert findings.severity.tolist() == [Severity.INFO]
    assert findings.fix.tolist() == [None]


def test_classes_with_boxes_are_used():
    assert not len(audit(with_unused(3, 0), select=["CLS003"]))


def test_a_class_is_used_if_another_file_uses_it():
    lonely = dataclasses.replace(with_unused(1, 1), splits=("val",))
    both = merged([with_unused(2, 0), lonely], ["train", "val"])
    assert not len(audit(both, select=["CLS003"]))


def test_a_dataset_without_boxes_has_no_unused_classes():
    assert not len(audit(with_unused(0, 3), select=["CLS003"]))


def test_a_list_of_classes_of_which_few_are_used_is_one_finding():
    findings = audit(with_unused(3, 77), select=["CLS003"])
    words = "77 of 80 classes have no box: class3, class4, class5 and 74 more"
    assert findings.message.tolist() == [words]
    assert findings.category.tolist() == [MISSING]


def test_more_than_ten_that_are_more_than_half_are_one_finding():
    assert len(audit(with_unused(1, 11), select=["CLS003"])) == 1


@pytest.mark.parametrize(("used", "unused"), [(1, 10), (11, 11)])
def test_up_to_ten_or_half_of_the_classes_are_found_one_by_one(used, unused):
    assert len(audit(with_unused(used, unused), select=["CLS003"])) == unused


def test_the_unused_class_of_taco_is_found(shared_data):
    taco = load(shared_data / "taco" / "annotations.json")
    findings = audit(taco, select=["CLS003"])
    assert findings.message.tolist() == ["Plastified paper bag has no box in 1,500 images"]
