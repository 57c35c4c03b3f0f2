from __future__ import annotations

import pytest

from labelaudit import fixing
from labelaudit.auditing import audit
from labelaudit.findings import FixKind, Safety
from labelaudit.table import MISSING
from labelaudit.testing import one_image, with_columns

TWO = one_image("car 10 10 40 40", "van 50 20 60 60")
LOST = with_columns(TWO, "boxes", label=[0, MISSING])


def problem(dataset, **columns):
    given = {name: [value] for name, value in columns.items()}
    return with_columns(
        dataset, "problems", file=[0], part=["annotations"], record=[1], row=[1], **given
    )


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("category_id", "the box is of category id 7, which no class has"),
        ("class", "the box is of class 7, which is not declared"),
    ],
)
def test_a_box_of_a_class_that_does_not_exist_is_found_by_what_it_names(field, words):
    findings = audit(problem(LOST, kind="dangling", field=field, found="7"), select=["REF"])
    assert findings.code.tolist() == ["REF006"]
    assert findings.message.tolist() == [words]
    assert findings.box.tolist() == [1]


def test_a_box_that_lost_its_class_later_is_found_too():
    assert audit(LOST, select=["REF006"]).message.tolist() == ["the box is of no class"]


def test_a_box_of_a_class_is_well():
    assert not len(audit(TWO, select=["REF006"]))


@pytest.mark.parametrize("field", ["category_id", "class", "name"])
def test_a_box_that_names_no_class_at_all_is_another_matter(field):
    silent = problem(LOST, kind="missing-field", field=field)
    assert audit(silent, select=["REF"]).code.tolist() == ["REF009"]


def test_dropping_the_box_is_unsafe_and_mends_it():
    findings = audit(LOST, select=["REF006"])
    assert (findings.fix[0].kind, findings.fix[0].safety) == (FixKind.DROP, Safety.UNSAFE)
    assert not len(audit(fixing.apply(LOST, findings).dataset, select=["REF006"]))
