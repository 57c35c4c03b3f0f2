"""The rules about objects that are labelled more than once, on real datasets."""

from __future__ import annotations

import json

import pytest

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.run import audit
from labelaudit.io.load import load

CODES = ["DUP001", "DUP002", "DUP003", "DUP004", "DUP005"]


def test_all_shifted_duplicates_of_bccd_are_found(shared_data):
    errors = json.loads((shared_data / "bccd" / "known_errors.json").read_text())["errors"]
    known = {
        (error["image"].removesuffix(".jpg"), error["object_index"], error["other_object_index"])
        for error in errors
        if error["kind"] == "near_duplicate_box"
    }
    dataset = load(shared_data / "bccd")
    findings = audit(dataset, select=CODES)
    names = [name.rpartition(".")[0] for name in dataset.images.name[findings.image].tolist()]
    record = dataset.boxes.record
    found = set(
        zip(names, record[findings.box].tolist(), record[findings.other].tolist(), strict=True)
    )
    assert len(known) == 7
    assert known <= found
    # A cell at the lower edge, labelled twice as well, though not in the list.
    assert found - known == {("BloodImage_00013", 14, 6)}
    assert set(findings.name.tolist()) == {"near-duplicate-box"}


def test_lids_on_their_containers_are_worth_knowing_only(shared_data):
    dataset = load(shared_data / "taco" / "annotations.json")
    findings = audit(dataset, select=CODES)
    ids = dataset.boxes.id
    pairs = zip(findings.box.tolist(), findings.other.tolist(), strict=True)
    assert {frozenset(map(ids.value, pair)) for pair in pairs} == {
        frozenset({1140, 1141}),
        frozenset({1631, 1635}),
    }
    assert set(findings.name.tolist()) == {"conflicting-classes"}
    assert set(findings.severity.tolist()) == {Severity.INFO}


@pytest.mark.parametrize("name", ["cards", "coco_cc"])
def test_clean_scenes_and_crowds_are_quiet(shared_data, name):
    assert len(audit(load(shared_data / name), select=CODES)) == 0
