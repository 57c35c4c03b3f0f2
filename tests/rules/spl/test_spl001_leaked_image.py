from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import pytest

from labelaudit.auditing.findings import Findings, Severity
from labelaudit.auditing.run import audit
from labelaudit.core.ids import Ids
from labelaudit.dataset.merge import merged
from labelaudit.dataset.tables import Dataset, SplitMembership
from labelaudit.io.load import load
from labelaudit.testing import draw, images, with_columns
from tests.io.formats.voc_files import annotation, put
from tests.rules.img.twin_images import with_twins

CAR, BUS, VAN = "car 10 10 90 90", "bus 200 20 300 90", "van 5 7 70 80"


def told(dataset: Dataset, *select: str) -> Findings:
    return audit(dataset, select=list(select or ["SPL001"]))


def splits(**content: Mapping[str, Sequence[str]]) -> Dataset:
    """A dataset with a file for each split, whose name is that of the split."""
    return merged([images(boxes) for boxes in content.values()], list(content))


def listed(dataset: Dataset, **lists: Sequence[int]) -> Dataset:
    """The dataset with lists of its images that are its splits."""
    pairs = [(split, row) for split, rows in enumerate(lists.values()) for row in rows]
    members = SplitMembership.of(
        len(pairs), split=[split for split, _ in pairs], image=[row for _, row in pairs]
    )
    return dataclasses.replace(dataset, splits=tuple(lists), split_members=members)


def test_files_of_the_same_bytes_in_train_and_val_are_an_error_with_their_share(tmp_path):
    dataset = splits(
        train={"a.jpg": [CAR], "b.jpg": [CAR]}, val={"c.jpg": [CAR], "d.jpg": [], "e.jpg": [CAR]}
    )
    findings = told(with_twins(dataset, tmp_path, (0, 2)), "SPL", "IMG010", "IMG011")
    assert findings.name.tolist() == ["leaked-image"]
    assert findings.severity.tolist() == [Severity.ERROR]
    assert findings.image.tolist() == [2]
    assert findings.message.tolist() == [
        "2 images (a.jpg (train), c.jpg (val)) are one picture, byte for byte: "
        "1 of 3 images of val is in train"
    ]


def test_twins_in_one_split_are_not_leaked(tmp_path):
    dataset = splits(train={"a.jpg": [CAR], "b.jpg": [CAR]}, val={"c.jpg": [CAR]})
    findings = told(with_twins(dataset, tmp_path, (0, 1)), "SPL", "IMG010", "IMG011")
    assert findings.name.tolist() == ["duplicate-image"]


def test_an_image_that_two_lists_name_needs_no_file():
    dataset = images({f"{name}.jpg": [] for name in "abcd"})
    findings = told(listed(dataset, train=[0, 1], val=[1, 2, 3]))
    assert findings.message.tolist() == [
        "b.jpg is listed in train and val: 1 of 3 images of val is in train"
    ]


def test_a_picture_in_three_splits_is_one_finding(tmp_path):
    dataset = splits(
        train={"a.jpg": [], "x.jpg": []},
        val={"b.jpg": [], "y.jpg": []},
        test={"c.jpg": [], "z.jpg": []},
    )
    findings = told(with_twins(dataset, tmp_path, (0, 2, 4)))
    assert findings.message.tolist() == [
        "3 images (a.jpg (train), b.jpg (val), c.jpg (test)) are one picture, byte for byte: "
        "1 of 2 images of val is in train"
    ]


def test_a_split_of_which_every_image_leaked_is_one_finding():
    dataset = images({f"{row}.jpg": [] for row in range(6)})
    findings = told(listed(dataset, train=range(6), val=[1, 2, 4]))
    assert findings.message.tolist() == [
        "val has no picture of its own: 3 of 3 images of val are in train"
    ]
    assert findings.image.tolist() == [1]
    assert len(told(listed(dataset, train=range(5), val=[1, 2, 5]))) == 2
    assert "listed in train and val" in told(listed(dataset, train=range(6), val=[3])).message[0]


@pytest.mark.parametrize(("leaked", "findings"), [(17, 17), (18, 1), (20, 1)])
def test_a_split_of_which_nine_in_ten_images_leaked_is_one_finding(leaked, findings):
    dataset = images({f"{row}.jpg": [] for row in range(40)})
    found = told(listed(dataset, train=[*range(leaked), *range(20, 40)], val=range(20)))
    assert len(found) == findings
    assert ("val has hardly a picture of its own" in found.message[0]) is (leaked == 18)


@pytest.mark.parametrize(
    ("names", "severity"),
    [
        (("train", "val"), Severity.ERROR),
        (("val", "train"), Severity.ERROR),
        (("train", "test"), Severity.ERROR),
        (("trainval", "test"), Severity.ERROR),
        (("val", "test"), Severity.WARNING),
        (("train", "night"), Severity.WARNING),
        (("day", "night"), Severity.WARNING),
        (("trainval", "val"), None),
        (("train", "train_small"), None),
        (("all", "val"), None),
    ],
)
def test_names_say_which_splits_may_share_images(names, severity):
    dataset = images({f"{name}.jpg": [] for name in "abc"})
    findings = told(listed(dataset, **{names[0]: [0, 1], names[1]: [1, 2]}))
    assert findings.severity.tolist() == ([] if severity is None else [severity])


@pytest.mark.parametrize(("part", "expected"), [([0, 1], 0), ([1, 2], 1)])
def test_a_part_of_another_split_leaks_only_if_its_name_says_what_it_is_for(part, expected):
    dataset = images({f"{name}.jpg": [] for name in "abc"})
    assert len(told(listed(dataset, labels=[0, 1], night=part))) == expected
    assert len(told(listed(dataset, train=[0, 1], val=part))) == 1


