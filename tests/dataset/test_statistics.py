from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from labelaudit.core.rows import all_but
from labelaudit.dataset.statistics import Spread, spread, statistics
from labelaudit.dataset.tables import Dataset, SplitMembership
from labelaudit.testing import images, one_image, with_columns


def test_an_empty_dataset_has_nothing_of_anything():
    numbers = statistics(Dataset("coco", root=None))
    assert (numbers.images, numbers.boxes, numbers.classes, numbers.splits) == (0, 0, (), ())
    assert numbers.boxes_per_image == Spread(0, 0, 0, 0, 0, 0)


def test_images_and_boxes_are_counted():
    numbers = statistics(images({"a.jpg": ["car 0 0 9 9", "car 0 0 9 9 crowd"], "b.jpg": []}))
    assert (numbers.images, numbers.boxes, numbers.crowds) == (2, 2, 1)
    assert numbers.images_without_boxes == 1
    assert numbers.boxes_per_image == Spread(0, 0.5, 1, 1.5, 2, 1)


@pytest.mark.parametrize(
    ("side", "kind"), [(31.9, "small"), (32, "medium"), (95.9, "medium"), (96, "large")]
)
def test_sizes_begin_where_coco_says(side, kind):
    numbers = statistics(one_image(f"car 0 0 {side} {side}"))
    assert getattr(numbers, kind) == 1
    assert numbers.small + numbers.medium + numbers.large == 1


@pytest.mark.parametrize("box", ["car 9 9 9 20", "car 20 20 9 9", "car nan 0 9 9", "car 0 0 inf 9"])
def test_a_box_without_an_inside_counts_but_has_no_size(box):
    numbers = statistics(one_image(box))
    assert numbers.boxes == numbers.classes[0].boxes == 1
    assert numbers.small + numbers.medium + numbers.large == 0
    assert numbers.classes[0].width == 0


def test_classes_are_listed_with_the_most_frequent_first():
    numbers = statistics(
        images({"a.jpg": ["car 0 0 9 20", "bus 0 0 5 5", "bus 0 0 7 9"], "b.jpg": ["bus 0 0 6 6"]})
    )
    bus, car = numbers.classes
    assert (bus.name, bus.boxes, bus.images, bus.width, bus.height) == ("bus", 3, 2, 6, 6)
    assert (car.name, car.boxes, car.images, car.width, car.height) == ("car", 1, 1, 9, 20)


def test_a_class_without_boxes_is_listed_last():
    dataset = one_image("car 0 0 9 9", "bus 0 0 9 9")
    numbers = statistics(dataset.keep(boxes=all_but(len(dataset.boxes), np.array([1]))))
    assert [one.boxes for one in numbers.classes] == [1, 0]


def test_a_box_without_a_class_or_an_image_counts_as_a_box_only():
    dataset = one_image("car 0 0 9 9", "car 0 0 9 9")
    nowhere = dataclasses.replace(
        dataset.boxes, image=np.array([0, -1], np.int32), label=np.array([-1, 0], np.int32)
    )
    numbers = statistics(dataclasses.replace(dataset, boxes=nowhere))
    assert numbers.boxes == 2
    assert numbers.boxes_per_image.most == 1
    assert (numbers.classes[0].boxes, numbers.classes[0].images) == (1, 0)


def test_an_image_that_a_split_lists_twice_counts_once():
    dataset = images({"a.jpg": ["car 0 0 9 9"], "b.jpg": ["car 0 0 9 9", "car 0 0 9 9"]})
    members = SplitMembership.of(4, split=[0, 0, 1, 1], image=[0, 0, 1, -1])
    train, val = statistics(
        dataclasses.replace(dataset, splits=("train", "val"), split_members=members)
    ).splits
    assert (train.images, train.boxes) == (1, 1)
    assert (val.images, val.boxes) == (1, 2)


def test_a_spread_is_that_of_numpy():
    values = np.random.default_rng(3).normal(size=101)
    got = spread(values)
    assert got.median == pytest.approx(np.median(values))
    assert (got.least, got.most) == (values.min(), values.max())


def test_sizes_that_are_assumed_do_not_count():
    dataset = images({"a.jpg": ["car 0 0 10 10"], "b.jpg": ["car 0 0 200 200"]}, size=(640, 640))
    numbers = statistics(with_columns(dataset, "images", assumed=[True, False]))
    assert (numbers.small, numbers.medium, numbers.large) == (0, 0, 1)
    assert numbers.classes[0].width == 200
    unknown = statistics(with_columns(dataset, "images", assumed=[True, True]))
    assert (unknown.image_width.most, unknown.classes[0].width) == (0, 0)
    assert unknown.boxes_per_image.most == 1
