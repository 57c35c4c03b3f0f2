"""SARIF against its schema, `sarif-2.1.0.json` beside this file.

It is the one of OASIS as the npm package @microsoft/sarif-multitool 5.7.0 (MIT) has it.
"""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.rule import RULES
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import Scan, scan
from labelaudit.core.columns import texts
from labelaudit.io.load import load
from labelaudit.reports import REPORTS
from labelaudit.testing import one_image

SCHEMA = json.loads((Path(__file__).parent / "sarif-2.1.0.json").read_text("utf-8"))


def log(found: Scan) -> dict[str, Any]:
    out = io.StringIO()
    REPORTS["sarif"].write(found, out)
    return json.loads(out.getvalue())


def run(found: Scan) -> dict[str, Any]:
    (one,) = log(found)["runs"]
    return one


def errors(value: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(SCHEMA).iter_errors(value)]


def test_a_log_is_as_its_schema_says(found: Scan, labelled_lines: Scan):
    every = scan(found.dataset, Options(select=("ALL",)))
    nothing = scan(one_image("car 10 10 90 90"), Options(select=("GEO",)))
    for one in (found, labelled_lines, every, nothing):
        assert errors(log(one)) == []


def test_the_schema_refuses_what_is_none_of_it(found: Scan):
    wrong = log(found)
    wrong["runs"][0]["results"][0]["levle"] = "error"
    assert any("levle" in error for error in errors(wrong))


def test_a_result_has_the_words_and_the_level_of_its_finding(found: Scan):
    first = run(found)["results"][0]
    assert (first["ruleId"], first["level"]) == ("GEO001", "error")
    assert first["message"]["text"] == "train/000000.jpg: car is flat"
    levels = {one["level"] for one in run(found)["results"]}
    assert levels == {"error", "warning", "note"}
    assert len(run(found)["results"]) == len(found.findings)


def test_rules_that_ran_are_described_and_results_point_at_them(found: Scan):
    one = run(found)
    rules = one["tool"]["driver"]["rules"]
    assert {rule.code for rule in found.rules} <= {rule["id"] for rule in rules}
    for result in one["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    (flat,) = [rule for rule in rules if rule["id"] == "GEO001"]
    assert flat["name"] == "zero-area"
    assert flat["defaultConfiguration"]["level"] == str(RULES["GEO001"].severity)
    assert "Why it hurts" in flat["help"]["text"]
    assert flat["shortDescription"]["text"] in flat["fullDescription"]["text"]


def test_a_code_that_is_no_rule_has_a_descriptor(found: Scan):
    codes = texts("REV001" for _ in range(len(found.findings)))
    drawn = dataclasses.replace(found, findings=dataclasses.replace(found.findings, code=codes))
    assert {"id": "REV001"} in run(drawn)["tool"]["driver"]["rules"]
    assert errors(log(drawn)) == []


def test_box_image_and_fix_stand_in_the_properties(found: Scan):
    properties = run(found)["results"][0]["properties"]
    assert properties["image"] == "train/000000.jpg"
    assert properties["boxes"] == [[200.0, 20.0, 0.0, 40.0]]
    assert properties["fix"]["kind"] == "drop"
    assert "probability" not in properties


def test_fingerprints_are_ours_and_tell_results_of_a_file_apart(found: Scan):
    results = run(found)["results"]
    ours = [one["partialFingerprints"]["labelaudit/v1"] for one in results]
    hashes = {one["partialFingerprints"]["primaryLocationLineHash"] for one in results}
    assert len(set(ours)) == len(hashes) == len(results)
    assert f"{ours[0]}:1" in hashes


def test_a_second_finding_alike_has_the_next_number(found: Scan):
    twice = found.findings.rows([0, 0])
    results = run(dataclasses.replace(found, findings=twice))["results"]
    first, second = (one["partialFingerprints"]["primaryLocationLineHash"] for one in results)
    assert second == f"{first.removesuffix(':1')}:2"


def test_a_label_has_the_region_of_its_line(labelled_lines: Scan):
    physical = run(labelled_lines)["results"][0]["locations"][0]["physicalLocation"]
    assert physical["region"] == {"startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 16}
    assert physical["artifactLocation"] == {
        "uri": "my%20data%25/labels/a.txt",
        "uriBaseId": "SRCROOT",
    }


def test_labels_that_are_in_no_file_have_no_region(found: Scan):
    (location,) = run(found)["results"][0]["locations"]
    assert "region" not in location["physicalLocation"]
    assert location["logicalLocations"][0]["name"] == "annotations[1]"


def test_removing_a_line_is_a_fix(found: Scan, labelled_lines: Scan):
    (fix,) = run(labelled_lines)["results"][0]["fixes"]
    (replacement,) = fix["artifactChanges"][0]["replacements"]
    region = {"startLine": 2, "startColumn": 1, "endLine": 3, "endColumn": 1}
    assert replacement == {"deletedRegion": region}
    assert all("fixes" not in one for one in run(found)["results"])


def test_no_name_is_taken_for_a_link_or_a_placeholder(found: Scan):
    names = texts("[a](1) {0}" for _ in range(len(found.dataset.images)))
    images = dataclasses.replace(found.dataset.images, name=names)
    dataset = dataclasses.replace(found.dataset, images=images)
    result = run(dataclasses.replace(found, dataset=dataset))["results"][0]
    assert result["message"]["text"] == "[a] (1) {{0}}: car is flat"
    assert result["properties"]["image"] == "[a](1) {0}"


def test_a_file_outside_the_project_is_named_whole(
    labelled_lines: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.chdir(other)
    physical = run(labelled_lines)["results"][0]["locations"][0]["physicalLocation"]
    uri = (tmp_path / "my data%" / "labels" / "a.txt").as_uri()
    assert physical["artifactLocation"] == {"uri": uri}


def test_what_was_not_checked_is_a_notification(found: Scan):
    partly = dataclasses.replace(found, not_checked={"IMG001": "no images were found"})
    (invocation,) = run(partly)["invocations"]
    (said,) = invocation["toolConfigurationNotifications"]
    assert said["message"]["text"] == "IMG001 was not checked: no images were found"
    rules = run(partly)["tool"]["driver"]["rules"]
    assert rules[said["associatedRule"]["index"]]["id"] == "IMG001"
    assert errors(log(partly)) == []


def test_a_fix_that_could_not_be_done_is_a_notification(found: Scan):
    stopped = dataclasses.replace(found, conflicts=("labels.json: two fixes of one box",))
    (said,) = run(stopped)["invocations"][0]["toolExecutionNotifications"]
    assert said["message"]["text"] == "not fixed: labels.json: two fixes of one box"


def test_a_probability_is_the_rank_of_a_result(found: Scan):
    sure = dataclasses.replace(found.findings, probability=found.findings.box * 0 + 0.25)
    result = run(dataclasses.replace(found, findings=sure))["results"][0]
    assert result["rank"] == 25.0
    assert result["properties"]["probability"] == 0.25


def test_a_dataset_in_an_archive_is_named_by_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import zipfile

    monkeypatch.chdir(tmp_path)
    labels = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 64, "height": 48}],
        "categories": [{"id": 1, "name": "car"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 0, 5]}],
    }
    with zipfile.ZipFile("export.zip", "w") as file:
        file.writestr("annotations/instances.json", json.dumps(labels))
    packed = scan(load("export.zip"), Options(select=("GEO001",)))
    (result,) = run(packed)["results"]
    location = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": "export.zip", "uriBaseId": "SRCROOT"}
    assert Severity.ERROR in packed.by_severity
