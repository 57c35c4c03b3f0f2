from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from labelaudit import load
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import audit
from labelaudit.core.ids import Ids
from labelaudit.dataset.merge import merged
from labelaudit.testing import one_image, with_columns


def file(path, classes):
    """A dataset of one file that declares classes: names by id."""
    dataset = one_image(*(f"{number} 1 1 9 9" for number in range(len(classes))))
    ids = Ids.of(list(classes))
    dataset = with_columns(dataset, "categories", name=list(classes.values()), id=ids)
    return with_columns(dataset, "files", path=[path])


def maps(*classes):
    names = [f"{number}.json" for number in range(len(classes))]
    return merged([file(*pair) for pair in zip(names, classes, strict=True)], names)


def differences(dataset):
    return audit(dataset, select=["CLS006"])


def test_an_id_of_another_name_is_found():
    findings = differences(maps({1: "car", 2: "van"}, {1: "car", 2: "bus"}))
    assert findings.message.tolist() == ["id 2 is 'bus' here and 'van' in 0.json"]
    assert findings.category.tolist() == [3]
    assert findings.file.tolist() == [1]
    assert findings.severity.tolist() == [Severity.ERROR]


def test_a_name_of_another_id_is_found():
    findings = differences(maps({1: "car", 2: "van"}, {1: "car", 7: "van"}))
    assert findings.message.tolist() == ["'van' has id 7 here and 2 in 0.json"]


def test_both_at_once_are_one_finding_a_class():
    findings = differences(maps({1: "car", 2: "van"}, {1: "van", 2: "car"}))
    assert findings.message.tolist() == [
        "id 1 is 'van' here and 'car' in 0.json; 'van' has id 1 here and 2 in 0.json",
        "id 2 is 'car' here and 'van' in 0.json; 'car' has id 2 here and 1 in 0.json",
    ]


def test_the_same_map_in_another_order_is_well():
    assert not len(differences(maps({1: "car", 2: "van"}, {2: "van", 1: "car"})))


def test_a_class_that_only_one_file_declares_is_well():
    assert not len(differences(maps({1: "car", 2: "van"}, {1: "car"}, {1: "car", 3: "bus"})))


def test_another_spelling_is_a_warning_and_mended_elsewhere():
    findings = differences(maps({1: "stop sign"}, {1: "Stop_Sign"}))
    assert findings.severity.tolist() == [Severity.WARNING]
    assert findings.fix.tolist() == [None]


def test_within_one_file_it_is_another_matter():
    assert not len(differences(maps({1: "car", 2: "car"})))


def test_classes_without_an_id_or_a_name_are_not_compared():
    assert not len(differences(maps({None: "car", 2: ""}, {None: "van", 2: "bus"})))


def test_the_fix_gives_the_ids_of_the_first_file():
    swapped = maps({1: "car", 2: "van"}, {1: "van", 2: "car"})
    findings = differences(swapped)
    assert [(fix.kind, fix.safety) for fix in findings.fix] == [("renumber", Safety.UNSAFE)] * 2
    fixed = apply(swapped, findings).dataset
    assert fixed.categories.id.values() == [1, 2, 2, 1]


def test_a_name_that_the_first_file_has_not_moves_out_of_the_way():
    findings = differences(maps({1: "car", 2: "van"}, {2: "bus", 3: "van"}, {2: "bus"}))
    assert [fix.values["id"] for fix in findings.fix] == [4, 2, 4]


def test_only_the_first_of_two_classes_of_one_name_gets_its_id():
    findings = differences(maps({2: "van"}, {5: "van", 6: "van"}))
    assert [fix and fix.values["id"] for fix in findings.fix] == [2, None]


names = st.sampled_from(["car", "van", "bus", "cab"])


@given(st.lists(st.dictionaries(st.integers(1, 5), names), min_size=1, max_size=3))
def test_after_the_fixes_all_files_agree(classes):
    distinct = [{i: n for n, i in {n: i for i, n in one.items()}.items()} for one in classes]
    dataset = maps(*distinct)
    fixed = apply(dataset, differences(dataset)).dataset
    assert not len(differences(fixed))
    assert not len(audit(fixed, select=["REF004"]))


def test_the_two_taco_files_name_class_5_differently(shared_data):
    files = ["annotations.json", "annotations_2019-06-26_bbox_y_flipped.json"]
    findings = differences(load([shared_data / "taco" / file for file in files]))
    words = "id 5 is 'Plastic drink bottle' here and 'Clear plastic bottle' in annotations.json"
    assert findings.message[findings.severity == Severity.ERROR].tolist() == [words]
    assert len(findings) == 2
