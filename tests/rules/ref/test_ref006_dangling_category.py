from __future__ import annotations

import pytest

from labelaudit.auditing.findings import Safety
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import audit
from labelaudit.core.columns import MISSING
from labelaudit.testing import as_format, one_image, with_columns

TWO = one_image("car 10 10 40 40", "van 50 20 60 60")
LOST = with_columns(TWO, "boxes", label=[0, MISSING])


def problem(dataset, **columns):
    given = {name: [value] for name, value in columns.items()}
    return with_columns(
        dataset, "problems", file=[0], part=["annotations"], record=[1], row=[1], **given
    )


@pytest.mark.parametrize(
    ("name", "field", "words"),
    [
        ("coco", "category_id", "the box is of category id 7, which no class has"),
        ("yolo", "class", "the box is of class 7, which is not declared"),
    ],
)
def test_a_box_of_a_class_that_does_not_exist_is_found_by_what_it_names(name, field, words):
    lost = problem(as_format(LOST, name), kind="dangling", field=field, found="7")
    findings = audit(lost, select=["REF"])
    assert findings.code.tolist() == ["REF006"]
    assert findings.message.tolist() == [words]
    assert findings.box.tolist() == [1]


def test_a_box_that_lost_its_class_later_is_found_too():
    assert audit(LOST, select=["REF006"]).message.tolist() == ["the box is of no class"]


def test_a_box_of_a_class_is_well():
    assert not len(audit(TWO, select=["REF006"]))


@pytest.mark.parametrize(
    ("name", "field"), [("coco", "category_id"), ("yolo", "class"), ("voc", "name")]
)
def test_a_box_that_names_no_class_at_all_is_another_matter(name, field):
    silent = problem(as_format(LOST, name), kind="missing-field", field=field)
    assert audit(silent, select=["REF"]).code.tolist() == ["REF009"]


def test_dropping_the_box_is_unsafe_and_mends_it():
    findings = audit(LOST, select=["REF006"])
    assert (findings.fix[0].kind, findings.fix[0].safety) == ("drop", Safety.UNSAFE)
    assert not len(audit(apply(LOST, findings).dataset, select=["REF006"]))


@pytest.mark.parametrize("count", [10, 11])
def test_a_file_all_of_whose_many_boxes_dangle_is_one_finding(count):
    many = one_image(*[f"car {n} {n} {n + 30} {n + 40}" for n in range(count)])
    found = audit(with_columns(many, "boxes", label=[MISSING] * count), select=["REF006"])
    if count == 10:
        assert found.box.tolist() == list(range(10))
    else:
        assert found.message.tolist() == ["not one of 11 boxes is of a class that exists"]
        assert found.file.tolist() == [0]


def test_one_box_that_does_not_dangle_and_the_others_are_named():
    many = one_image(*[f"car {n} {n} {n + 30} {n + 40}" for n in range(20)])
    found = audit(with_columns(many, "boxes", label=[0] + [MISSING] * 19), select=["REF006"])
    assert len(found) == 19


@pytest.mark.parametrize(
    ("part", "kind", "dropped"),
    [
        ("categories", "unreadable", False),
        ("categories", "truncated", False),
        ("file", "truncated", False),
        ("images", "unreadable", True),
        ("categories", "missing-field", True),
    ],
)
def test_no_box_is_dropped_whose_class_may_just_be_unread(part, kind, dropped):
    dataset = with_columns(
        one_image("car 10 10 40 40", "van 50 20 60 60"), "boxes", label=[0, MISSING]
    )
    columns = {"file": [0], "part": [part], "record": [MISSING], "row": [MISSING], "kind": [kind]}
    findings = audit(with_columns(dataset, "problems", **columns), select=["REF006"])
    assert findings.box.tolist() == [1]
    assert (findings.fix[0] is not None) == dropped
