from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path
from typing import Any

import pytest

from labelaudit.auditing.scan import Scan
from labelaudit.reports import REPORTS


def issues(found: Scan) -> list[dict[str, Any]]:
    out = io.StringIO()
    REPORTS["gitlab"].write(found, out)
    return json.loads(out.getvalue())


def test_an_issue_has_all_that_gitlab_asks_for(found: Scan):
    assert issues(found)[0] == {
        "description": "GEO001: train/000000.jpg annotations[1]: car is flat",
        "check_name": "zero-area",
        "fingerprint": issues(found)[0]["fingerprint"],
        "severity": "major",
        "location": {"path": "labels.json", "lines": {"begin": 1}},
    }
    assert {one["severity"] for one in issues(found)} == {"major", "minor", "info"}


def test_no_two_issues_have_one_fingerprint(found: Scan):
    twice = dataclasses.replace(found, findings=found.findings.rows([0, 0, 1]))
    for one in (found, twice):
        fingerprints = [issue["fingerprint"] for issue in issues(one)]
        assert len(set(fingerprints)) == len(one.findings)


def test_a_file_of_lines_has_the_line(labelled_lines: Scan):
    location = issues(labelled_lines)[0]["location"]
    assert location == {"path": "my data%/labels/a.txt", "lines": {"begin": 2}}


def test_paths_are_seen_from_the_folder_of_the_project(
    labelled_lines: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CI_PROJECT_DIR", str(tmp_path / "my data%"))
    assert issues(labelled_lines)[0]["location"]["path"] == "labels/a.txt"


def test_nothing_found_is_an_empty_list(found: Scan):
    assert issues(dataclasses.replace(found, findings=found.findings.rows(slice(0)))) == []
