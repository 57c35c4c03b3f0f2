from __future__ import annotations

import dataclasses

import numpy as np

from labelaudit.core.columns import texts
from labelaudit.dataset.groups import Partition, made_by_hand, made_by_size
from labelaudit.dataset.tables import Dataset, Files
from labelaudit.testing import images, with_columns

PLAIN = images({f"{number}.jpg": [] for number in range(4)})


def partitions(dataset: Dataset) -> list[Partition]:
    """Of every kind."""
    return [*made_by_hand(dataset), *made_by_size(dataset)]


def groups(dataset: Dataset) -> dict[str, list[int]]:
    """The images of each group by its words."""
    return {
        partition.words(number): np.flatnonzero(partition.group == number).tolist()
        for partition in partitions(dataset)
        for number in np.unique(partition.group).tolist()
        if number >= 0
    }


def test_images_of_one_kind_are_of_one_shape_and_size():
    dataset = with_columns(PLAIN, "images", size=[[640, 480]] * 2 + [[480, 640], [np.inf, np.nan]])
    assert groups(dataset) == {
        "images wider than high": [0, 1],
        "images higher than wide": [2],
        "images of 480 x 640 px": [2],
        "images of 640 x 480 px": [0, 1],
    }


def test_a_size_that_is_assumed_makes_no_group():
    assert groups(with_columns(PLAIN, "images", assumed=[True] * 4)) == {}


def test_images_are_grouped_by_split_and_the_first_that_lists_one_counts():
    dataset = dataclasses.replace(PLAIN, splits=("train", "val"))
    members = {"split": [0, 0, 1, 1, 1], "image": [0, 1, 1, 2, -1]}
    found = groups(with_columns(dataset, "split_members", **members))
    assert found["images of train"] == [0, 1]
    assert found["images of val"] == [2]


def test_images_are_grouped_by_the_folder_of_their_name():
    dataset = with_columns(PLAIN, "images", name=texts(["a/1.jpg", "a/2.jpg", "b/1.jpg", "3.jpg"]))
    found = groups(dataset)
    assert found["images in a"] == [0, 1]
    assert found["images in no folder"] == [3]


def test_images_are_grouped_by_the_folder_of_their_labels_where_each_has_a_file():
    files = Files.of(4, path=texts(["x/1.xml", "x/2.xml", "y/1.xml", "y/2.xml"]))
    dataset = dataclasses.replace(PLAIN, files=files)
    found = groups(with_columns(dataset, "images", file=[0, 1, 2, 3]))
    assert found["images in y"] == [2, 3]


def test_images_are_grouped_by_their_file_where_there_are_several():
    dataset = dataclasses.replace(PLAIN, files=Files.of(2, path=texts(["a.json", "b.json"])))
    found = groups(with_columns(dataset, "images", file=[0, 0, 0, 1]))
    assert found["images of b.json"] == [3]


def test_a_group_of_all_images_or_of_too_few_is_passed_over():
    split, *_ = partitions(
        dataclasses.replace(
            with_columns(PLAIN, "split_members", split=[0, 0, 0, 1], image=[0, 1, 2, 3]),
            splits=("train", "val"),
        )
    )
    assert list(split.crowded(np.array([0, 0, 3]), 2)) == [0]
    assert list(split.crowded(np.array([0, 0, 3]), 1)) == [0, 1]
    shape, *_ = partitions(PLAIN)
    assert list(shape.crowded(np.array([0, 0, 3]), 1)) == []


def test_the_places_of_images_of_a_group_are_those_that_going_over_all_finds():
    random = np.random.default_rng(0)
    group = random.integers(-1, 5, 40).astype(np.int32)
    image = random.integers(-1, 40, 300)
    places = Partition(group, str).places(image)
    for number in range(6):  # the last is of no image
        slow = [at for at, row in enumerate(image.tolist()) if row >= 0 and group[row] == number]
        assert places(number).tolist() == slow
    assert Partition(group[:0], str).places(np.array([-1, -1]))(0).tolist() == []
