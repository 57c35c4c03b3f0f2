from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path

from labelaudit.auditing.findings_file import entries
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import Scan, scan
from labelaudit.core.columns import texts
from labelaudit.reports import REPORTS
from labelaudit.testing import one_image
from tests.reports.conftest import only_read


def written(name: str, scan: Scan) -> str:
    out = io.StringIO()
    REPORTS[name].write(scan, out)
    return out.getvalue()


def test_the_object_holds_every_finding_as_the_fix_list_does(found: Scan):
    report = json.loads(written("json", found))
    assert report["schema_version"] == 1
    assert report["findings"] == list(entries(found.findings, found.dataset))


def test_the_summary_adds_up(found: Scan):
    summary = json.loads(written("json", found))["summary"]
    assert summary["findings"] == len(found.findings)
    assert sum(summary["by_severity"].values()) == len(found.findings)
    assert sum(rule["findings"] for rule in summary["by_rule"].values()) == len(found.findings)
    assert summary["by_rule"]["GEO001"] == {
        "name": "zero-area",
        "severity": "error",
        "findings": 5,
        "images": 5,
        "safe_fixes": 5,
        "unsafe_fixes": 0,
        "boxes_removed_by_safe_fixes": 5,
        "boxes_removed_by_fixes": 5,
    }


def test_no_fix_can_be_applied_to_files_of_a_format_that_is_only_read(found: Scan):
    assert json.loads(written("json", found))["summary"]["fixable"] == {"safe": 5, "unsafe": 5}
    reading = dataclasses.replace(found, dataset=only_read(found.dataset))
    summary = json.loads(written("json", reading))["summary"]
    assert summary["fixable"] == {"safe": 0, "unsafe": 0}
    assert summary["by_rule"]["GEO001"]["safe_fixes"] == 5


def test_the_dataset_is_described(found: Scan):
    dataset = json.loads(written("json", found))["dataset"]
    assert dataset["sources"] == ["labels.json"]
    assert dataset["classes"] == ["car", "bus", "van"]
    assert (dataset["images"], dataset["boxes"]) == (5, 20)


def test_where_images_were_found_is_told(found: Scan):
    none = {"found": 0, "folders": [], "looked_in": []}
    assert json.loads(written("json", found))["dataset"]["found_images"] == none
    images = found.dataset.images
    images = dataclasses.replace(images, path=texts(["/d/a/1.jpg"] + [""] * (len(images) - 1)))
    places = {"images": images, "image_folders": (Path("/d"),), "root": Path("/d")}
    located = dataclasses.replace(found, dataset=dataclasses.replace(found.dataset, **places))
    told = {"found": 1, "folders": ["a"], "looked_in": ["/d"]}
    assert json.loads(written("json", located))["dataset"]["found_images"] == told


def test_conflicting_classes_are_counted(found: Scan):
    conflicts = json.loads(written("json", found))["summary"]["class_conflicts"]
    assert [one["classes"] for one in conflicts] == [["car", "bus"]]
    assert conflicts[0]["count"] == found.findings.code.tolist().count("DUP003")


def test_nothing_found_is_an_object_with_no_findings():
    clean = scan(one_image("car 10 10 90 90"), Options(select=("GEO",)))
    assert json.loads(written("json", clean))["findings"] == []


def test_a_path_that_utf8_cannot_hold_is_escaped(found: Scan):
    dataset = dataclasses.replace(found.dataset, sources=(Path("\udc80.json"),))
    report = json.loads(written("json", dataclasses.replace(found, dataset=dataset)))
    assert report["dataset"]["sources"] == ["\\udc80.json"]


def test_a_line_of_the_fix_list_is_a_finding(found: Scan):
    lines = written("jsonl", found).splitlines()
    assert [json.loads(line) for line in lines] == list(entries(found.findings, found.dataset))


def test_a_fix_list_of_nothing_is_empty(found: Scan):
    nothing = dataclasses.replace(found, findings=found.findings.rows(slice(0)))
    assert written("jsonl", nothing) == ""
