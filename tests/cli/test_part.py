"""Commands that look at a part of a dataset: a split, or what is not excluded."""

from __future__ import annotations

import json

import pytest

FLAT = ("a.jpg", "car", 200, 20, 0, 60)  # an error with a safe fix
GOOD = ("a.jpg", "car", 10, 10, 90, 60)


@pytest.fixture
def splits(coco):
    """Two files, train and val, each with a box without an inside."""
    return (
        coco(GOOD, FLAT, name="train.json"),
        coco(("b.jpg", "car", 10, 10, 90, 60), ("b.jpg", "car", 9, 9, 0, 9), name="val.json"),
    )


def codes(ran) -> list[str]:
    return [json.loads(line)["source"] for line in ran.out.splitlines() if "GEO001" in line]


def test_a_scan_of_a_split_finds_what_is_in_it_alone(run, splits):
    assert len(codes(run("scan", *splits, "--output-format", "jsonl"))) == 2
    ran = run("scan", *splits, "--split", "val", "--output-format", "jsonl")
    assert codes(ran) == ["val.json"]


def test_rules_that_compare_splits_are_then_not_checked(run, splits):
    report = run("scan", *splits, "--split", "val", "--output-format", "json")
    why = json.loads(report.out)["summary"]["not_checked"]
    assert why["SPL001"] == why["CLS006"] == "one split alone is looked at: val"
    assert why["CLS003"] == "a part of the dataset is looked at: split val"
    whole = run("scan", *splits, "--output-format", "json")
    assert not {"SPL001", "CLS006", "CLS003"} & set(json.loads(whole.out)["summary"]["not_checked"])


@pytest.mark.parametrize("words", [("--split", "val"), ("--exclude", "train.json")])
def test_fixing_a_part_leaves_the_rest_byte_for_byte(run, splits, words):
    train, val = splits
    before = train.read_bytes()
    ran = run("fix", *splits, "--in-place", *words)
    assert "Fixed 1: 1 zero-area" in ran.err
    assert train.read_bytes() == before
    assert len(json.loads(val.read_text())["annotations"]) == 1


def test_a_copy_of_a_dataset_of_which_a_part_was_fixed_is_whole(run, splits, tmp_path):
    run("fix", *splits, "--split", "train", "-o", "copy")
    boxes = [
        len(json.loads((tmp_path / "copy" / one.name).read_text())["annotations"]) for one in splits
    ]
    assert boxes == [1, 2]


def test_a_class_that_others_may_have_is_not_merged_in_a_part(run, coco):
    path = coco(("a.jpg", "car", 10, 10, 90, 60), ("b.jpg", "car ", 10, 10, 90, 60))
    before = path.read_bytes()
    words = ("--select", "CLS", "--unsafe-fixes", "--in-place")
    ran = run("fix", path, "--exclude", "b.jpg", *words)
    assert ran.code == 1
    assert "its class is also that of boxes beyond exclude b.jpg" in ran.err
    assert path.read_bytes() == before
    assert "Fixed 1" in run("fix", path, *words).err


def test_the_configuration_excludes_and_the_command_line_adds(run, coco, tmp_path):
    path = coco(FLAT, ("b.jpg", "car", 9, 9, 0, 9), ("c.jpg", "car", 9, 9, 0, 9))
    (tmp_path / "labelaudit.toml").write_text('exclude = ["a.jpg"]')
    words = ("scan", path, "--select", "GEO001", "--output-format", "json")
    assert len(json.loads(run(*words).out)["findings"]) == 2
    assert len(json.loads(run(*words, "--exclude", "b.jpg").out)["findings"]) == 1


def test_statistics_of_a_split_count_it_alone(run, splits):
    counted = json.loads(run("stats", *splits, "--split", "val", "--output-format", "json").out)
    assert counted["images"] == 1


def test_a_split_alone_is_converted_with_its_masks(run, coco, tmp_path):
    mask = [[10, 10, 90, 10, 90, 60]]
    paths = [
        coco(("a.jpg", "car", 10, 10, 90, 60), name="train.json"),
        coco(("b.jpg", "car", 10, 10, 80, 50), ("b.jpg", "bus", 9, 9, 9, 9), name="val.json"),
    ]
    for path in paths:
        content = json.loads(path.read_text())
        for one in content["annotations"]:
            one["segmentation"] = mask
        path.write_text(json.dumps(content))
    ran = run("convert", *paths, "out.json", "--to", "coco", "--split", "val")
    assert "1 image, 2 boxes as coco" in ran.err
    written = json.loads((tmp_path / "out.json").read_text())
    assert [one["file_name"] for one in written["images"]] == ["b.jpg"]
    assert [one["segmentation"] for one in written["annotations"]] == [mask, mask]
    assert run("convert", *paths, "no.json", "--to", "coco", "--split", "test").code == 2
    assert not (tmp_path / "no.json").exists()


def test_what_is_excluded_is_not_converted(run, coco, tmp_path):
    path = coco(GOOD, ("old/b.jpg", "car", 10, 10, 90, 60))
    assert run("convert", path, "out.json", "--to", "coco", "--exclude", "old").code == 0
    written = json.loads((tmp_path / "out.json").read_text())
    assert [one["file_name"] for one in written["images"]] == ["a.jpg"]


def test_a_network_sees_the_boxes_of_a_split_alone(run, splits, tmp_path):
    words = ("network", *splits, "--train-size", "320", "--output-format", "json")
    assert json.loads(run(*words, "--split", "train").out)["boxes"] == 1
    (tmp_path / "labelaudit.toml").write_text('exclude = ["a.jpg"]')
    assert json.loads(run(*words).out)["boxes"] == 1
    assert run(*words, "--split", "train").code == 2  # nothing is left
