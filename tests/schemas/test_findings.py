from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from labelaudit.auditing.fixes import KINDS
from labelaudit.auditing.scan import Scan
from tests.schemas.conftest import problems, text


@pytest.fixture(scope="module")
def lines(scans: list[Scan]) -> list[dict[str, Any]]:
    return [json.loads(line) for found in scans for line in text("jsonl", found).splitlines()]


def test_every_line_of_a_fix_list_is_as_the_schema_says(lines: list[dict[str, Any]]):
    assert [problem for line in lines for problem in problems("fixes", line)] == []


def test_fixes_of_nearly_every_kind_are_among_them(lines: list[dict[str, Any]]):
    kinds = {line["fix"]["kind"] for line in lines if line["fix"]}
    assert set(KINDS) - kinds <= {"transform"}
    assert {"box", "other", "image", "category", "problem"} <= {
        name for line in lines for name in line["records"]
    }


@pytest.mark.parametrize("place", ["finding", "fix", "changes", "records", "record"])
def test_a_key_that_does_not_exist_is_refused(lines: list[dict[str, Any]], place: str):
    line = copy.deepcopy(next(one for one in lines if one["fix"] and "box" in one["records"]))
    parts = {
        "finding": line,
        "fix": line["fix"],
        "changes": line["fix"]["changes"],
        "records": line["records"],
        "record": line["records"]["box"],
    }
    parts[place]["colour"] = 1
    assert problems("fixes", line)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("severity", "fatal"),
        ("probability", 1.5),
        ("fingerprint", "137ee27274b4e240-0"),
        ("boxes", [[1, 2, 3]]),
        ("code", ""),
        ("fix", {"kind": "paint", "safety": "safe", "part": "images", "changes": {}}),
    ],
)
def test_a_value_that_cannot_be_is_refused(lines: list[dict[str, Any]], key: str, value: Any):
    assert problems("fixes", {**lines[0], key: value})


@pytest.mark.parametrize("key", ["code", "fix", "records", "fingerprint", "place"])
def test_a_key_that_lacks_is_noticed(lines: list[dict[str, Any]], key: str):
    line = {name: value for name, value in lines[0].items() if name != key}
    assert problems("fixes", line)


@pytest.mark.parametrize("kind", ["move", "relabel", "set-field", "merge"])
def test_a_fix_without_its_changes_is_refused(lines: list[dict[str, Any]], kind: str):
    line = copy.deepcopy(next(one for one in lines if one["fix"] and one["fix"]["kind"] == kind))
    line["fix"]["changes"].popitem()
    assert problems("fixes", line)
