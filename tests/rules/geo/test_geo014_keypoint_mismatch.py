from __future__ import annotations

import pytest

from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.run import audit
from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import RecordType
from labelaudit.testing import one_image, with_columns

SOUND = {"values": 51, "labelled": 12, "stated": 12, "readable": True, "xyxy": [10, 10, 40, 40]}


def found(declared=17, **changes):
    """What is found of two people, the first sound and the second with these changes."""
    dataset = one_image("person 10 10 40 40", "person 10 10 40 40")
    dataset = with_columns(dataset, "categories", keypoints=[declared])
    second = SOUND | changes
    columns = {name: [value, second[name]] for name, value in SOUND.items()}
    columns["values"][0] = 3 * declared
    return audit(with_columns(dataset, "keypoints", box=[0, 1], **columns), select=["GEO014"])


def test_keypoints_as_declared_stated_and_inside_are_not_found():
    assert len(found()) == 0


def test_a_list_that_is_not_as_long_as_declared_is_an_error():
    findings = found(values=48)
    assert findings.box.tolist() == [1]
    assert findings.severity.tolist() == [Severity.ERROR]
    assert findings.message.tolist() == ["the keypoints of person are 48 numbers, not 51"]
    assert findings.fix.tolist() == [None]


def test_a_class_that_declares_none_wants_three_numbers_each():
    assert len(found(declared=0, values=6)) == 0
    (message,) = found(declared=0, values=7).message
    assert message == "the keypoints of person are 7 numbers, not three each"


def test_an_object_without_a_known_class_wants_three_numbers_each():
    dataset = with_columns(one_image("person 10 10 40 40"), "boxes", label=[MISSING])
    for values, count in [(6, 0), (7, 1)]:
        points = with_columns(dataset, "keypoints", box=[0], values=[values])
        assert len(audit(points, select=["GEO014"])) == count


def test_a_wrong_count_is_counted_again():
    findings = found(stated=13)
    assert findings.box.tolist() == [1]
    assert findings.severity.tolist() == [Severity.WARNING]
    words = "the keypoints of person are 12 labelled ones, not 13 as stated"
    assert findings.message.tolist() == [words]
    values = {"field": "num_keypoints", "value": 12}
    assert findings.fix.tolist() == [Fix("set-field", Safety.SAFE, RecordType.BOX, 1, values)]


def test_a_count_that_is_not_stated_is_not_wrong():
    assert len(found(stated=MISSING)) == 0


def test_what_cannot_be_read_is_an_error_and_nothing_else_is_said_about_it():
    findings = found(readable=False, values=48, stated=3, xyxy=[-9, 10, 40, 40])
    assert findings.severity.tolist() == [Severity.ERROR]
    words = "the keypoints of person hold what is no coordinate or no visibility"
    assert findings.message.tolist() == [words]
    assert findings.fix.tolist() == [None]


@pytest.mark.parametrize(("left", "count"), [(-1, 0), (-1.5, 1)])
def test_a_keypoint_may_be_a_pixel_beyond_the_image(left, count):
    findings = found(xyxy=[left, 10, 40, 40])
    words = "the keypoints of person reach 1.5 px beyond the image"
    assert findings.message.tolist() == [words] * count
    assert findings.fix.tolist() == [None] * count


def test_two_faults_are_one_finding_that_names_both():
    findings = found(stated=0, xyxy=[10, 10, 650, 40])
    words = (
        "the keypoints of person are 12 labelled ones, not 0 as stated "
        "and reach 10 px beyond the image"
    )
    assert findings.message.tolist() == [words]


def test_an_empty_list_is_as_good_as_none_unless_it_is_counted():
    assert len(found(values=0, labelled=0, stated=0)) == 0
    assert len(found(values=0, labelled=0, stated=5)) == 1
