from __future__ import annotations

import json

import pytest

GOOD = ("a.jpg", "car", 10, 10, 90, 60)
FLAT = ("b.jpg", "bus", 200, 20, 0, 60)


def test_findings_are_counted_by_fields_that_are_named(run, coco):
    ran = run("scan", coco(GOOD, FLAT), "--by", "class", "--by", "file")
    assert ran.out.index("by class · ") < ran.out.index("by file · ")
    assert "labels.json" in ran.out.partition("by file")[2]


def test_json_has_them(run, coco):
    ran = run("scan", coco(GOOD, FLAT), "--by", "class", "--output-format", "json")
    by = json.loads(ran.out)["summary"]["by"]
    assert {one["value"]: one["boxes"] for one in by["class"]["values"]} == {"car": 1, "bus": 1}


def test_the_configuration_names_fields_and_the_command_line_others(run, coco, tmp_path):
    (tmp_path / "labelaudit.toml").write_text('by = ["file"]')
    path = coco(GOOD, FLAT)
    assert "by file · " in run("scan", path).out
    ran = run("scan", path, "--by", "class")
    assert "by class · " in ran.out
    assert "by file · " not in ran.out


@pytest.mark.parametrize("command", ["scan", "fix"])
def test_a_field_that_no_label_has_is_an_error_with_those_that_there_are(run, coco, command):
    ran = run(command, coco(GOOD, FLAT), "--by", "clas")
    assert ran.code == 2
    words = "no field is called 'clas'; did you mean 'class'? The fields are: class, split"
    assert words in ran.err
    assert ran.err.count("\n") == 1
