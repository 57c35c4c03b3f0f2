"""What the page says of the whole."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

import labelaudit
from labelaudit.auditing.label_issues import BoxIssues, JudgedSample, LabelIssues, MissingObjects
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import scan
from labelaudit.auditing.summary.overview import overview
from labelaudit.reports.html.where import field_tables, limits, opinion_words, shares, unchecked
from labelaudit.testing import one_image, with_label_issues

ROOT = Path(__file__).parents[3]
ONLY = Options(select=("GEO001",))
FLAT = one_image("car 10 10 10 60", "bus 10 10 60 60", "bus 90 10 160 60", "bus 20 90 60 160")


def test_what_rules_find_is_the_least_that_is_wrong():
    boxes, images = shares(overview(scan(FLAT, ONLY)))
    assert (boxes.number, boxes.percent, boxes.of) == (
        "at least 1",
        "25 %",
        "with errors, of 4 boxes",
    )
    assert (boxes.interval, images.percent) == ("", "100 %")
    assert "by rules alone" in boxes.basis


def test_where_rules_find_nothing_there_is_no_share():
    clean = scan(one_image("car 10 10 60 60"), ONLY)
    assert [(one.number, one.percent) for one in shares(overview(clean))] == [
        ("none found", "")
    ] * 2


def test_a_judged_sample_has_limits():
    sample = JudgedSample("boxes", 50, 5, 400, 40.0, 17.2, 80.6)
    boxes = shares(overview(dataclasses.replace(scan(FLAT, ONLY), samples=(sample,))))[0]
    assert (boxes.number, boxes.interval) == ("40", "95 % limits: 17 to 81")
    assert "sample that a person judged" in boxes.basis


def test_limits_by_a_model_are_not_called_those_of_the_truth():
    audit = with_label_issues(FLAT, *[f"{row} spurious 0.5" for row in range(4)])
    seen = overview(dataclasses.replace(scan(FLAT, ONLY), label_issues=audit.label_issues))
    for share in shares(seen):
        assert "95 %" not in share.interval + share.basis
        assert share.interval.startswith("if the probabilities are right: ")
        assert "how far these are off is not in the limits" in share.basis


def test_findings_are_told_by_class_split_and_what_was_asked_for():
    dataset = labelaudit.load(ROOT / "examples" / "bccd")
    result = scan(dataset, dataclasses.replace(ONLY, select=("GEO006", "DUP"), by=("folder",)))
    tables = {table.one.field: table for table in field_tables(result)}
    assert list(tables) == ["class", "split", "folder"]
    found = {group.value: group.findings for group in tables["split"].groups}
    assert sum(found.values()) == len(result.findings)
    assert [table.one.field for table in field_tables(scan(FLAT, ONLY))] == ["class"]


def test_rules_that_did_not_run_are_told_by_their_reason_those_not_asked_for_last():
    reasons = unchecked(scan(FLAT))
    assert ("nobody asked for it: --by FIELD does", ["all of SRC"]) in reasons
    asked = [reason.startswith("nobody") for reason, _ in reasons]
    assert asked == sorted(asked)


def test_folders_of_predictions_are_not_told():
    boxes = BoxIssues.of(4, was_scored=np.array([True, True, True, False]))
    issues = LabelIssues("/home/ann/p.json", ("car", "bus"), boxes, MissingObjects.empty())
    words = opinion_words(dataclasses.replace(scan(FLAT, ONLY), label_issues=issues))
    assert words[0] == "Second opinion by p.json: judged 3 of 4 boxes."
    assert words[1] == "Not judged, which does not mean right: 1 (for no known reason)."
    assert opinion_words(scan(FLAT, ONLY)) == []


def test_what_was_left_out_is_said():
    result = dataclasses.replace(scan(FLAT, ONLY), known=2, conflicts=("a fix could not",))
    told = limits(result)
    assert "2 known findings of the baseline left out." in told
    assert "Not fixed: a fix could not" in told
    assert "Of 1 image, 0 were found." in told
