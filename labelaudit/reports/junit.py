"""JUnit XML: what Jenkins, GitLab and Azure show as tests.

A suite is a rule and a case a finding; a rule that found nothing is a case that passed, one that
had nothing to look at a case that was skipped. Findings milder than what fails a scan pass, with
their words as output. A contract is a suite of its own, a case for each requirement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

import numpy as np

from labelaudit.auditing.estimates.ranking import is_ranked
from labelaudit.auditing.findings_file import entries
from labelaudit.auditing.rule import RULES
from labelaudit.auditing.scan import Scan
from labelaudit.core.columns import Bools
from labelaudit.core.later import later
from labelaudit.core.text import plain
from labelaudit.reports import REPORTS, Report
from labelaudit.reports.places import Places, said, where
from labelaudit.reports.regions import Regions

if TYPE_CHECKING:  # few have a contract, and a scan need not wait for it
    from labelaudit.auditing.contract.outcome import Requirement

_escape = later("html", "escape")

FAILED, NOT_EVALUATED = "failed", "not evaluated"
"""What `Status` of a requirement is written as."""

HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n'


class _Where(NamedTuple):
    """Where the findings of a scan are."""

    places: Places
    regions: Regions


def write(scan: Scan, out: TextIO) -> None:
    """Write the suites, rules in the order of their codes; cases are made one at a time."""
    code = scan.findings.code.astype(object)
    found = set(code.tolist())
    codes = sorted(found | {rule.code for rule in scan.rules} | set(scan.not_checked))
    requirements = scan.contract.leaves if scan.contract else []
    failing = _failing(scan)
    counts = {
        "tests": len(code) + len(set(codes) - found) + len(requirements),
        "failures": int(np.count_nonzero(failing)) + len(_of(scan, FAILED)),
        "errors": 0,
        "skipped": len(set(scan.not_checked) - found) + len(_of(scan, NOT_EVALUATED)),
    }
    about = {"name": "labelaudit", **counts, "time": f"{scan.seconds:.3f}"}
    out.write(f"{HEADER}{_tag('testsuites', about)}\n")
    places = _Where(Places(scan.dataset), Regions(scan.findings, scan.dataset))
    for one in codes:
        out.writelines(_suite(scan, one, code == one, failing, places))
    if requirements:
        out.writelines(_contract(scan, requirements))
    out.write("</testsuites>\n")


def _failing(scan: Scan) -> Bools:
    """Which findings make the scan fail, (n,): as bad as that, and not counted by a contract."""
    bad = (scan.findings.severity >= scan.fail_on) & ~is_ranked(scan.findings)
    return bad & ~scan.contract.covered if scan.contract else bad


def _of(scan: Scan, status: str) -> list[Requirement]:
    leaves = scan.contract.leaves if scan.contract else []
    return [leaf for leaf in leaves if leaf.status == status]


def _suite(scan: Scan, code: str, here: Bools, failing: Bools, at: _Where) -> Iterator[str]:
    """The cases of one rule; its findings are those that are `here`."""
    findings = scan.findings.rows(here)
    name = RULES[code].name if code in RULES else str(findings.name[0])
    reason = None if len(findings) else scan.not_checked.get(code)
    counts = {
        "tests": len(findings) or 1,
        "failures": int(np.count_nonzero(failing & here)),
        "errors": 0,
        "skipped": int(reason is not None),
    }
    yield f"{_tag('testsuite', {'name': f'{code} {name}', **counts})}\n"
    about = {"classname": f"labelaudit.{code}"}
    if not len(findings):
        yield _case({"name": name, **about}, "" if reason is None else _skipped(reason))
    rows, bad = np.flatnonzero(here).tolist(), failing[here].tolist()
    for row, entry, fails in zip(rows, entries(findings, scan.dataset), bad, strict=True):
        case = {"name": where(entry) or name, **about, "file": at.places.path(entry)}
        if region := at.regions[row]:
            case["line"] = str(region.line)
        yield _case(case, _failure(entry) if fails else _passed(entry["message"]))
    yield "</testsuite>\n"


def _contract(scan: Scan, requirements: Sequence[Requirement]) -> Iterator[str]:
    counts = {
        "tests": len(requirements),
        "failures": len(_of(scan, FAILED)),
        "errors": 0,
        "skipped": len(_of(scan, NOT_EVALUATED)),
    }
    yield f"{_tag('testsuite', {'name': 'contract', **counts})}\n"
    for one in requirements:
        said = f"expected {one.expected}, found {one.found}"
        kinds = {
            NOT_EVALUATED: _skipped(one.found),
            FAILED: _tag("failure", {"message": said, "type": "contract"}, end="/"),
        }
        inside = kinds.get(str(one.status), _passed(said))
        yield _case({"name": one.key, "classname": "labelaudit.contract"}, inside)
    yield "</testsuite>\n"


def _failure(entry: Mapping[str, Any]) -> str:
    about = {"message": entry["message"], "type": entry["severity"]}
    detail = f"{where(entry)}: {said(entry)} ({entry['fingerprint']})"
    return f"{_tag('failure', about)}{_escape(plain(detail))}</failure>"


def _skipped(reason: str) -> str:
    return _tag("skipped", {"message": reason}, end="/")


def _passed(words: str) -> str:
    return f"<system-out>{_escape(plain(words))}</system-out>"


def _case(about: Mapping[str, Any], inside: str) -> str:
    return f"{_tag('testcase', about)}{inside}</testcase>\n"


def _tag(name: str, attributes: Mapping[str, Any], end: str = "") -> str:
    """A tag; what XML cannot hold, or a person cannot see, is written as its escape."""
    said = "".join(f' {key}="{_escape(plain(str(one)))}"' for key, one in attributes.items())
    return f"<{name}{said}{end}>"


REPORTS.add("junit", Report("junit", "JUnit XML: a suite of tests for each rule", write))
