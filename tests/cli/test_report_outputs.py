from __future__ import annotations

import json
from pathlib import Path

import pytest

FLAT = ("a.jpg", "car", 10, 10, 0, 40)
GOOD = ("a.jpg", "car", 100, 10, 50, 40)


def test_reports_go_to_files_beside_the_one_that_is_shown(run, coco):
    labels = coco(FLAT, GOOD)
    shown = run("scan", labels, "-q", "--output-format", "jsonl")
    ran = run(
        *("scan", labels, "-q", "--output-format", "jsonl"),
        *("--output", "json=out/report.json", "--output", "csv=found.csv", "-o", "sarif=a.sarif"),
    )
    assert (ran.code, ran.out) == (1, shown.out)
    findings = json.loads(Path("out/report.json").read_text("utf-8"))["findings"]
    assert findings == [json.loads(line) for line in shown.out.splitlines()]
    assert Path("found.csv").read_text("utf-8-sig").count("\n") == 1 + len(findings)
    assert json.loads(Path("a.sarif").read_text("utf-8"))["version"] == "2.1.0"
    assert not Path("labels.cleaned.json").exists()


def test_a_place_for_the_cleaned_dataset_and_reports_are_told_apart(run, coco):
    labels = coco(FLAT, GOOD)
    ran = run("scan", labels, "-q", "--output", "clean.json", "--output", "json=report.json")
    assert ran.code == 0
    assert len(json.loads(Path("clean.json").read_text("utf-8"))["annotations"]) == 1
    assert json.loads(Path("report.json").read_text("utf-8"))["summary"]["fixed"]


def test_a_file_whose_name_has_the_sign_is_given_with_its_folder(run, coco):
    assert run("scan", coco(FLAT, GOOD), "-q", "--output", "./json=clean.json").code == 0
    assert Path("json=clean.json").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--output", "sari=a"], "no report is called 'sari'"),
        (["--output", "json="], "json=: expected a file behind the ="),
        (["--output", "json=."], ".: a folder, where a file is to be written"),
        (["--output", "json=labels.json/x"], "is no folder"),
        (["--output", "json=labels.json"], "labels.json: the dataset is read from it"),
        (["--output", "json=a", "--output", "csv=./a"], "two things would be written to it"),
        (["--output", "a", "--output", "b"], "several places for the cleaned dataset"),
        (["--watch", "--output", "json=a"], "scans with --watch are text"),
    ],
)
def test_what_cannot_be_written_is_told_before_the_work(run, coco, words, message):
    labels = coco(FLAT)
    before = labels.read_bytes()
    ran = run("scan", labels, "-q", *words)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert ran.err.count("\n") == 1
    assert labels.read_bytes() == before


def test_a_file_that_fails_is_told_after_the_others_and_what_was_found(run, coco, monkeypatch):
    from labelaudit.reports import files

    whole = files.replacing

    def failing(path: Path):
        if path.name == "a.json":
            raise OSError(28, "No space left on device", str(path))
        return whole(path)

    monkeypatch.setattr(files, "replacing", failing)
    ran = run("scan", coco(FLAT), "-q", "--output", "json=a.json", "--output", "csv=b.csv")
    assert (ran.code, Path("b.csv").exists()) == (2, True)
    assert "zero-area" in ran.out
    assert "a.json: No space left on device" in ran.err


def test_reports_are_written_with_a_difference_and_with_a_baseline(run, coco):
    labels = coco(FLAT, GOOD)
    assert run("scan", labels, "-q", "--diff", "--output", "json=a.json").code == 0
    assert json.loads(Path("a.json").read_text("utf-8"))["summary"]["fixed"]
    ran = run("scan", labels, "-q", "--write-baseline", "known.json", "--output", "json=b.json")
    assert ran.code == 0
    assert json.loads(Path("b.json").read_text("utf-8"))["findings"]


def test_what_fails_a_scan_fails_in_junit(run, coco):
    labels = coco(FLAT)
    run("scan", labels, "-q", "--select", "GEO001", "--output", "junit=a.xml")
    assert 'failures="1"' in Path("a.xml").read_text("utf-8")
    words = ("--severity", "warning", "--output", "junit=b.xml")
    run("scan", labels, "-q", "--select", "CLS004", *words)
    assert "<failure" not in Path("b.xml").read_text("utf-8")


def test_fixing_writes_no_reports(run, coco):
    ran = run("fix", coco(FLAT), "--output", "json=a.json")
    assert ran.code == 2
    assert "--output FORMAT=FILE writes the report of a scan" in ran.err
    assert run("fix", coco(FLAT), "--output", "./json=a.json").code == 0


def test_what_is_no_text_is_not_for_a_terminal(run, coco, monkeypatch):
    import sys

    labels = coco(FLAT)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    ran = run("scan", labels, "-q", "--output-format", "parquet")
    assert ran.code == 2
    assert "--output parquet=FILE" in ran.err
