from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from labelaudit.core.columns import MISSING, texts
from labelaudit.dataset.part import is_excluded, part_of
from labelaudit.dataset.tables import Dataset, DatasetPart, SplitMembership
from labelaudit.errors import FormatError, UnknownNameError
from labelaudit.testing import images


@pytest.fixture
def dataset() -> Dataset:
    """Three images: a in train and val, b in train, c in val; a box of no image."""
    whole = images(
        {
            "one/a.jpg": ["car 0 0 9 9"],
            "one/b.jpg": ["bus 0 0 9 9", "car 5 5 9 9"],
            "two/c.jpg": ["car 1 1 9 9", "car 3 3 9 9"],
        }
    )
    image = whole.boxes.image.copy()
    image[-1] = MISSING
    members = SplitMembership.of(
        4, split=np.array([0, 1, 0, 1]), image=np.array([0, 0, 1, 2]), name=texts([""] * 4)
    )
    boxes = dataclasses.replace(whole.boxes, image=image)
    return dataclasses.replace(whole, boxes=boxes, splits=("train", "val"), split_members=members)


def names(dataset: Dataset) -> list[str]:
    return dataset.images.name.tolist()


def test_a_split_has_its_images_and_their_boxes_alone(dataset):
    val = part_of(dataset, DatasetPart("val"))
    assert names(val) == ["one/a.jpg", "two/c.jpg"]
    assert val.boxes.record.tolist() == [0, 3, 4]
    assert val.splits == ("val",)
    assert val.split_members.image.tolist() == [0, 1]
    assert val.class_names == ["car", "bus"]


def test_what_a_pattern_is_of_is_left_out_and_counted(dataset):
    left = part_of(dataset, DatasetPart(exclude=("one", "c.jp")))
    assert names(left) == ["two/c.jpg"]
    assert left.splits == ("train", "val")
    assert left.notes == (
        "exclude 'c.jp' is of no image and no label file: leave it out",
        "2 images excluded: one, c.jp",
    )


def test_a_label_file_that_is_excluded_takes_its_images_and_all_its_records(dataset):
    with pytest.raises(FormatError, match=r"no image is left of exclude labels\.json"):
        part_of(dataset, DatasetPart(exclude=("labels.json",)))
    two = dataclasses.replace(
        dataset,
        files=dataset.files.rows([0, 0]).replaced(path=texts(["labels.json", "other.json"])),
        images=dataset.images.replaced(file=np.array([0, 0, 1], np.int32)),
        boxes=dataset.boxes.replaced(file=np.array([0, 0, 0, 1, 1], np.int32)),
    )
    left = part_of(two, DatasetPart(exclude=("other.json",)))
    assert names(left) == ["one/a.jpg", "one/b.jpg"]
    assert left.boxes.record.tolist() == [0, 1, 2]


def test_a_split_that_is_not_there_is_answered_with_those_that_are(dataset):
    with pytest.raises(UnknownNameError, match="no split is called 'test'; there are train, val"):
        part_of(dataset, DatasetPart("test"))


def test_the_whole_is_a_part_that_costs_nothing(dataset):
    assert part_of(dataset, DatasetPart()) is dataset


@pytest.mark.parametrize(
    ("pattern", "path", "is_of_it"),
    [
        ("old", "train/old/1.jpg", True),
        ("old", "train/older/1.jpg", False),
        ("*.jpg", "train/1.jpg", True),
        ("old/", "old/1.jpg", True),
        ("./old", "old/1.jpg", True),
        ("train/*", "train/old/1.jpg", True),
        ("train/old", "train/old/1.jpg", True),
        ("train/old", "train/old_ones/1.jpg", False),
        ("old/1.jpg", "train/old/1.jpg", False),
        ("A.jpg", "a.jpg", False),
        ("old", "", False),
    ],
)
def test_a_pattern_is_of_names_in_a_path_or_with_a_slash_of_its_beginning(pattern, path, is_of_it):
    assert is_excluded(path, pattern) is is_of_it
