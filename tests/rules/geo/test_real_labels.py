"""What the geometry rules find in published datasets, all of which was looked at."""

from __future__ import annotations

import json

import pytest

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.run import audit
from labelaudit.io.load import load

BOX_RULES = [f"GEO{number:03}" for number in range(1, 15)]


def found(path, **options):
    dataset = load(path)
    findings = audit(dataset, select=BOX_RULES, **options)
    image = dataset.images.name[findings.image].tolist()
    record = dataset.boxes.record[findings.box].tolist()
    return set(zip(findings.code.tolist(), image, record, strict=True))


def test_bccd_has_two_boxes_of_a_pixel_and_three_of_the_wrong_class(shared_data):
    assert found(shared_data / "bccd") == {
        ("GEO006", "BloodImage_00338.jpg", 12),
        ("GEO006", "BloodImage_00343.jpg", 3),
        ("GEO009", "BloodImage_00113.jpg", 12),
        ("GEO009", "BloodImage_00133.jpg", 9),
        ("GEO009", "BloodImage_00135.jpg", 8),
    }


def test_the_playing_cards_are_clean(shared_data):
    assert not found(shared_data / "cards")


def test_the_sample_of_coco_has_a_table_as_large_as_its_image(shared_data):
    (path,) = (shared_data / "coco_cc").glob("*.json")
    assert found(path) == {("GEO008", "000000121647.jpg", 258)}


def test_taco_has_one_box_out_of_bounds_and_few_things_worth_knowing(shared_data):
    path = shared_data / "taco" / "annotations.json"
    warnings = found(path, min_severity=Severity.WARNING)
    assert warnings == {("GEO005", "batch_14/000048.jpg", 1777)}
    assert len(found(path)) == 17


def test_the_boxes_of_old_taco_that_were_visibly_displaced_are_found(shared_data):
    folder = shared_data / "taco"
    name = "annotations_2019-06-26_bbox_y_flipped.json"
    known = json.loads((folder / "known_errors.json").read_text())["files"][name][0]
    dataset = load(folder / name)
    findings = audit(dataset, select=["GEO011"])
    ids = {dataset.boxes.id.value(box) for box in findings.box.tolist()}
    assert set(known["annotation_ids"]) <= ids


@pytest.mark.parametrize("name", ["annotations.json", "annotations_2019-06-26_bbox_y_flipped.json"])
def test_stated_areas_of_taco_are_right(shared_data, name):
    assert not len(audit(load(shared_data / "taco" / name), select=["GEO010"]))
