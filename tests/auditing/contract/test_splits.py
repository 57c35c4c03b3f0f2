from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from labelaudit.dataset.merge import merged
from labelaudit.dataset.tables import Dataset
from labelaudit.testing import images, with_image_files
from tests.auditing.contract.holding import only, told
from tests.images.pictures import scene


def split(folder: Path, name: str, *pictures: str) -> Dataset:
    """Images of a split with a file each."""
    boxes = {f"{name}/{picture}.png": ["car 10 10 40 40"] for picture in pictures}
    return with_image_files(images(boxes, size=(32, 32)), folder)


@pytest.fixture
def leaking(tmp_path) -> Dataset:
    """Three splits; train and val have a picture in common, val and test two."""
    parts = {"train": "ab", "val": "cde", "test": "fgh"}
    datasets = [split(tmp_path, name, *pictures) for name, pictures in parts.items()]
    for copy, of in (("val/c", "train/a"), ("test/f", "val/d"), ("test/g", "val/e")):
        (tmp_path / f"{copy}.png").write_bytes((tmp_path / f"{of}.png").read_bytes())
    return merged(datasets, list(parts))


def test_no_two_splits_may_have_a_picture_in_common(leaking):
    found = only(leaking, {"splits-may-share": []})
    assert (found.status, found.found) == ("failed", "2 of 3 failed")
    assert [(part.status, part.expected, part.found) for part in found.parts] == [
        ("failed", "no picture both in train and in val", "1 image of one of them"),
        ("passed", "no picture both in train and in test", "none"),
        ("failed", "no picture both in val and in test", "2 images of one of them"),
    ]
    names = leaking.images.name[found.parts[0].worst.image].tolist()
    assert names == ["train/a.png"]
    assert found.parts[0].worst.message.tolist() == ["in train and in val"]


def test_splits_that_may_share_pictures_are_not_asked(leaking):
    pairs = [["val", "test"], ["val", "train"]]
    assert told(leaking, {"splits-may-share": pairs}) == ("passed", "1 of 1 passed")
    assert told(leaking, {"splits-may-share": pairs[:1]})[0] == "failed"
    assert told(leaking, {"splits-may-share": [*pairs, ["train", "test"]]}) == (
        "passed",
        "all may have",
    )


def test_an_image_that_two_splits_list_is_in_both(tmp_path):
    one = split(tmp_path, "train", "a", "b")
    dataset = merged([one, split(tmp_path, "val", "c")], ["train", "val"])
    members = dataset.split_members
    both = members.concat([members, members.of(1, split=[1], image=[0], name=["train/a.png"])])
    dataset = dataclasses.replace(dataset, split_members=both)
    assert told(dataset, {"splits-may-share": []})[0] == "failed"


def test_images_that_were_not_found_are_not_compared(tmp_path):
    parts = [images({"a.jpg": []}), images({"b.jpg": []})]
    found = only(merged(parts, ["train", "val"]), {"splits-may-share": []})
    assert found.status == "not evaluated"
    assert found.parts[0].found == "2 images not found on disk"
    assert told(parts[0], {"splits-may-share": []}) == ("not evaluated", "there are no splits")


def test_images_of_one_name_and_the_same_boxes_are_one_where_there_are_no_files():
    parts = [images({"a.jpg": ["car 10 10 40 40"]}) for _ in range(2)]
    found = only(merged(parts, ["train", "val"]), {"splits-may-share": []})
    assert (found.status, found.parts[0].found) == ("failed", "1 image of one of them")


def test_a_split_that_is_not_there_is_told(leaking):
    found = only(
        leaking, {"splits-may-share": [["val", "tset"], ["val", "train"], ["val", "test"]]}
    )
    assert found.status == "not evaluated"
    assert found.parts[0].found == "none is called 'tset'; did you mean 'test'?"


def test_splits_that_there_must_be(leaking):
    assert told(leaking, {"required-splits": ["val", "train"]})[0] == "passed"
    assert told(leaking, {"required-splits": ["train", "tset"]}) == (
        "failed",
        "none is called tset; did you mean 'test'?",
    )
    assert told(images({"a.jpg": []}), {"required-splits": ["val"]})[0] == "failed"


def test_near_duplicates_leak_if_the_contract_says_so(tmp_path):
    parts = {"train": "ab", "val": "c", "test": "d"}
    dataset = merged([split(tmp_path, name, *every) for name, every in parts.items()], list(parts))
    for name, seed, size in (("train/a", 1, 320), ("val/c", 1, 240), ("train/b", 2, 320)):
        scene(seed).resize((size, size * 3 // 4)).save(tmp_path / f"{name}.png")
    scene(3).save(tmp_path / "test/d.png")
    assert told(dataset, {"splits-may-share": []})[0] == "passed"
    leak = {"splits-may-share": [], "near-duplicates-leak": True}
    found = only(dataset, leak)
    assert (found.status, found.found) == ("failed", "1 of 6 failed")
    failed = [part for part in found.parts if part.status == "failed"]
    assert [part.expected for part in failed] == ["no near duplicate both in train and in val"]
    assert dataset.images.name[failed[0].worst.image].tolist() == ["val/c.png"]
    assert failed[0].worst.message.tolist() == ["in train and in val"]
    assert told(dataset, {**leak, "splits-may-share": [["train", "val"]]})[0] == "passed"


def test_near_duplicates_are_not_evaluated_where_no_image_is_decoded():
    parts = [images({"a.jpg": ["car 10 10 40 40"]}), images({"b.jpg": ["car 10 10 40 40"]})]
    dataset = merged(parts, ["train", "val"])
    found = only(dataset, {"splits-may-share": [], "near-duplicates-leak": True})
    assert [part.status for part in found.parts] == ["not evaluated"] * 2
    assert found.parts[1].found == "no image was found; --images says where they are"
