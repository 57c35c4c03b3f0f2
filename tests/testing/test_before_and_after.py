from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.rule import RULES, Found, Rule, found
from labelaudit.core.ids import Ids
from labelaudit.dataset.tables import RecordType
from labelaudit.io.load import load
from labelaudit.testing import (
    before_and_after,
    coco_text,
    draw,
    drawn_by,
    images,
    one_image,
    with_columns,
    with_image_files,
    with_label_issues,
)

FLAT = one_image("car 10 10 40 40", "car 50 20 50 60")


def own(function, message: str = "here") -> Rule:
    return Rule("OWN001", "own", message, Severity.INFO, function, Safety.SAFE)


def test_what_the_fix_drops_has_a_minus_and_the_record_before_it_none():
    assert before_and_after(RULES["GEO001"], FLAT).splitlines() == [
        "Found: car is 0 x 40 px: it has no inside",
        "labels.json, before (-) and after (+) a safe fix:",
        '  {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}',
        '- {"id": 2, "image_id": 1, "category_id": 1, "bbox": [50, 20, 0, 40]}',
    ]


def test_a_rule_that_finds_nothing_is_no_example():
    with pytest.raises(AssertionError, match="GEO001 finds nothing"):
        before_and_after(RULES["GEO001"], one_image("car 10 10 40 40"))


def test_a_rule_that_still_finds_something_after_its_fix_is_no_example():
    def fixed_in_vain(audit: AuditContext) -> Found:
        fix = Fix("move", Safety.SAFE, RecordType.BOX, 0, {"xyxy": [1.0, 1.0, 9.0, 9.0]})
        return found([0], fix=[fix])

    with pytest.raises(AssertionError, match="OWN001 still finds: here"):
        before_and_after(own(fixed_in_vain), FLAT)


def test_what_is_said_to_be_right_is_looked_at_too():
    with pytest.raises(AssertionError, match="GEO001 still finds: car is 0 x 40"):
        before_and_after(RULES["GEO001"], FLAT, FLAT)


def test_the_settings_are_those_of_both():
    wrong, right = one_image("car 0 0 90 10"), one_image("car 0 0 20 10")
    with pytest.raises(AssertionError, match="finds nothing"):
        before_and_after(RULES["GEO007"], wrong, right)
    text = before_and_after(RULES["GEO007"], wrong, right, max_ratio=5)
    assert "labels.json, wrong (-) and right (+):" in text
    with pytest.raises(AssertionError, match="still finds"):
        before_and_after(RULES["GEO007"], wrong, right, max_ratio=1.5)


def test_the_rule_looks_at_what_was_written():
    def places(audit: AuditContext) -> Found:
        text = (audit.dataset.root / "labels.json").read_text("utf-8")
        return found(np.flatnonzero([text == coco_text(FLAT)]))

    assert "Found: here" in before_and_after(own(places), FLAT, one_image("car 1 1 9 9"))


def test_the_folder_of_a_run_is_not_told():
    def says_where(audit: AuditContext) -> Found:
        rows = [0][: len(audit.dataset.boxes)]
        return found(rows, where=[str(audit.dataset.root) for _ in rows])

    text = before_and_after(own(says_where, "is in {where}"), FLAT, one_image())
    assert "Found: is in images\n" in text


def test_of_many_lines_that_change_alike_the_first_are_shown():
    def lines(count: int) -> list[str]:
        wrong = [f"car {9 * n} 0 {9 * n} 9" for n in range(count)]
        return before_and_after(RULES["GEO001"], one_image(*wrong)).splitlines()[2:]

    assert len(lines(3)) == 3
    assert lines(4)[2:] == ["- (and 2 more)"]


def test_of_many_changes_the_first_are_shown():
    boxes = [f"car {20 * n} 0 {20 * n + 20 * (n % 2)} 9" for n in range(30)]
    lines = before_and_after(RULES["GEO001"], one_image(*boxes)).splitlines()[2:]
    assert len(lines) == 10
    assert lines[-1] == "  (and 21 more lines)"


def test_files_are_written_as_they_are_given_and_sizes_are_drawn():
    files = {
        "data.yaml": "names: [car]\ntrain: images\nval: images\n",
        "images/a.jpg": (64, 48),
        "labels/a.txt": "0 0.5 0.5 0.5 0.5\n3 0.5 0.5 0.2 0.2\n",
    }
    text = before_and_after(RULES["REF006"], files)
    assert text.splitlines()[1:] == [
        "labels/a.txt, before (-) and after (+) an unsafe fix:",
        "  0 0.5 0.5 0.5 0.5",
        "- 3 0.5 0.5 0.2 0.2",
    ]


def test_of_images_that_differ_kind_size_brightness_and_orientation_are_told(tmp_path: Path):
    dataset = one_image("car 10 10 40 40")
    (stored, other) = (tmp_path / "a" / "small", tmp_path / "b" / "small")
    wrong = with_image_files(dataset, stored, orientation=6)
    right = with_image_files(dataset, other)
    text = before_and_after(RULES["IMG005"], wrong, right)
    assert "- JPEG RGB, 640 x 480 px, brightness " in text
    assert ", EXIF orientation 6\n+ JPEG RGB, 640 x 480 px" in text


def test_what_is_no_image_is_told_by_its_length(tmp_path: Path):
    draw(tmp_path / "whole.jpg", (64, 48))
    labels = coco_text(one_image("car 10 10 40 40", size=(64, 48)))
    wrong = {"labels.json": labels, "image.jpg": b"<html>"}
    right = {"labels.json": labels, "image.jpg": (tmp_path / "whole.jpg").read_bytes()}
    assert "\n- 6 bytes\n+ JPEG" in before_and_after(RULES["IMG002"], wrong, right)


def test_what_a_model_said_is_asked_once():
    audit = with_label_issues(one_image("car 10 10 40 40"), "0 spurious 0.81", other=0.05)
    assert "\n- {" in before_and_after(RULES["MOD004"], audit)


def test_the_text_of_a_dataset_is_loaded_as_it_is(tmp_path: Path):
    dataset = images({"a.jpg": ["car 10 10 40.5 40 crowd"], "b.jpg": ["bus 1 2 nan 4"]})
    dataset = with_columns(dataset, "boxes", area=[np.nan, 8], id=Ids.of(["x", 7]))
    dataset = with_columns(dataset, "images", size=[[640, 480], [np.nan, np.nan]])
    (tmp_path / "labels.json").write_text(coco_text(dataset))
    read = load(tmp_path / "labels.json")
    np.testing.assert_array_equal(read.boxes.xyxy, dataset.boxes.xyxy)
    np.testing.assert_array_equal(read.boxes.area, dataset.boxes.area)
    np.testing.assert_array_equal(read.images.size, dataset.images.size)
    assert read.boxes.crowd.tolist() == [True, False]
    assert read.boxes.id.values() == ["x", 7]
    assert read.class_names == dataset.class_names


def test_the_text_of_a_dataset_names_who_drew_a_box():
    text = coco_text(drawn_by({"ann": {"a.jpg": ["car 10 10 40 40"]}}))
    assert '"bbox": [10, 10, 30, 30], "annotator": "ann"}' in text
