from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from labelaudit.auditing.scan import Scan
from tests.schemas.conftest import problems, text

FREE = ("by_rule", "fixed", "not_checked", "splits", "abstention_reasons", "max_share", "worst")
"""Objects whose keys are names: of rules, splits, reasons, fields."""


@pytest.fixture(scope="module")
def reports(scans: list[Scan]) -> list[dict[str, Any]]:
    return [json.loads(text("json", found)) for found in scans]


def test_every_report_is_as_the_schema_says(reports: list[dict[str, Any]]):
    for report in reports:
        assert problems("report", report) == []


def test_a_model_a_contract_fixes_and_fields_are_among_them(reports: list[dict[str, Any]]):
    summaries = [report["summary"] for report in reports]
    for key in ("second_opinion", "contract", "fixed", "by", "class_conflicts", "not_checked"):
        assert any(summary[key] for summary in summaries), key


def objects(value: Any, names: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every object in a report with the keys that lead to it; of lists, the first item."""
    if isinstance(value, dict):
        yield names, value
        for key, item in value.items():
            yield from objects(item, (*names, key))
    elif isinstance(value, list) and value:
        yield from objects(value[0], names)


def test_a_key_that_does_not_exist_is_refused_wherever_it_stands(reports: list[dict[str, Any]]):
    tried = set()
    for report in reports:
        report["findings"] = report["findings"][:3]
        for names, part in objects(report):
            kind = tuple(name for name in names if not name[:1].isupper())
            if kind in tried or (names and names[-1] in (*FREE, "by")):
                continue
            tried.add(kind)
            part["colour"] = 1
            assert problems("report", report), names
            del part["colour"]
    assert len(tried) > 20


def test_a_key_of_the_summary_that_lacks_is_noticed(reports: list[dict[str, Any]]):
    report = copy.deepcopy(reports[0]) | {"findings": []}
    for key in list(report["summary"]):
        value = report["summary"].pop(key)
        assert problems("report", report), key
        report["summary"][key] = value


def test_another_version_is_refused(reports: list[dict[str, Any]]):
    assert problems("report", {**reports[0], "findings": [], "schema_version": 2})
