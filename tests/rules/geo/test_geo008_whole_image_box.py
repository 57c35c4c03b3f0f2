from __future__ import annotations

import numpy as np
import pytest

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.run import audit
from labelaudit.testing import images, one_image, with_columns, with_polygons

WHOLE = "cat 0 0 640 480"
RECTANGLE = [0, 0, 640, 0, 640, 480, 0, 480]
TRIANGLE = [0, 0, 640, 240, 0, 480]


def test_the_whole_image_is_found_and_most_of_it_is_not():
    findings = audit(one_image("dog 20 20 640 480", WHOLE), select=["GEO008"])
    assert findings.box.tolist() == [1]
    assert findings.severity.tolist() == [Severity.INFO]
    assert findings.message.tolist() == ["cat is 640 x 480 px, the whole image"]


@pytest.mark.parametrize(
    ("box", "count"), [("cat 6 0 640 480", 1), ("cat 7 0 640 480", 0), ("cat 0 5 640 480", 0)]
)
def test_each_side_must_have_99_hundredths(box, count):
    assert len(audit(one_image(box), select=["GEO008"])) == count


def test_the_share_is_a_setting():
    settings = {"whole-image-box": {"min-share": 0.5}}
    assert len(audit(one_image("cat 0 0 320 240"), select=["GEO008"], settings=settings)) == 1


def test_a_mask_that_was_drawn_shows_that_the_object_reaches_all_edges():
    dataset = with_polygons(one_image(WHOLE, WHOLE), [TRIANGLE], [RECTANGLE])
    assert audit(dataset, select=["GEO008"]).box.tolist() == [1]


def test_how_much_a_drawn_mask_fills_is_a_setting():
    settings = {"whole-image-box": {"max-filled": 0.4}}
    dataset = with_polygons(one_image(WHOLE), [TRIANGLE])
    assert len(audit(dataset, select=["GEO008"], settings=settings)) == 1


@pytest.mark.parametrize(
    "box", [f"{WHOLE} crowd", f"{WHOLE} difficult", "cat -5 -5 645 485", "cat 640 0 1280 480"]
)
def test_crowds_difficult_boxes_and_boxes_beyond_the_image_are_left_alone(box):
    assert len(audit(one_image(box), select=["GEO008"])) == 0


def test_a_box_that_is_one_pixel_larger_than_the_image_is_the_whole_image():
    assert len(audit(one_image("cat 0 0 641 481"), select=["GEO008"])) == 1


def test_an_image_of_unknown_size_is_covered_by_no_box():
    assert len(audit(one_image(WHOLE, size=(np.nan, np.nan)), select=["GEO008"])) == 0


def test_the_share_of_an_assumed_size_is_the_true_one():
    dataset = with_columns(one_image(WHOLE), "images", assumed=[True])
    assert len(audit(dataset, select=["GEO008"])) == 1


def test_beside_another_box_of_its_class_it_is_a_warning():
    findings = audit(one_image("cat 200 200 300 300", WHOLE), select=["GEO008"])
    assert findings.box.tolist() == [1]
    assert findings.severity.tolist() == [Severity.WARNING]
    words = "cat is 640 x 480 px, the whole image, beside another box of its class"
    assert findings.message.tolist() == [words]


@pytest.mark.parametrize("other", ["dog 200 200 300 300", "cat 200 200 300 300 crowd", WHOLE])
def test_other_classes_crowds_and_a_second_whole_image_are_no_box_of_the_object(other):
    severities = audit(one_image(other, WHOLE), select=["GEO008"]).severity.tolist()
    assert set(severities) == {Severity.INFO}


def test_a_box_in_another_image_is_not_beside_it():
    dataset = images({"a.jpg": [WHOLE], "b.jpg": ["cat 200 200 300 300"]})
    assert audit(dataset, select=["GEO008"]).severity.tolist() == [Severity.INFO]
