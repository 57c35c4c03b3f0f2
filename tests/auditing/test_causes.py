"""What a cause explains is folded into it, and fixed after it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest

from labelaudit.auditing.causes import Affected, Explained, left_to_causes, unexplained
from labelaudit.auditing.findings import Findings, Fix, Safety, Severity, moves
from labelaudit.auditing.run import Options, audit
from labelaudit.auditing.scan import ROUNDS, fixed, scan
from labelaudit.core.columns import texts
from labelaudit.dataset.tables import RecordType
from labelaudit.testing import images, one_image
from tests.rules.geo.misread_boxes import edges, misread, street

Rows = Sequence[int]


def findings(
    codes: Rows | Sequence[str],
    *,
    explains: Sequence[Explained | None] | None = None,
    **rows: Rows,
) -> Findings:
    made = np.empty(len(codes), object)
    made[:] = explains or [None] * len(codes)
    return Findings.of(len(codes), code=texts(map(str, codes)), explains=made, **rows)


@pytest.mark.parametrize("where", ["file", "image", "box", "category", "problem"])
def test_findings_of_the_named_rules_at_the_named_records_are_folded(where: str):
    cause = Explained(("GEO00", "DUP001"), **{where: np.array([1])})
    found = findings(
        ["GEO015", "GEO001", "GEO001", "DUP002", "DUP001"],
        explains=[cause, None, None, None, None],
        **{where: [0, 1, 0, 1, 1]},
    )
    assert found.rows(unexplained(found)).code.tolist() == ["GEO015", "GEO001", "DUP002"]


def test_a_cause_explains_other_rules_at_other_records():
    also = (Explained(("REF010",), image=np.array([2])),)
    cause = Explained(("GEO001",), image=np.array([1]), also=also)
    found = findings(
        ["GEO015", "GEO001", "REF010", "GEO001", "REF010"],
        explains=[cause, None, None, None, None],
        image=[0, 1, 2, 2, 1],
    )
    assert found.rows(unexplained(found)).code.tolist() == ["GEO015", "GEO001", "REF010"]
    assert cause.all_codes == ("GEO001", "REF010")


def test_a_cause_explains_no_finding_of_its_own_rule():
    cause = Explained(("GEO",), image=np.array([1]))
    found = findings(["GEO015", "GEO015", "GEO001"], explains=[cause, None, None], image=[0, 1, 1])
    assert found.rows(unexplained(found)).code.tolist() == ["GEO015", "GEO015"]


def test_a_finding_about_no_record_is_not_folded():
    cause = Explained(("GEO001",), box=np.array([0]))
    found = findings(["GEO015", "GEO001"], explains=[cause, None], box=[5, -1])
    assert len(found.rows(unexplained(found))) == 2


def test_what_is_explained_itself_explains_nothing():
    upper = Explained(("GEO015",), box=np.array([0]))
    lower = Explained(("GEO001",), box=np.array([0, 1]))
    found = findings(["GEO015", "IMG004", "GEO001"], explains=[lower, upper, None], box=[0, 5, 1])
    assert found.rows(unexplained(found)).code.tolist() == ["IMG004", "GEO001"]


def test_of_two_causes_that_explain_each_other_one_stays():
    first, second = (Explained((code,), box=np.array([0])) for code in ("IMG", "GEO"))
    found = findings(["GEO015", "IMG004"], explains=[first, second], box=[0, 0])
    assert found.rows(unexplained(found)).code.tolist() == ["GEO015"]


def test_a_cause_does_not_explain_findings_of_its_own_rule():
    causes = [Explained(("GEO",), box=np.array([0])), None]
    found = findings(["GEO015", "GEO015"], explains=causes, box=[0, 0])
    assert len(found.rows(unexplained(found))) == 2


def test_causes_are_fixed_first_and_the_rest_of_what_is_found_then():
    dataset = one_image("car 600 10 660 40", "car 50 20 60 60")
    before = scan(dataset, Options(select=("GEO005",)))
    cause = moves([0], np.array([[10.0, 10, 20, 20]]), Safety.UNSAFE)
    fixes, explains = np.empty(2, object), np.empty(2, object)
    fixes[:] = [*cause, *moves([1], np.array([[600.0, 10, 640, 40]]), Safety.UNSAFE)]
    explains[:] = [Explained(("DUP",)), None]
    found = Findings.of(
        2, code=["GEO015", "GEO005"], name=["cause", "rest"], box=[0, 1], fix=fixes,
        explains=explains,
    )  # fmt: skip
    after = fixed(dataclasses.replace(before, findings=found), unsafe=True)
    assert after.fixed == {"cause": 1}
    assert after.dataset.boxes.xyxy.tolist() == [[10, 10, 20, 20], [50, 20, 60, 60]]


def test_all_findings_of_a_rule_that_explains_others_are_fixed_together():
    beyond = [f"car {650 + i} 10 {700 + i} {50 + i}" for i in range(2 * ROUNDS)]
    before = scan(one_image("car 10 10 40 40", *beyond), Options(select=("GEO004", "GEO005")))
    assert [one is not None for one in before.findings.explains].count(True) == 1
    after = fixed(before, unsafe=True)
    assert after.fixed == {"outside-image": 2 * ROUNDS}
    assert after.dataset.boxes.xyxy.tolist() == [[10, 10, 40, 40]]


def test_a_cause_that_cannot_be_mended_does_not_stop_the_rest():
    dataset = one_image("car 600 10 660 40")
    before = scan(dataset, Options(select=("GEO005",)))
    fixes, explains = np.empty(1, object), np.empty(1, object)
    fixes[:] = [Fix("together", Safety.UNSAFE, RecordType.FILE, 0, {"fixes": ()})]
    explains[:] = [Explained(("DUP",))]
    idle = Findings.of(1, code=["GEO015"], name=["cause"], file=[0], fix=fixes, explains=explains)
    found = Findings.concat([idle, before.findings])
    after = fixed(dataclasses.replace(before, findings=found), unsafe=True)
    assert after.fixed == {"out-of-bounds": 1}


def test_an_error_that_nobody_asked_for_leaves_nothing_to_fix_of_what_it_explains():
    wrong = misread(street(), "xyxy")
    chosen = audit(wrong, select=["GEO005", "CLS"])
    asked = chosen.rows(chosen.code == "GEO005")
    assert len(asked) > 100
    assert [fix for fix in asked.fix if fix is not None] == []
    assert all(
        text.endswith("; wrong-convention (GEO015) may be the cause") for text in asked.message
    )
    assert not fixed(scan(wrong, Options(select=("GEO005",))), unsafe=True).fixed


def test_a_cause_that_is_ignored_is_not_asked():
    wrong = misread(street(), "xyxy")
    for options in (
        {"ignore": ["GEO015", "GEO019"]},
        {"per_path_ignores": {"*": ("wrong-convention", "scaled-boxes")}},
    ):
        some = audit(wrong, Options(select=("GEO005",), **options))
        assert any(fix is not None for fix in some.fix)


def test_a_cause_that_is_no_error_leaves_fixes_as_they_are():
    shifted = edges(40, 2)
    assert audit(shifted, select=["GEO015"]).severity.tolist() == [Severity.INFO]
    assert all(fix is not None for fix in audit(shifted, select=["GEO005"]).fix)


def test_findings_beside_what_a_cause_explains_keep_their_fixes():
    cause = findings(["GEO015"], explains=[Explained(("GEO005",), box=np.array([1]))])
    cause = dataclasses.replace(cause, severity=np.array([Severity.ERROR], np.uint8))
    some = findings(["GEO005", "GEO005", "GEO001"], box=[0, 1, 1])
    fixes = moves([0, 1, 1], np.zeros((3, 4)), Safety.SAFE)
    some = dataclasses.replace(some, fix=np.array(fixes, object))
    left = left_to_causes(some, cause)
    assert left.fix.tolist() == [fixes[0], None, fixes[2]]
    assert left.message.tolist() == ["", ";  (GEO015) may be the cause", ""]


def test_the_codes_of_a_cause_are_its_own_and_those_of_what_it_explains_beside():
    inner = Explained(("IMG011",), also=(Explained(("CLS",)),))
    assert Explained(("DUP003", "GEO"), also=(inner,)).all_codes == (
        "DUP003",
        "GEO",
        "IMG011",
        "CLS",
    )


def test_the_boxes_in_some_images_are_affected_and_no_image_itself():
    dataset = images({"a.jpg": ["car 1 1 9 9"], "b.jpg": ["car 1 1 9 9", "bus 2 2 9 9"]})
    affected = Affected.boxes_in(dataset, [1])
    assert (affected.box.tolist(), affected.image.tolist()) == ([1, 2], [])