def test_the_share_is_that_of_the_split_that_is_measured_on():
    dataset = images({f"{row}.jpg": [] for row in range(7)})
    for lists in ({"val": [0, 1], "train": [1, 2, 3]}, {"train": [1, 2, 3], "val": [0, 1]}):
        assert "1 of 2 images of val is in train" in told(listed(dataset, **lists)).message[0]
    assert "images of test is in val" in told(listed(dataset, test=[0, 1], val=[1, 2])).message[0]
    assert "2 images of b is in a" in told(listed(dataset, b=[0, 1], a=[1, 2, 3])).message[0]


def test_an_image_that_a_list_names_twice_counts_once():
    dataset = images({f"{row}.jpg": [] for row in range(7)})
    (message,) = told(listed(dataset, train=[1, 1, 2], val=[1, 1, 3, -1])).message.tolist()
    assert message.endswith("1 of 2 images of val is in train")


def test_without_files_one_name_with_the_same_boxes_is_one_picture():
    dataset = splits(
        train={"x/a.jpg": [CAR, BUS], "b.jpg": [CAR]}, val={"a.jpg": [BUS, CAR], "c.jpg": [CAR]}
    )
    assert told(dataset).message.tolist() == [
        "2 images (x/a.jpg (train), a.jpg (val)) are one picture, by name and boxes: "
        "1 of 2 images of val is in train"
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([CAR], ["car 10 10 90 90.01"]),
        ([CAR], ["bus 10 10 90 90"]),
        ([CAR], [CAR, BUS]),
        ([CAR], [CAR, CAR]),
        ([], []),
        (["car 0 0 640 480"], ["car 0 0 640 480"]),
        (["car nan 1 2 3"], ["car nan 1 2 3"]),
    ],
)
def test_images_of_one_name_without_files_are_not_one_picture_if_boxes_do_not_say_so(one, other):
    dataset = splits(train={"a.jpg": one, "b.jpg": [BUS]}, val={"a.jpg": other, "c.jpg": [VAN]})
    assert len(told(dataset)) == 0


def test_boxes_that_images_of_other_names_have_too_say_nothing():
    dataset = splits(
        train={"1.jpg": [CAR], "2.jpg": [CAR], "3.jpg": [BUS]},
        val={"1.jpg": [CAR], "2.jpg": [CAR], "4.jpg": [BUS]},
    )
    assert len(told(dataset)) == 0


def test_images_that_share_an_id_are_not_one_picture_by_their_boxes():
    dataset = splits(train={"a.jpg": [CAR], "b.jpg": []}, val={"a.jpg": [CAR], "c.jpg": []})
    assert len(told(dataset)) == 1
    assert len(told(with_columns(dataset, "images", id=Ids.of([1, 1, 2, 3])))) == 0


def test_files_decide_where_they_are_at_hand(tmp_path):
    dataset = splits(train={"train/a.jpg": [CAR]}, val={"val/a.jpg": [CAR], "val/b.jpg": []})
    assert len(told(dataset)) == 1
    assert len(told(with_twins(dataset, tmp_path))) == 0
    assert len(told(with_twins(dataset, tmp_path, (0, 1)))) == 1


def test_leaked_twins_whose_labels_differ_are_told_as_both(tmp_path):
    dataset = splits(train={"a.jpg": [CAR]}, val={"b.jpg": [], "c.jpg": [CAR]})
    findings = told(with_twins(dataset, tmp_path, (0, 1)), "SPL", "IMG010", "IMG011")
    assert findings.name.tolist() == ["leaked-image", "duplicate-images-disagree"]


def test_lists_of_one_folder_that_name_an_image_twice_are_found(tmp_path):
    for name in "abc":
        put(tmp_path / f"Annotations/{name}.xml", annotation(filename=f"{name}.jpg"))
    for name, content in (("train", "a\nb\n"), ("val", "b\nc\n"), ("trainval", "a\nb\nc\n")):
        put(tmp_path / f"ImageSets/Main/{name}.txt", content)
    assert told(load(tmp_path)).message.tolist() == [
        "b.jpg is listed in train and val: 1 of 2 images of val is in train"
    ]


def test_a_picture_that_was_copied_into_the_folder_of_another_split_is_found(tmp_path):
    for name in ("train/a", "train/b", "val/c", "val/d"):
        draw(tmp_path / f"images/{name}.jpg", (64, 48))
        put(tmp_path / f"labels/{name}.txt", "0 .5 .5 .2 .2\n")
    put(tmp_path / "data.yaml", "train: images/train\nval: images/val\nnames: [cat]\n")
    assert len(told(load(tmp_path))) == 0
    copied = (tmp_path / "images/train/a.jpg").read_bytes()
    (tmp_path / "images/val/d.jpg").write_bytes(copied)
    (message,) = told(load(tmp_path)).message.tolist()
    assert "images/train/a.jpg (train), images/val/d.jpg (val)" in message


def test_one_folder_that_is_both_splits_is_one_finding(tmp_path):
    for name in "abc":
        draw(tmp_path / f"images/{name}.jpg", (64, 48))
        put(tmp_path / f"labels/{name}.txt", "0 .5 .5 .2 .2\n")
    put(tmp_path / "data.yaml", "train: images\nval: images\nnames: [cat]\n")
    assert told(load(tmp_path)).message.tolist() == [
        "val has no picture of its own: 3 of 3 images of val are in train"
    ]
