from __future__ import annotations

import json
import shlex

import pytest

pytest.importorskip("krippendorff")

CAR, BUS = ("a.jpg", "car", 10, 10, 90, 60), ("a.jpg", "bus", 200, 20, 60, 60)
OTHER = ("b.jpg", "car", 10, 10, 90, 60)


@pytest.fixture
def both(coco, tmp_path):
    """Labels of two people: the second overlooked the bus."""
    first = coco(CAR, BUS, OTHER).rename(tmp_path / "ann.json")
    return first, coco(CAR, OTHER).rename(tmp_path / "bob.json")


def test_files_of_two_people_are_compared(run, both):
    ran = run("agreement", *both)
    assert ran.code == 0
    assert "2 people · 2 images that several labelled · 3 objects" in ran.out
    assert "ann  bob" in ran.out
    assert "a.jpg: 1 of 2 objects" in ran.out


def test_the_command_that_is_named_finds_what_they_disagree_about(run, both):
    said = run("agreement", *both).err
    words = shlex.split(said.partition("each of them, with both boxes: labelaudit ")[2])
    assert words[0] == "scan"
    ran = run(*words)
    assert "file ann drew bus here, bob nothing" in " ".join(ran.out.split())


def test_json_has_alpha_pairs_classes_and_images(run, both):
    found = json.loads(run("agreement", *both, "--output-format", "json").out)
    assert found["people"] == ["ann", "bob"]
    assert found["pairs"][0]["only_first"] == 1
    assert {one["name"]: one["agreed"] for one in found["classes"]} == {"bus": 0, "car": 2}
    assert found["disagreements"] == [{"image": "a.jpg", "disagreed": 1, "objects": 2}]
    assert found["alpha"]["classes"]["value"] is None


def test_the_consensus_is_a_dataset_without_the_object_that_one_drew(run, both, tmp_path):
    ran = run("agreement", *both, "--consensus", tmp_path / "both.json")
    assert "2 images, 2 boxes; 1 object without a majority left out" in ran.err
    written = json.loads((tmp_path / "both.json").read_text())
    assert [one["bbox"] for one in written["annotations"]] == [[10, 10, 90, 60]] * 2
    again = run("agreement", *both, "--consensus", tmp_path / "both.json")
    assert again.code == 2


def test_one_file_needs_a_field(run, both):
    ran = run("agreement", both[0])
    assert ran.code == 2
    assert "give the labels of two people or more, or --by a field that names them" in ran.err
