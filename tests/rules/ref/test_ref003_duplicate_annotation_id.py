from __future__ import annotations

from labelaudit import load
from labelaudit.auditing.findings import Safety
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import audit
from labelaudit.core.columns import MISSING
from labelaudit.core.ids import Ids
from labelaudit.testing import images, one_image, with_columns


def dataset(*ids, **columns):
    plain = one_image(*("car 10 10 40 40" for _ in ids))
    return with_columns(plain, "boxes", id=Ids.of(ids), **columns)


def test_the_later_annotation_is_found_and_compared_with_the_first():
    findings = audit(dataset(1, 309, 2, 309), select=["REF003"])
    assert findings.box.tolist() == [3]
    assert findings.other.tolist() == [1]


def test_the_message_names_id_class_and_image_of_both():
    two = images({"a.jpg": ["car 1 1 9 9"], "b.jpg": ["van 1 1 9 9"]})
    two = with_columns(two, "boxes", id=Ids.of([309, 309]))
    words = "annotation id 309 is used 2 times: here on van in b.jpg, first on car in a.jpg"
    assert audit(two, select=["REF003"]).message.tolist() == [words]


def test_an_annotation_without_an_image_has_a_message_too():
    lost = dataset(7, 7, image=[MISSING, MISSING])
    assert "in no known image" in audit(lost, select=["REF003"]).message[0]


def test_every_later_annotation_gets_an_id_of_its_own_after_the_largest():
    broken = dataset(3, 3, 8, 3)
    findings = audit(broken, select=["REF003"])
    assert [fix.values["id"] for fix in findings.fix] == [9, 10]
    assert all(fix.kind == "renumber" and fix.safety is Safety.SAFE for fix in findings.fix)
    fixed = apply(broken, findings).dataset
    assert fixed.boxes.id.values() == [3, 9, 8, 10]


def test_new_ids_of_different_rules_do_not_collide():
    broken = dataset(3, 3, "x", None)
    findings = audit(broken, select=["REF003", "REF007"])
    fixed = apply(broken, findings).dataset
    assert sorted(fixed.boxes.id.values()) == [3, 4, 5, 6]
    assert not len(audit(fixed, select=["REF003", "REF007"]))


def test_ids_are_compared_and_given_within_each_file():
    split = dataset(1, 1, 2, 2, file=[0, 1, 0, 0])
    findings = audit(split, select=["REF003"])
    assert findings.box.tolist() == [3]
    assert findings.fix[0].values == {"id": 3}


def test_a_float_of_the_same_value_is_the_same_id():
    assert len(audit(dataset(3, 3.0), select=["REF003"])) == 1


def test_formats_without_ids_have_no_duplicates():
    assert not len(audit(dataset(None, None), select=["REF003"]))


def test_both_of_taco_are_found_and_nothing_else(shared_data):
    taco = load(shared_data / "taco" / "annotations.json")
    findings = audit(taco, select=["REF"])
    assert findings.code.tolist() == ["REF003", "REF003"]
    assert [taco.boxes.id.value(row) for row in findings.box.tolist()] == [309, 4040]
    assert not len(audit(apply(taco, findings).dataset, select=["REF"]))


def begun_again(repeats: int, others: int):
    return dataset(*range(1, repeats + others + 1), *range(1, repeats + 1))


def test_ids_that_begin_again_are_one_finding_that_gives_each_an_id_of_its_own():
    broken = begun_again(11, 20)
    (message,) = audit(broken, select=["REF003"]).message
    assert message == (
        "11 annotations have an id that an earlier one has: the first is 1, which is used 2 times"
    )
    findings = audit(broken, select=["REF003"])
    assert findings.box.tolist() == [MISSING]
    assert findings.fix[0].safety is Safety.SAFE
    assert sorted(apply(broken, findings).dataset.boxes.id.values()) == list(range(1, 43))


def test_few_repeats_and_few_of_many_are_told_one_by_one():
    assert len(audit(begun_again(10, 10), select=["REF003"])) == 10
    assert len(audit(begun_again(11, 23), select=["REF003"])) == 11
    assert len(audit(begun_again(12, 23), select=["REF003"])) == 1


def test_files_are_judged_apart():
    two = with_columns(begun_again(11, 20), "boxes", file=[0] * 31 + [1] * 11)
    assert not len(audit(two, select=["REF003"]))
    split = dataset(*[*range(1, 12)] * 2, 50, 50, file=[0] * 22 + [1] * 2)
    findings = audit(split, select=["REF003"])
    assert findings.box.tolist() == [MISSING, 23]
    assert findings.file.tolist() == [0, 1]
