from __future__ import annotations

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.run import audit
from labelaudit.core.columns import MISSING
from labelaudit.testing import one_image, with_columns


def found(**problem):
    columns = {name: [value] for name, value in problem.items()}
    dataset = with_columns(one_image("car 10 10 40 40"), "problems", file=[0], **columns)
    return audit(dataset, select=["REF001"])


def test_a_record_that_is_none_is_found_by_its_place():
    findings = found(part="annotations", record=3, found="an object was expected, found 7")
    words = "annotations[3] cannot be read: an object was expected, found 7"
    assert findings.message.tolist() == [words]
    assert findings.severity.tolist() == [Severity.ERROR]
    assert (findings.problem[0], findings.file[0], findings.box[0]) == (0, 0, MISSING)


def test_a_file_that_ends_in_the_middle_is_cut_off():
    findings = found(part="file", row=0, kind="truncated", found="byte 12: a string does not end")
    words = "labels.json is cut off: byte 12: a string does not end"
    assert findings.message.tolist() == [words]


def test_a_parser_without_words_is_not_quoted():
    assert found(part="images", record=0).message.tolist() == ["images[0] cannot be read"]


def test_a_field_that_cannot_be_read_is_no_record_that_cannot():
    assert not len(found(part="annotations", record=0, row=0, kind="unreadable-field"))
    assert not len(found(part="annotations", record=0, row=0, kind="missing-field"))
