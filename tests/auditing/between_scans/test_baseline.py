from __future__ import annotations

import json

import pytest

from labelaudit.auditing.between_scans.baseline import read_baseline, write_baseline
from labelaudit.auditing.findings_file import fingerprints
from labelaudit.auditing.run import audit
from labelaudit.errors import ConfigError
from labelaudit.testing import one_image


def test_what_is_written_is_known(tmp_path):
    dataset = one_image("car 9 9 9 20", "car 50 9 50 30", "car 70 9 60 20")
    findings = audit(dataset, select=["GEO"])
    write_baseline(tmp_path / "known.json", findings, dataset)
    assert read_baseline(tmp_path / "known.json") == set(fingerprints(findings, dataset))


def test_findings_stand_by_their_rule(tmp_path):
    dataset = one_image("car 9 9 9 20", "car 50 9 50 30")
    write_baseline(tmp_path / "known.json", audit(dataset, select=["GEO001"]), dataset)
    content = json.loads((tmp_path / "known.json").read_text())
    assert content["schema_version"] == 1
    assert {code: len(known) for code, known in content["findings"].items()} == {"GEO001": 2}


def test_a_baseline_of_nothing_knows_nothing(tmp_path):
    dataset = one_image("car 9 9 90 90")
    write_baseline(tmp_path / "known.json", audit(dataset, select=["GEO"]), dataset)
    assert read_baseline(tmp_path / "known.json") == set()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"{", "not a baseline"),
        (b"[]", "not a baseline"),
        (b'{"schema_version": 1}', "missing required field `findings`"),
        (b'{"schema_version": 2, "findings": {}}', "of version 2, expected 1"),
        (b'{"schema_version": 1, "findings": {"GEO001": [7]}}', "not a baseline"),
        (b"[" * 100_000, "not a baseline"),
        (b"\xff", "not a baseline"),
    ],
)
def test_what_is_no_baseline_is_refused(tmp_path, content, problem):
    (tmp_path / "known.json").write_bytes(content)
    with pytest.raises(ConfigError, match=problem):
        read_baseline(tmp_path / "known.json")


def test_a_baseline_that_is_not_there_is_asked_for(tmp_path):
    with pytest.raises(ConfigError, match="--write-baseline makes one"):
        read_baseline(tmp_path / "gone.json")
