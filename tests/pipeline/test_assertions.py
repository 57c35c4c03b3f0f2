from __future__ import annotations

import json
from pathlib import Path

import pytest

import labelaudit
from labelaudit.testing import images, one_image

FLAT = one_image("car 10 10 40 40", "car 50 20 50 60")
BCCD = Path(__file__).parents[2] / "examples" / "bccd"


def test_clean_labels_pass_and_what_was_looked_at_comes_back():
    found = labelaudit.assert_clean(one_image("car 10 10 40 40"), select="GEO")
    assert [rule.family for rule in found.rules] == ["GEO"] * len(found.rules)


def test_the_error_says_how_much_what_and_where():
    with pytest.raises(AssertionError) as caught:
        labelaudit.assert_clean(BCCD, select=["DUP", "GEO"])
    lines = str(caught.value).splitlines()
    assert lines[:2] == ["495 labels that are not clean", "  found 10 warnings"]
    assert any("near-duplicate-box DUP002 · 7" in line for line in lines)
    assert any("BloodImage_00020.jpg object[14], [13]" in line for line in lines)
    assert lines[-1] == f"all of them: labelaudit scan {BCCD} --select DUP,GEO"


def test_findings_that_are_milder_than_asked_pass_and_are_not_shown():
    dataset = one_image("car 0 0 640 480", "car 50 20 50 60")
    with pytest.raises(AssertionError, match="found 1 error") as caught:
        labelaudit.assert_clean(dataset, select=("GEO001", "GEO008"), severity="error")
    assert "whole-image-box" not in str(caught.value)
    labelaudit.assert_clean(dataset, select="GEO008", severity="error")


def test_a_rule_that_was_ignored_finds_nothing():
    labelaudit.assert_clean(FLAT, select="GEO", ignore="GEO001")
    options = labelaudit.Options(select=("GEO001",))
    with pytest.raises(AssertionError):
        labelaudit.assert_clean(FLAT, options=options)
    labelaudit.assert_clean(FLAT, options=options, select="GEO002")


def test_what_is_in_the_baseline_is_agreed_on(tmp_path):
    from labelaudit.auditing.between_scans.baseline import write_baseline

    path = tmp_path / "known.json"
    write_baseline(path, labelaudit.audit(FLAT, select=["GEO"]), FLAT)
    labelaudit.assert_clean(FLAT, select="GEO", baseline=path)


def test_a_severity_that_there_is_not_is_answered_with_those_that_there_are():
    with pytest.raises(labelaudit.LabelauditError, match="there are info, warning, error"):
        labelaudit.assert_clean(FLAT, severity="bad")


def test_what_the_configuration_excludes_is_not_looked_at(tmp_path):
    sizes = {"width": 128, "height": 96}
    box = {"image_id": 2, "category_id": 1, "bbox": [50, 20, 0, 40]}
    labels = {
        "images": [
            {"id": 1, "file_name": "1.jpg", **sizes},
            {"id": 2, "file_name": "old/2.jpg", **sizes},
        ],
        "annotations": [{"id": 1, **box}, {"id": 2, **box, "image_id": 1, "bbox": [5, 5, 9, 9]}],
        "categories": [{"id": 1, "name": "car"}],
    }
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    (tmp_path / "labelaudit.toml").write_text('exclude = ["old"]\nignore = ["GEO002"]')
    config = labelaudit.read_config(folder=tmp_path)
    with pytest.raises(AssertionError, match="found 1 error"):
        labelaudit.assert_clean(tmp_path / "labels.json", select="GEO", options=config.options)
    found = labelaudit.assert_clean(tmp_path / "labels.json", select="GEO", options=config)
    assert len(found.dataset.images) == 1
    with pytest.raises(AssertionError, match="found 1 error"):
        labelaudit.assert_clean(FLAT, select="GEO", options=config)


def test_labels_without_a_box_are_not_clean_unless_that_is_said():
    for nothing in ({"images": [], "annotations": [], "categories": []}, images({"a.jpg": []})):
        with pytest.raises(AssertionError, match=r"no labels to be clean\n.*there is no box in"):
            labelaudit.assert_clean(nothing, select="GEO")
        assert not labelaudit.assert_clean(nothing, select="GEO", allow_empty=True).findings
