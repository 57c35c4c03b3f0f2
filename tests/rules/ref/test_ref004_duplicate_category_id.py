from __future__ import annotations

from labelaudit.auditing.findings import Safety
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import audit
from labelaudit.core.ids import Ids
from labelaudit.testing import one_image, with_columns


def dataset(names, ids, **columns):
    plain = one_image(*(f"{number} 10 10 40 40" for number in range(len(names))))
    return with_columns(plain, "categories", name=names, id=Ids.of(ids), **columns)


def test_two_names_of_one_id_are_found_without_a_fix():
    findings = audit(dataset(["car", "van", "bus"], [1, 2, 1]), select=["REF004"])
    words = "category id 1 is used 2 times: here for 'bus', first for 'car'"
    assert findings.message.tolist() == [words]
    assert findings.category.tolist() == [2]
    assert findings.fix.tolist() == [None]


def test_two_records_of_one_class_are_merged():
    twice = dataset(["car", "car"], [1, 1])
    findings = audit(twice, select=["REF004", "CLS001"])
    assert findings.code.tolist() == ["REF004"]
    assert (findings.fix[0].kind, findings.fix[0].safety) == ("merge", Safety.SAFE)
    fixed = apply(twice, findings).dataset
    assert fixed.boxes.label.tolist() == [0, 0]
    assert not len(audit(fixed, select=["REF004"]))


def test_two_files_may_use_the_same_ids():
    assert not len(audit(dataset(["car", "car"], [1, 1], file=[0, 1]), select=["REF004"]))


def test_different_ids_are_well():
    assert not len(audit(dataset(["car", "van"], [1, 2]), select=["REF004"]))
