from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from labelaudit.auditing.findings import Fix, Safety
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import audit
from labelaudit.core.columns import MISSING
from labelaudit.core.ids import Ids
from labelaudit.dataset.format_facts import FormatFacts
from labelaudit.dataset.tables import Files, RecordType, SplitMembership
from labelaudit.testing import images, with_columns


def dataset(boxes, names, **columns):
    return with_columns(images(boxes), "images", name=names, **columns)


EMPTY_AND_NOT = {"a": ["car 1 1 9 9"], "b": [], "c": []}


def test_a_second_record_of_one_file_name_is_found():
    findings = audit(dataset(EMPTY_AND_NOT, ["a.jpg", "b.jpg", "a.jpg"]), select=["REF008"])
    assert findings.message.tolist() == ["a.jpg has two records: here with id 3, first with id 1"]
    assert findings.image.tolist() == [2]


def test_one_name_in_two_files_is_well():
    split = dataset(EMPTY_AND_NOT, ["a.jpg", "b.jpg", "a.jpg"], file=[0, 0, 1])
    assert not len(audit(split, select=["REF008"]))


def test_images_without_a_name_are_not_the_same_image():
    assert not len(audit(dataset(EMPTY_AND_NOT, ["", "", ""]), select=["REF008"]))


FOUND = ["pics/a.jpg", "pics/b.jpg", "pics/a.jpg"]


def test_a_record_without_labels_is_merged_safely():
    twice = dataset(EMPTY_AND_NOT, ["a.jpg", "b.jpg", "a.jpg"], path=FOUND)
    findings = audit(twice, select=["REF008"])
    assert (findings.fix[0].kind, findings.fix[0].safety) == ("merge", Safety.SAFE)
    fixed = apply(twice, findings).dataset
    assert fixed.images.name.tolist() == ["a.jpg", "b.jpg"]
    assert not len(audit(fixed, select=["REF"]))


def test_records_of_an_image_that_was_not_found_are_merged_unsafely():
    for paths in (["", "", ""], ["pics/a.jpg", "", "more/a.jpg"]):
        twice = dataset(EMPTY_AND_NOT, ["a.jpg", "b.jpg", "a.jpg"], path=paths)
        assert audit(twice, select=["REF008"]).fix[0].safety is Safety.UNSAFE


def test_merging_is_unsafe_where_both_have_labels_or_the_sizes_differ():
    both = {"a": ["car 1 1 9 9"], "b": ["car 1 1 9 9"]}
    findings = audit(dataset(both, ["a.jpg", "a.jpg"], path=["a.jpg"] * 2), select=["REF008"])
    assert findings.fix[0].safety is Safety.UNSAFE
    one = {"a": ["car 1 1 9 9"], "b": []}
    sizes = [[640, 480], [320, 240]]
    twice = dataset(one, ["a.jpg", "a.jpg"], size=sizes, path=["a.jpg"] * 2)
    findings = audit(twice, select=["REF008"])
    assert findings.fix[0].safety is Safety.UNSAFE


@pytest.mark.parametrize(("ids", "gone"), [([None, 7], 0), ([7, None], 1), ([None, None], 1)])
def test_a_record_without_an_id_goes_and_never_safely(ids, gone):
    """Labels that were to name it would name nothing; those that name none may mean it."""
    boxes = {"a": ["car 1 1 9 9"] if gone else [], "b": [] if gone else ["car 1 1 9 9"]}
    twice = dataset(boxes, ["a.jpg", "a.jpg"], id=Ids.of(ids), path=["a.jpg"] * 2)
    findings = audit(twice, select=["REF008"])
    assert findings.image.tolist() == [1]
    assert findings.fix.tolist() == [
        Fix("merge", Safety.UNSAFE, RecordType.IMAGE, gone, {"into": 1 - gone})
    ]
    fixed = apply(twice, findings).dataset
    assert fixed.images.id.values() == [ids[1 - gone]]
    assert fixed.boxes.image.tolist() == [0]


def test_a_box_without_an_image_labels_none():
    lost = images({"a": [], "b": ["car 1 1 9 9"]})
    lost = with_columns(lost, "boxes", image=[MISSING])
    lost = with_columns(lost, "images", name=["a.jpg", "a.jpg"], path=["a.jpg"] * 2)
    assert audit(lost, select=["REF008"]).fix[0].safety is Safety.SAFE


def listing(*entries):
    split, image = np.array(entries).T
    members = SplitMembership.of(len(entries), split=split, image=image)
    plain = images({"a.jpg": [], "b.jpg": []})
    return dataclasses.replace(plain, splits=("train", "val"), split_members=members)


def test_an_image_that_a_split_lists_again_is_found():
    findings = audit(listing((0, 0), (0, 1), (0, 1), (0, 1)), select=["REF008"])
    assert findings.message.tolist() == ["the list of train names b.jpg 3 times"]
    assert findings.image.tolist() == [1]
    assert findings.fix.tolist() == [None]


