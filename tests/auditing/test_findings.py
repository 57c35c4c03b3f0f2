"""Findings as a table of records: by index, one after the other, chosen, in order."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

from labelaudit.auditing.findings import AT_ONCE, Finding, Findings, Fix, Safety, Severity
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import RecordType
from labelaudit.errors import ArgumentError, UnknownNameError
from labelaudit.testing import images, one_image, with_columns

LABELS = images(
    {
        "day/a.jpg": ["car 10 10 10 40", "car 50 50 90 90", "car 50 50 90 90"],
        "night/b.jpg": ["bus 10 10 700 40"],
    }
)


@pytest.fixture(name="found", scope="module")
def _found():
    return audit(LABELS, select=["GEO", "DUP"])


def by_hand(findings: Findings, row: int) -> dict[str, object]:
    """What a record is to say, looked up one by one."""
    dataset = findings.dataset
    box, other = int(findings.box[row]), int(findings.other[row])
    names = dataset.class_names
    return {
        "code": str(findings.code[row]),
        "message": str(findings.message[row]),
        "severity": Severity(int(findings.severity[row])),
        "image_name": str(dataset.images.name[findings.image[row]]),
        "class_name": names[dataset.boxes.label[box]],
        "xyxy": tuple(dataset.boxes.xyxy[box].tolist()),
        "other_xyxy": None if other < 0 else tuple(dataset.boxes.xyxy[other].tolist()),
        "other_class_name": None if other < 0 else names[dataset.boxes.label[other]],
        "fix": findings.fix[row],
    }


def test_a_record_says_with_names_what_the_columns_say_with_rows(found):
    assert len(found) >= 3
    assert any(one.other_xyxy for one in found)
    for row, one in enumerate(found):
        assert {name: getattr(one, name) for name in by_hand(found, row)} == by_hand(found, row)


def test_a_finding_is_had_by_its_place_from_either_end(found):
    every = list(found)
    assert [found[row] for row in range(len(found))] == every
    assert found[-1] == every[-1] == found[np.int64(len(found) - 1)]
    for beyond in (len(found), -len(found) - 1):
        with pytest.raises(IndexError, match=f"finding {beyond} of {len(found)}"):
            found[beyond]


def test_a_slice_a_mask_and_rows_give_findings_of_the_same_dataset(found):
    mask = found.severity == Severity.ERROR
    for which, rows in (
        (slice(1, 3), [1, 2]),
        (mask, np.flatnonzero(mask).tolist()),
        (mask.tolist(), np.flatnonzero(mask).tolist()),
        ([2, 0], [2, 0]),
        ([], []),
        (np.array([1]), [1]),
    ):
        some = found[which]
        assert list(some) == [found[row] for row in rows]
        assert some.dataset is LABELS


@pytest.mark.parametrize("which", ["DUP", ["DUP"], 1.5, None, True])
def test_what_stands_in_brackets_and_is_no_row_is_refused_with_what_to_call(found, which):
    with pytest.raises((ArgumentError, IndexError), match=r"filter\('DUP'|a mask of"):
        found[which]


def test_a_mask_of_another_length_is_refused(found):
    with pytest.raises(IndexError, match="a mask of"):
        found[[True]]


@pytest.mark.parametrize("count", [0, 1, AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 2 * AT_ONCE + 3])
def test_iteration_gives_each_finding_once(count):
    findings = Findings.of(count, message=list(map(str, range(count))))
    assert [one.message for one in findings] == list(map(str, range(count)))


def test_findings_of_nobodys_dataset_have_no_names_and_no_corners():
    one = Findings.of(1, box=[3], image=[2], other=[1], category=[5], file=[0])[0]
    assert (one.box, one.image, one.other) == (3, 2, 1)
    assert one.image_name is one.class_name is one.xyxy is one.other_xyxy is one.source is None


def test_a_finding_about_a_class_names_it():
    [one] = audit(one_image("car 10 10 40 40"), select="CLS004")
    assert (one.class_name, one.box, one.xyxy) == ("car", None, None)


def test_a_record_says_what_its_fix_makes_of_the_box():
    fixes = np.empty(3, object)
    fixes[:] = [
        Fix("move", Safety.SAFE, RecordType.BOX, 1, {"xyxy": [1, 2, 3, 4]}),
        Fix("relabel", Safety.UNSAFE, RecordType.BOX, 1, {"label": 1}),
        None,
    ]
    moved, relabelled, left = Findings.of(3, box=[1, 1, 1], fix=fixes).replaced(dataset=LABELS)
    assert (moved.proposed_xyxy, moved.proposed_class_name) == ((1.0, 2.0, 3.0, 4.0), None)
    assert (relabelled.proposed_xyxy, relabelled.proposed_class_name) == (None, "bus")
    assert left.proposed_xyxy is left.proposed_class_name is left.fix is None


def test_a_line_says_how_many_there_are_of_each_severity_and_rule(found):
    assert repr(found).startswith("<Findings: ")
    assert repr(audit(LABELS, select=["GEO001"])) == "<Findings: 1 error (GEO001 1)>"
    assert repr(found[:0]) == "<Findings: none>"
    many = Findings.of(9, code=[f"X00{row}" for row in range(8)] + ["X000"], severity=[1] * 9)
    shown = "X000 2, X001 1, X002 1, X003 1, X004 1, X005 1, 2 more rules"
    assert repr(many) == f"<Findings: 9 warnings ({shown})>"


def test_severities_are_words_where_people_read_them(found):
    assert f"{Severity.WARNING}" == str(Severity.WARNING) == "warning"
    assert "error zero-area GEO001: day/a.jpg: car is 0 x 30 px" in str(found.filter("GEO001")[0])


# Which findings


def chosen(found: Findings, **choice: object) -> list[str]:
    return [str(one.code) for one in found.filter(**choice)]


def test_findings_are_chosen_by_rule_in_every_spelling(found):
    every = [str(code) for code in found.code]
    duplicates = [code for code in every if code.startswith("DUP")]
    assert duplicates
    for select in ("DUP", ["DUP"], ("dup",), "DUP001, DUP002", ["DUP001", "DUP002"]):
        assert chosen(found, select=select) == duplicates
    assert chosen(found, select="zero-area") == ["GEO001"]
    assert chosen(found, ignore="DUP") == [code for code in every if not code.startswith("DUP")]
    assert chosen(found) == every


def test_findings_are_chosen_by_severity_class_image_and_fix(found):
    worst = {str(one.severity) for one in found.filter(min_severity="error")}
    assert worst == {"error"}
    assert found.filter(min_severity=Severity.ERROR).code.tolist() == chosen(
        found, min_severity="error"
    )
    assert {one.class_name for one in found.filter(classes="bus")} == {"bus"}
    assert len(found.filter(classes=["bus", "car"])) == len(found)
    assert {one.image_name for one in found.filter(images="night/b.jpg")} == {"night/b.jpg"}
    assert {one.image_name for one in found.filter(images="day/*")} == {"day/a.jpg"}
    assert {one.image_name for one in found.filter(images="[d]ay/a.jpg")} == {"day/a.jpg"}
    assert not len(found.filter(images="noon/*"))
    safe, unsafe = found.filter(fix="safe"), found.filter(fix=Safety.UNSAFE)
    assert {one.fix.safety for one in safe} == {Safety.SAFE}
    assert len(found.filter(fix="any")) == len(safe) + len(unsafe)


def test_findings_are_chosen_by_split():
    split = with_columns(LABELS, "split_members", split=[0, 1], image=[0, 1])
    found = audit(split, select="GEO").replaced(
        dataset=type(split)(**{**vars(split), "splits": ("train", "val")})
    )
    assert {one.image_name for one in found.filter(splits="val")} == {"night/b.jpg"}
    with pytest.raises(UnknownNameError, match="no split is called 'vall'; did you mean 'val'"):
        found.filter(splits=["vall"])


@pytest.mark.parametrize(
    ("choice", "problem"),
    [
        ({"select": "DPU"}, "no rule is called 'DPU'"),
        ({"classes": "cra"}, "no class is called 'cra'; did you mean 'car'"),
        ({"images": "day/b.jpg"}, "no image is called 'day/b.jpg'"),
        ({"min_severity": "warn"}, "min_severity: expected info, warning or error, found 'warn'"),
        ({"fix": "save"}, "fix: expected safe, unsafe or any, found 'save'"),
        ({"select": [3]}, "select takes codes or names of rules, a text or several, not a whole"),
        ({"classes": 3}, "classes takes names of classes"),
    ],
)
def test_a_choice_that_names_nothing_is_refused(found, choice, problem):
    with pytest.raises(Exception, match=problem):
        found.filter(**choice)


# In which order


def test_findings_are_sorted_by_a_column_and_equal_ones_stay(found):
    for by in ("severity", "code", "box", "message"):
        up = getattr(found.sort(by), by).tolist()
        assert up == sorted(getattr(found, by).tolist())
        assert getattr(found.sort(by, descending=True), by).tolist() == sorted(up, reverse=True)
    rows = np.arange(4)
    some = Findings.of(4, severity=[1, 0, 1, 0], box=rows)
    assert some.sort("severity").box.tolist() == [1, 3, 0, 2]
    assert some.sort("severity", descending=True).box.tolist() == [0, 2, 1, 3]


def test_what_has_no_value_comes_last_either_way():
    some = Findings.of(3, probability=[np.nan, 0.2, 0.9], image=[-1, 4, 2])
    assert some.sort("probability").image.tolist() == [4, 2, -1]
    assert some.sort("probability", descending=True).image.tolist() == [2, 4, -1]
    assert some.sort("image", descending=True).image.tolist() == [4, 2, -1]


def test_findings_are_sorted_by_names_and_worth(found):
    names = [one.image_name for one in found.sort("image_name")]
    assert names == sorted(names)
    classes = [one.class_name for one in found.sort("class_name", descending=True)]
    assert classes == sorted(classes, reverse=True)
    assert len(found.sort("expected_value")) == len(found)
    with pytest.raises(UnknownNameError, match=r"no column 'severty'.*did you mean 'severity'"):
        found.sort("severty")


# With the rest


def test_findings_keep_their_dataset_through_what_is_done_with_them(found):
    assert found.rows(slice(0, 1)).dataset is LABELS
    assert Findings.concat([found[:1], found[1:]]).dataset is LABELS
    assert found.sort("code").filter("DUP").dataset is LABELS
    again = pickle.loads(pickle.dumps(found))
    assert [str(one) for one in again] == [str(one) for one in found]
    assert isinstance(again[0], Finding)


def test_findings_about_another_dataset_are_not_applied(found):
    with pytest.raises(ArgumentError, match="these findings are about another dataset"):
        apply(one_image("car 10 10 40 40"), found)


def test_a_severity_in_json_is_its_word():
    assert json.loads(json.dumps({"severity": str(Severity.ERROR)})) == {"severity": "error"}
