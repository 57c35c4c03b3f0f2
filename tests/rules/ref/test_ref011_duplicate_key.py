from __future__ import annotations

from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import audit
from labelaudit.core.columns import MISSING
from labelaudit.testing import one_image, with_columns


def problem(part="images", field="width", *, record=0, path="labels.json"):
    dataset = with_columns(one_image("car 10 10 40 40"), "files", path=[path])
    columns = {"part": part, "record": record, "row": 0, "field": field, "found": "640"}
    given = {name: [value] for name, value in columns.items()}
    return with_columns(dataset, "problems", file=[0], kind=["duplicate-key"], **given)


def test_a_repeated_key_is_found_and_the_value_that_counted_is_kept():
    broken = problem()
    findings = audit(broken, select=["REF011"])
    assert findings.message.tolist() == ["images[0] has width more than once: 640"]
    assert findings.severity.tolist() == [Severity.WARNING]
    fix = findings.fix[0]
    assert (fix.kind, fix.safety) == ("set-field", Safety.SAFE)
    assert fix.values == {"field": "width", "value": 640}
    assert not len(audit(apply(broken, findings).dataset, select=["REF"]))


def test_readers_of_other_files_do_not_agree_so_the_fix_is_unsafe():
    assert audit(problem(path="a.xml"), select=["REF011"]).fix[0].safety is Safety.UNSAFE


def test_a_whole_list_that_is_repeated_is_an_error_without_a_fix():
    findings = audit(problem("file", "annotations", record=MISSING), select=["REF011"])
    assert findings.message.tolist() == ["labels.json has annotations more than once: 640"]
    assert findings.severity.tolist() == [Severity.ERROR]
    assert findings.fix.tolist() == [None]


def test_a_field_of_no_column_has_no_fix():
    assert audit(problem("annotations", "note"), select=["REF011"]).fix.tolist() == [None]
