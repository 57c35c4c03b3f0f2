from __future__ import annotations

import pytest

from labelaudit.auditing.findings import Safety
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import audit
from labelaudit.core.ids import Ids
from labelaudit.testing import one_image, with_columns

THREE = one_image("a 1 1 9 9", "b 1 1 9 9", "b 20 1 29 9", "c 1 1 9 9")


def test_the_class_with_fewer_boxes_is_found():
    dataset = with_columns(THREE, "categories", name=["car", "car", "van"])
    findings = audit(dataset, select=["CLS001"])
    words = "'car' is the name of two classes: id 1 with 1 box, and id 2 with 2 boxes"
    assert findings.message.tolist() == [words]
    assert findings.category.tolist() == [0]


def test_names_are_compared_as_written():
    assert not len(audit(THREE, select=["CLS001"]))
    cased = with_columns(THREE, "categories", name=["car", "Car", "van"])
    assert not len(audit(cased, select=["CLS001"]))


def test_each_file_may_declare_the_class():
    split = with_columns(THREE, "categories", name=["car", "car", "van"], file=[0, 1, 1])
    assert not len(audit(split, select=["CLS001"]))


def test_classes_without_a_name_are_not_the_same_class():
    assert not len(audit(with_columns(THREE, "categories", name=["", "", ""]), select=["CLS001"]))


def test_one_id_too_is_a_duplicate_category_id():
    twice = with_columns(THREE, "categories", name=["car", "car", "van"], id=Ids.of([1, 1, 2]))
    assert audit(twice, select=["CLS001", "REF004"]).code.tolist() == ["REF004"]


def test_merging_is_unsafe_where_both_have_boxes():
    dataset = with_columns(THREE, "categories", name=["car", "car", "car"])
    findings = audit(dataset, select=["CLS001"])
    assert [(fix.kind, fix.safety) for fix in findings.fix] == [("merge", Safety.UNSAFE)] * 2
    fixed = apply(dataset, findings).dataset
    assert fixed.categories.record.tolist() == [1]
    assert fixed.boxes.label.tolist() == [0, 0, 0, 0]


def test_merging_is_safe_where_the_other_has_no_box():
    dataset = with_columns(THREE, "categories", name=["car", "van", "van"])
    dataset = with_columns(dataset, "boxes", label=[0, 1, 1, 1])
    findings = audit(dataset, select=["CLS001"])
    assert findings.category.tolist() == [2]
    assert findings.fix[0].safety is Safety.SAFE


@pytest.mark.parametrize(("repeats", "findings"), [(100, 100), (101, 1)])
def test_more_repeats_than_anybody_makes_are_one_finding_of_their_file(repeats, findings):
    names = [f"{number}" for number in range(repeats)]
    dataset = one_image(*(f"{name} 1 1 9 9" for name in [*names, *(f"x{name}" for name in names)]))
    twice = with_columns(dataset, "categories", name=[*names, *names])
    found = audit(twice, select=["CLS001"])
    assert len(found) == findings
    if findings == 1:
        words = f"{repeats} of {2 * repeats} classes have the name of another: the first is "
        assert found.message[0].startswith(words)
        assert found.category.tolist() == [-1]
        assert found.fix == (None,)


def test_a_file_with_few_repeats_beside_one_with_many_has_a_finding_for_each():
    dataset = one_image(*(f"{number} 1 1 9 9" for number in range(205)))
    names = [*["car"] * (len(dataset.categories) - 3), "van", "van", "bus"]
    file = [0] * (len(names) - 3) + [1] * 3
    found = audit(with_columns(dataset, "categories", name=names, file=file), select=["CLS001"])
    assert found.file.tolist() == [0, 1]
    assert [fix is None for fix in found.fix] == [True, False]
