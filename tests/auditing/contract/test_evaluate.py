from __future__ import annotations

import pytest

from labelaudit.auditing.contract.read import read_contract
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.findings_file import fingerprints
from labelaudit.auditing.run import Options, audit
from labelaudit.auditing.scan import scan
from labelaudit.testing import images
from tests.auditing.contract.holding import outcome
from tests.rules.geo.misread_boxes import misread, street

FLAT = images({"a.jpg": ["car 0 0 0 40", "car 100 0 140 40", "car 9 9 9 40", "car 0 0 1 1"]})
GEOMETRY = ("GEO001", "GEO006")


def scanned(contract, baseline=frozenset(), **options):
    made = Options(contract=read_contract(contract), **{"select": GEOMETRY, **options})
    return scan(FLAT, made, baseline=baseline)


def test_without_a_contract_the_worst_finding_decides():
    plain = scan(FLAT, Options(select=GEOMETRY))
    assert plain.contract is None
    assert plain.fails(Severity.ERROR)


def test_a_contract_decides_about_what_it_counts_and_nothing_else_does():
    flat = {"rule": "zero-area", "max": 2}
    kept = scanned({"targets": [flat]})
    assert not kept.contract.failed
    assert not kept.fails(Severity.ERROR)
    assert kept.fails(Severity.WARNING)  # the tiny box, of which the contract does not speak
    assert not scanned({"targets": [flat], "warnings": 1}).fails(Severity.INFO)
    assert scanned({"targets": [{**flat, "max": 1}]}).fails(Severity.ERROR)


@pytest.mark.parametrize(("strict", "failed"), [(False, False), (True, True)])
def test_what_is_not_evaluated_fails_a_strict_contract_alone(strict, failed):
    made = outcome(FLAT, {"strict": strict, "targets": [{"rule": "MOD001", "max": 0}]})
    assert made.failed is failed


def test_a_strict_contract_that_is_evaluated_as_a_whole_is_kept():
    assert not outcome(FLAT, {"strict": True, "required-classes": ["car"]}).failed


def test_what_the_baseline_knows_does_not_count():
    found = audit(FLAT, select=["GEO001"])
    known = frozenset(fingerprints(found.rows([0]), FLAT))
    contract = {"targets": [{"rule": "zero-area", "max": 1}]}
    assert scanned(contract).contract.failed
    after = scanned(contract, known)
    assert not after.contract.failed
    assert len(after.contract.covered) == len(after.findings)


def test_with_a_known_cause_what_it_explains_is_known():
    dataset = misread(street(), "xyxy")
    contract = read_contract({"targets": [{"rule": "out-of-bounds", "max": 0}]})
    first = scan(dataset, Options(contract=contract))
    assert first.contract.failed
    known = frozenset(fingerprints(first.findings, dataset))
    assert not scan(dataset, Options(contract=contract), baseline=known).contract.failed


def test_a_rule_that_the_configuration_chooses_and_the_command_line_leaves_out_is_not_forgotten():
    contract = read_contract({"errors": 9}, ["GEO001", "GEO003", "GEO006"])
    made = scan(FLAT, Options(contract=contract, select=("GEO001",))).contract
    (errors,) = made.requirements
    assert (errors.status, errors.found) == (
        "not evaluated",
        "not-finite, tiny-box (left out of this scan)",
    )


def test_milder_findings_that_the_baseline_knows_do_not_count():
    tiny = audit(FLAT, select=["GEO006"])
    known = frozenset(fingerprints(tiny, FLAT))
    contract = {"targets": [{"rule": "tiny-box", "max": 0}]}
    mild = {"min_severity": Severity.ERROR}
    assert scanned(contract, **mild).contract.failed
    assert not scanned(contract, known, **mild).contract.failed


def test_what_is_covered_is_told_of_the_findings_that_are_reported():
    mild = scanned({"warnings": 9}, min_severity=Severity.ERROR)
    assert mild.contract.covered.tolist() == [False] * len(mild.findings)
