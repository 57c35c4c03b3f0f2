from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from labelaudit import load
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.run import audit
from labelaudit.core.columns import MISSING
from labelaudit.core.rows import all_but
from labelaudit.testing import images


def in_images(count, box="car 1 1 9 9"):
    return images({f"{number}.jpg": [box] for number in range(count)})


@pytest.mark.parametrize(("count", "found"), [(10, 1), (11, 0)])
def test_a_class_in_ten_images_is_rare_and_in_eleven_it_is_not(count, found):
    assert len(audit(in_images(count), select=["CLS004"])) == found


def test_images_and_boxes_are_told():
    dataset = images({"a.jpg": ["car 1 1 9 9", "car 20 1 29 9"], "b.jpg": ["car 1 1 9 9"]})
    findings = audit(dataset, select=["CLS004"])
    assert findings.message.tolist() == ["car is in 2 images only, with 3 boxes"]
    assert findings.category.tolist() == [0]
    assert findings.severity.tolist() == [Severity.INFO]


def test_many_boxes_in_few_images_are_still_few_images():
    crowded = images({"a.jpg": ["car 1 1 9 9"] * 50})
    assert len(audit(crowded, select=["CLS004"])) == 1


def test_crowds_and_difficult_boxes_do_not_count():
    assert len(audit(in_images(11, "car 1 1 9 9 crowd"), select=["CLS004"])) == 1
    assert len(audit(in_images(11, "car 1 1 9 9 difficult"), select=["CLS004"])) == 1


@pytest.mark.parametrize(("mark", "count"), [("crowd", 1), ("difficult", 2)])
def test_a_class_of_boxes_that_do_not_count_is_not_said_to_be_in_no_image(mark, count):
    (said,) = audit(in_images(count, f"car 1 1 9 9 {mark}"), select=["CLS004"]).message
    boxes = "1 box" if count == 1 else "2 boxes"
    assert said == f"car has {boxes} in all, each a crowd or difficult: none counts"


def test_boxes_of_images_that_are_not_there_are_told(tmp_path):
    dataset = in_images(1)
    boxes = dataset.boxes.replaced(image=np.array([MISSING]))
    (said,) = audit(dataclasses.replace(dataset, boxes=boxes), select=["CLS004"]).message
    assert said == "car is in no image that exists, with 1 box"


def test_an_unused_class_is_not_rare():
    dataset = in_images(1)
    assert not len(audit(dataset.keep(boxes=all_but(len(dataset.boxes), [0])), select=["CLS004"]))


def test_the_limit_is_a_setting():
    options = {"CLS004": {"max_images": 11}}
    assert len(audit(in_images(11), select=["CLS004"], settings=options)) == 1


def small(rare, common):
    boxes = {f"{n}.jpg": [f"common{c} 1 1 9 9" for c in range(common)] for n in range(11)}
    return images(boxes | {"rare.jpg": [f"rare{n} 1 1 9 9" for n in range(rare)]})


def test_where_most_classes_are_rare_the_dataset_is_small_and_that_is_one_finding():
    findings = audit(small(12, 11), select=["CLS004"])
    words = "12 of 23 classes are in 10 images or fewer: rare0 (1), rare1 (1), rare2 (1) and 9 more"
    assert findings.message.tolist() == [words]
    assert findings.category.tolist() == [MISSING]


@pytest.mark.parametrize(("rare", "common"), [(10, 0), (11, 11)])
def test_up_to_ten_or_half_of_the_classes_are_found_one_by_one(rare, common):
    assert len(audit(small(rare, common), select=["CLS004"])) == rare


def test_the_three_classes_of_bccd_and_the_six_of_cards_are_not_rare(shared_data):
    for name in ("bccd", "cards"):
        assert not len(audit(load(shared_data / name), select=["CLS"]))