def test_an_image_in_two_splits_is_another_matter():
    assert not len(audit(listing((0, 0), (1, 0), (1, 1)), select=["REF008"]))


def test_listings_without_a_record_are_not_one_image():
    assert not len(audit(listing((0, MISSING), (0, MISSING)), select=["REF008"]))


def label_files(names, *, folders=("", ""), **columns):
    """A label file for each image, in folders."""
    some = dataset({f"{n}": ["car 1 1 9 9"] for n in range(len(names))}, list(names))
    paths = [f"{folders[n % 2]}{n}.xml" for n in range(len(names))]
    some = with_columns(some, "images", file=range(len(names)), **columns)
    facts, files = FormatFacts(one_image_a_file=True), Files.of(len(paths), path=paths)
    return dataclasses.replace(some, files=files, facts=facts)


def told(some) -> list[str]:
    findings = audit(some, select=["REF008"])
    assert not any(findings.fix)
    return findings.message.tolist()


def test_label_files_of_one_image_are_one_finding():
    some = label_files(["a.jpg", "b.jpg", "c.jpg"], path=["p/a.jpg", "p/b.jpg", "p/a.jpg"])
    assert told(some) == [
        "2 label files are about a.jpg, each with labels of its own: 0.xml, 2.xml"
    ]
    assert told(dataclasses.replace(some, facts=FormatFacts())) == []


def test_three_label_files_of_one_image_are_named():
    (message,) = told(label_files(["a.jpg"] * 4))
    assert message.startswith("4 label files")
    assert message.endswith(": 0.xml, 1.xml, 2.xml, ...")


def test_one_name_in_two_folders_may_be_two_images():
    names = ["a.jpg", "a.jpg"]
    assert told(label_files(names, folders=("x/", "y/"))) == []
    assert len(told(label_files(names, folders=("x/", "x/")))) == 1
    assert told(label_files(names, path=["x/a.jpg", "y/a.jpg"])) == []
    assert len(told(label_files(names, folders=("x/", "y/"), path=["a.jpg", "a.jpg"]))) == 1


@pytest.mark.parametrize(("second", "expected"), [(0, 1), (1, 0)])
def test_label_files_of_two_splits_are_another_matter(second, expected):
    some = label_files(["a.jpg", "a.jpg"])
    members = SplitMembership.of(2, split=[0, second], image=[0, 1])
    some = dataclasses.replace(some, splits=("train", "val"), split_members=members)
    assert len(told(some)) == expected


def test_label_files_without_an_image_are_about_none():
    assert told(label_files(["", ""])) == []


@pytest.mark.parametrize(
    ("ids", "safety"), [([1, 1, 2], Safety.UNSAFE), ([1, 2, 2], None), ([1, 3, 2], Safety.SAFE)]
)
def test_a_record_is_not_safely_merged_into_one_that_shares_its_id_with_another(ids, safety):
    boxes = {"a": [], "b": [], "c": ["car 1 1 9 9"]}
    twice = dataset(boxes, ["a.jpg", "b.jpg", "a.jpg"], path=FOUND, id=Ids.of(ids))
    found = [fix.safety for fix in audit(twice, select=["REF008"]).fix]
    assert found == ([safety] if safety else [])


def lists(*entries):
    """Images of two folders, in the lists of train and val."""
    names = [f"{folder}/{n}.jpg" for folder in "ab" for n in range(10)]
    split, image = np.array(entries).T
    members = SplitMembership.of(len(entries), split=split, image=image)
    some = images({name: [] for name in names})
    return dataclasses.replace(some, splits=("train", "val"), split_members=members)


EVERY = [(0, row) for row in range(20)]


def test_a_folder_that_a_list_has_twice_is_one_finding():
    some = lists(*EVERY, *EVERY[:10], (1, 3), (1, 3), (1, 5))
    findings = audit(some, select=["REF008"])
    assert sorted(findings.message.tolist()) == [
        "the list of train names 10 of 20 images again: it has a folder or a list twice",
        "the list of val names a/3.jpg 2 times",
    ]
    assert findings.affects[
        findings.message.tolist().index(
            "the list of train names 10 of 20 images again: it has a folder or a list twice"
        )
    ].image.tolist() == list(range(10))
    (message,) = told(lists(*EVERY, *EVERY))
    assert message.startswith("the list of train names 20 of 20 images again")


@pytest.mark.parametrize(("again", "count"), [(8, 8), (9, 1)])
def test_nine_of_ten_images_of_a_folder_are_the_folder(again, count):
    assert len(told(lists(*EVERY, *EVERY[:again]))) == count


@pytest.mark.parametrize(("images", "count"), [(2, 2), (3, 1)])
def test_a_folder_of_fewer_than_three_images_is_told_one_by_one(images, count):
    assert len(told(lists(*EVERY[:images], *EVERY[:images]))) == count
