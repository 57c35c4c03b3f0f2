from __future__ import annotations

import dataclasses
import io

import numpy as np
from junitparser import Failure, JUnitXml, Skipped

from labelaudit.auditing.contract.outcome import ContractOutcome, Requirement, Status
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.scan import Scan
from labelaudit.core.columns import texts
from labelaudit.reports import REPORTS


def written(found: Scan) -> str:
    out = io.StringIO()
    REPORTS["junit"].write(found, out)
    return out.getvalue()


def read(found: Scan) -> JUnitXml:
    return JUnitXml.fromstring(written(found).encode())


def suite(found: Scan, name: str):
    (one,) = [one for one in read(found) if one.name == name]
    return one


def counted(one) -> tuple[int, int, int]:
    results = [case.result[0] if case.result else None for case in one]
    failures = sum(isinstance(result, Failure) for result in results)
    return len(results), failures, sum(isinstance(result, Skipped) for result in results)


def test_the_counts_are_those_of_the_cases(found: Scan):
    partly = dataclasses.replace(found, not_checked={"IMG001": "no images were found"})
    read_back = read(partly)
    total = (read_back.tests, read_back.failures, read_back.skipped)
    assert total == tuple(np.sum([counted(one) for one in read_back], axis=0))
    assert read_back.errors == 0
    for one in read_back:
        assert (one.tests, one.failures, one.skipped) == counted(one)


def test_a_finding_is_a_case_that_failed(found: Scan):
    cases = list(suite(found, "GEO001 zero-area"))
    assert [case.name for case in cases][:2] == [
        "train/000000.jpg annotations[1]",
        "train/000001.jpg annotations[5]",
    ]
    (failure,) = cases[0].result
    assert (failure.message, failure.type) == ("car is flat", "error")
    assert cases[0].classname == "labelaudit.GEO001"


def test_what_is_milder_than_what_fails_a_scan_passes(found: Scan):
    assert counted(suite(found, "CLS004 rare-class")) == (2, 0, 0)
    assert next(iter(suite(found, "CLS004 rare-class"))).system_out == "car is rare"
    assert counted(suite(found, "DUP003 conflicting-classes")) == (5, 3, 0)
    strict = dataclasses.replace(found, fail_on=Severity.INFO)
    assert counted(suite(strict, "DUP003 conflicting-classes")) == (5, 5, 0)
    lax = dataclasses.replace(found, fail_on=Severity.ERROR)
    assert counted(suite(lax, "DUP003 conflicting-classes")) == (5, 0, 0)


def test_a_rule_that_found_nothing_passed_and_one_with_nothing_to_look_at_was_skipped(found: Scan):
    nothing = dataclasses.replace(
        found,
        findings=found.findings.rows(slice(0)),
        not_checked={"IMG001": "no images were found"},
    )
    assert counted(suite(nothing, "GEO001 zero-area")) == (1, 0, 0)
    (case,) = [case for one in read(nothing) if one.name.startswith("IMG001") for case in one]
    assert case.result[0].message == "no images were found"


def test_a_file_of_lines_has_the_line(labelled_lines: Scan):
    text = written(labelled_lines)
    assert 'file="my data%/labels/a.txt" line="2"' in text


def test_requirements_of_a_contract_are_cases_and_cover_findings(found: Scan):
    outcome = ContractOutcome(
        (
            Requirement("targets[0]", "at most 0", Status.FAILED, "5"),
            Requirement("box-side", "2 or more", Status.PASSED, "10"),
            Requirement("splits", "no image twice", Status.NOT_EVALUATED, "no images"),
        ),
        covered=found.findings.code.astype(object) == "GEO001",
    )
    agreed = dataclasses.replace(found, contract=outcome)
    assert counted(suite(agreed, "contract")) == (3, 1, 1)
    assert counted(suite(agreed, "GEO001 zero-area")) == (5, 0, 0)
    assert counted(suite(found, "GEO001 zero-area")) == (5, 5, 0)
    read_back = read(agreed)
    assert read_back.tests == sum(one.tests for one in read_back)
    assert read_back.failures == sum(one.failures for one in read_back)


def test_what_xml_cannot_hold_is_escaped(found: Scan):
    words = 'a "b" <c> & \x1b[31m \x00 ]]> \ufffe'
    message = texts(words for _ in range(len(found.findings)))
    odd = dataclasses.replace(found, findings=dataclasses.replace(found.findings, message=message))
    (failure,) = next(iter(suite(odd, "GEO001 zero-area"))).result
    assert failure.message == 'a "b" <c> & \\x1b[31m \\x00 ]]> \\ufffe'
