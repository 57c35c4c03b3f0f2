from __future__ import annotations

import pytest

from labelaudit.auditing.findings import Safety
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import audit
from labelaudit.core.columns import MISSING
from labelaudit.testing import one_image, with_columns

TWO = one_image("car 10 10 40 40", "van 50 20 60 60")
LOST = with_columns(TWO, "boxes", image=[0, MISSING])


def problem(dataset, **columns):
    given = {name: [value] for name, value in columns.items()}
    return with_columns(dataset, "problems", file=[0], **given)


def test_a_box_in_an_image_that_does_not_exist_is_found_by_the_id_that_it_names():
    said = {"part": "annotations", "record": 1, "row": 1, "kind": "dangling"}
    findings = audit(problem(LOST, **said, field="image_id", found="99"), select=["REF"])
    assert findings.message.tolist() == ["van is in image id 99, which no image has"]
    assert findings.code.tolist() == ["REF005"]
    assert findings.box.tolist() == [1]
    assert findings.file.tolist() == [0]


def test_a_box_that_lost_its_image_later_is_found_too():
    assert audit(LOST, select=["REF005"]).message.tolist() == ["van is in no image"]


def test_a_box_in_an_image_is_well():
    assert not len(audit(TWO, select=["REF005"]))


def test_a_box_that_names_no_image_at_all_is_another_matter():
    said = {"part": "annotations", "record": 1, "row": 1}
    silent = problem(LOST, **said, kind="missing-field", field="image_id")
    assert audit(silent, select=["REF"]).code.tolist() == ["REF009"]
    other = problem(LOST, **said, kind="missing-field", field="area")
    assert len(audit(other, select=["REF005"])) == 1


def test_dropping_the_box_is_unsafe_and_mends_it():
    findings = audit(LOST, select=["REF005"])
    assert (findings.fix[0].kind, findings.fix[0].safety) == ("drop", Safety.UNSAFE)
    assert not len(audit(apply(LOST, findings).dataset, select=["REF005"]))


def test_a_list_that_names_lost_images_is_found_once():
    words = "2 of 9 names have no annotation: a, b"
    listed = problem(TWO, part="file", row=0, kind="dangling", found=words)
    findings = audit(listed, select=["REF"])
    assert findings.code.tolist() == ["REF005"]
    assert findings.message.tolist() == [words]
    assert (findings.file[0], findings.box[0], findings.problem[0]) == (0, MISSING, 0)
    assert findings.fix.tolist() == [None]


@pytest.mark.parametrize("count", [10, 11])
def test_a_file_all_of_whose_many_boxes_dangle_is_one_finding(count):
    many = one_image(*[f"car {n} {n} {n + 30} {n + 40}" for n in range(count)])
    found = audit(with_columns(many, "boxes", image=[MISSING] * count), select=["REF005"])
    if count == 10:
        assert found.box.tolist() == list(range(10))
    else:
        assert found.message.tolist() == ["not one of 11 boxes is in an image that exists"]
        assert found.file.tolist() == [0]


def test_one_box_that_does_not_dangle_and_the_others_are_named():
    many = one_image(*[f"car {n} {n} {n + 30} {n + 40}" for n in range(20)])
    found = audit(with_columns(many, "boxes", image=[0] + [MISSING] * 19), select=["REF005"])
    assert len(found) == 19


@pytest.mark.parametrize(
    ("part", "kind", "dropped"),
    [
        ("images", "unreadable", False),
        ("images", "truncated", False),
        ("file", "truncated", False),
        ("categories", "unreadable", True),
        ("images", "missing-field", True),
    ],
)
def test_no_box_is_dropped_whose_image_may_just_be_unread(part, kind, dropped):
    dataset = with_columns(
        one_image("car 10 10 40 40", "van 50 20 60 60"), "boxes", image=[0, MISSING]
    )
    columns = {"file": [0], "part": [part], "record": [MISSING], "row": [MISSING], "kind": [kind]}
    findings = audit(with_columns(dataset, "problems", **columns), select=["REF005"])
    assert findings.box.tolist() == [1]
    assert (findings.fix[0] is not None) == dropped
