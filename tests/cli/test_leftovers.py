"""What a project leaves out and that is not there any more is said, with the remedy."""

from __future__ import annotations

import json
import shlex

GOOD = ("a.jpg", "car", 10, 10, 90, 60)
FLAT = ("a.jpg", "car", 200, 20, 0, 60)
CONFIG = """
[per-class-ignores]
cra = ["GEO"]
car = ["GEO009"]
[per-path-ignores]
"old/*" = ["GEO"]
"a.*" = ["GEO009"]
"""


def test_ignores_of_nothing_are_said_and_others_are_not(run, coco, tmp_path):
    (tmp_path / "labelaudit.toml").write_text(CONFIG)
    lines = run("scan", coco(GOOD)).err.splitlines()
    path = tmp_path / "labelaudit.toml"
    assert lines == [
        f"{path}: per-class-ignores: no class is called 'cra'; did you mean 'car'?",
        f"{path}: per-path-ignores: 'old/*' is of no image and no label file; take it out",
    ]
    assert run("scan", coco(GOOD, ("b.jpg", "car", 1, 1, 9, 9)), "--exclude", "b.jpg").err == ""


def test_entries_of_a_baseline_that_no_finding_has_are_counted_and_the_remedy_works(run, coco):
    run("scan", coco(GOOD, FLAT), "--write-baseline", "the known.json")
    words = ("scan", "labels.json", "--baseline", "the known.json")
    assert "no finding has" not in run(*words).err
    coco(GOOD, ("a.jpg", "car", 300, 20, 30, 60))
    (line,) = run(*words).err.splitlines()
    told, _, command = line.partition("; to write it anew: ")
    assert told == "the known.json: 1 entry that no finding has any more"
    run(*shlex.split(command)[1:])
    assert run(*words).err == ""


def test_entries_of_rules_that_did_not_run_are_not_called_stale(run, coco):
    run("scan", coco(GOOD, FLAT), "--write-baseline", "known.json")
    ran = run("scan", "labels.json", "--baseline", "known.json", "--select", "DUP")
    assert "no finding has" not in ran.err
    milder = run("scan", "labels.json", "--baseline", "known.json", "--severity", "error")
    assert "no finding has" not in milder.err
    assert json.loads(run("scan", "labels.json", "--output-format", "json").out)
