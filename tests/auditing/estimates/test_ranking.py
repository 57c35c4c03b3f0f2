"""Places of a ranking are shown, count as no findings and fail nothing."""

from __future__ import annotations

import io

import pytest
from junitparser import JUnitXml

from labelaudit.auditing.contract.read import read_contract
from labelaudit.auditing.estimates.ranking import RANKING, is_ranked
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.label_issues import LabelIssues
from labelaudit.auditing.rule import RULES
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import Scan, scan
from labelaudit.pipeline.gate import gate
from labelaudit.reports import REPORTS
from labelaudit.reports.text.layout import write
from labelaudit.testing import one_image, with_label_issues

BOXES = one_image("car 10 10 40 40", "bus 50 20 90 60", "car 200 200 260 260")


def doubts(*words: str) -> LabelIssues:
    issues = with_label_issues(BOXES, *words, max_share=1.0).label_issues
    assert issues is not None
    return issues


def ranked(*words: str, **options: object) -> Scan:
    chosen = Options(select=("MOD",), **options)  # type: ignore[arg-type]  # of the test's choice
    return scan(BOXES, chosen, label_issues=doubts(*words))


def test_the_ranking_is_the_rule_of_that_code():
    assert RULES[RANKING].name == "doubted-label"


def test_places_of_a_ranking_are_told_from_findings():
    found = ranked("0 spurious 0.9", "1 spurious 0.4")
    assert dict(zip(found.findings.code, is_ranked(found.findings), strict=True)) == {
        "MOD004": False,
        "MOD008": True,
    }
    assert found.ranked == 1
    assert found.found == {Severity.WARNING: 1}


@pytest.mark.parametrize("severity", list(Severity))
def test_a_ranking_fails_nothing(severity):
    found = ranked("1 spurious 0.4", severities={"MOD": Severity.ERROR})
    assert found.ranked == 1
    assert not found.has(severity)
    assert not found.fails(severity)
    assert ranked("0 spurious 0.9", "1 spurious 0.4").fails(Severity.INFO)


@pytest.mark.parametrize(
    "contract",
    [
        {"errors": 0, "warnings": 0},
        {"targets": [{"rule": "MOD", "max": 0}]},
        {"targets": [{"rule": "doubted-label", "max-share": 0.0}]},
    ],
)
def test_no_contract_counts_a_ranking(contract):
    held = read_contract(contract)
    assert not ranked("1 spurious 0.4", contract=held).fails(Severity.INFO)


def test_a_gate_is_open_for_a_ranking():
    found = gate(
        BOXES,
        options=Options(select=("MOD",), severities={"MOD": Severity.ERROR}),
        label_issues=doubts("1 spurious 0.4"),
    )
    assert found.ranked == 1


def test_a_ranking_fails_no_case_of_junit():
    out = io.StringIO()
    found = ranked("1 spurious 0.4")
    REPORTS["junit"].write(found, out)
    assert JUnitXml.fromstring(out.getvalue().encode()).failures == 0


def shown(found: Scan) -> str:
    out = io.StringIO()
    write(found, out, width=200)
    return out.getvalue()


def test_the_text_report_shows_a_ranking_and_claims_nothing_found():
    text = shown(ranked("1 spurious 0.4"))
    assert "bus, place 1 of 3 by doubt that it marks anything (doubt 0.4)" in text
    assert "Nothing found, but what to look at first: 1 place of a ranking, 8 rules" in text
    assert "can be fixed" not in text


def test_findings_and_the_ranking_are_counted_apart():
    text = shown(ranked("0 spurious 0.9", "1 spurious 0.4"))
    assert "Found 1 warning, and what to look at first: 1 place of a ranking; 8 rules" in text
    assert "Found 1 warning; 8 rules" in shown(ranked("0 spurious 0.9"))
    assert "Nothing found, 8 rules" in shown(ranked())


def test_markdown_counts_them_apart_too():
    out = io.StringIO()
    REPORTS["markdown"].write(ranked("1 spurious 0.4"), out)
    assert "**passes**: nothing found; what to look at first: 1 place of a ranking" in (
        out.getvalue()
    )
