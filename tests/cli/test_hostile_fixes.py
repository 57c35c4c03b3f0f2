"""Fix lists and patches that labelaudit did not write so are refused, and change nothing."""

from __future__ import annotations

import json

import pytest

from tests.cli.sound_files import DEEP, TEXT, refused, write


@pytest.mark.parametrize(
    "line",
    [
        "",
        "null",
        "5",
        "[]",
        "{}",
        '{"code": 5}',
        DEEP,
        '{"a":' * 5000 + "1" + "}" * 5000,
        "\ud800",
        "\0",
    ],
    ids=range(10),
)
def test_a_fix_list_that_is_none_is_refused(run, tmp_path, line):
    write(tmp_path / "labels.json", TEXT)
    write(tmp_path / "fixes.jsonl", line.encode("utf-8", "surrogatepass"))
    ran = run("fix", "labels.json", "--list", "fixes.jsonl")
    if line:
        refused(ran, "fixes.jsonl:1")
    else:
        assert ran.code == 0
        assert "nothing" in ran.err


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("code", 5), ("fingerprint", None), ("records", []), ("probability", "x")),
        *(("severity", "x"), ("source", "other.json"), ("fix", {}), ("fix", 5)),
        ("fix", {"kind": "merge", "safety": "safe", "part": "annotations", "changes": {}}),
    ],
)
def test_a_fix_list_that_was_tampered_with_is_refused(run, tmp_path, key, value):
    write(tmp_path / "labels.json", TEXT.replace("90, 60]", "0, 60]"))
    listed = run("scan", "labels.json", "--output-format", "jsonl", "--select", "GEO001").out
    write(tmp_path / "fixes.jsonl", json.dumps(json.loads(listed) | {key: value}))
    refused(run("fix", "labels.json", "--list", "fixes.jsonl"), "fixes.jsonl")


def tampered(header: dict[str, object], entry: dict[str, object]) -> str:
    return json.dumps(header) + "\n" + json.dumps(entry) + "\n"


@pytest.mark.parametrize(
    ("in_header", "in_file", "in_entry"),
    [
        ({}, {"path": "../other.json"}, {"file": "../other.json"}),
        ({}, {"path": "/other.json"}, {"file": "/other.json"}),
        ({}, {"path": 5}, {}),
        ({}, {"after": "0" * 64}, {}),
        ({}, {"before": "0" * 64}, {}),
        ({}, {}, {"start": -1}),
        ({}, {}, {"start": 10**40}),
        ({}, {}, {"start": "x"}),
        ({}, {}, {"before": 5}),
        ({}, {}, {"before": "something else"}),
        ({"schema_version": 99}, {}, {}),
        ({"files": 5}, {}, {}),
    ],
)
def test_a_patch_that_was_tampered_with_changes_nothing(
    run, tmp_path, in_header, in_file, in_entry
):
    write(tmp_path / "labels.json", TEXT.replace("90, 60]", "0, 60]"))
    other = write(tmp_path.parent / "other.json", "other")
    run("fix", "labels.json", "-o", "cleaned.json")
    patch, cleaned = tmp_path / "cleaned.json.patch.jsonl", tmp_path / "cleaned.json"
    before = cleaned.read_bytes()
    header, entry = map(json.loads, patch.read_text("utf-8").splitlines())
    header["files"][0] |= in_file
    patch.write_text(tampered(header | in_header, entry | in_entry), "utf-8")
    refused(run("undo", "cleaned.json"), "cleaned.json")
    assert cleaned.read_bytes() == before
    assert other.read_text() == "other"
