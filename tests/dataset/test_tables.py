"""Rows of a dataset that stay, and what goes with the others."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import (
    Dataset,
    Headers,
    Keypoints,
    LoadProblems,
    Masks,
    RecordType,
    SplitMembership,
)
from labelaudit.testing import images


def three_images() -> Dataset:
    """One box in a, two in b and one in c, and something in every other table."""
    dataset = images(
        {"a": ["car 1 1 9 9"], "b": ["bus 2 2 9 9", "car 3 3 9 9"], "c": ["bus 4 4 9 9"]}
    )
    parts = [RecordType.FILE, RecordType.IMAGE, RecordType.CATEGORY, RecordType.BOX]
    return dataclasses.replace(
        dataset,
        masks=Masks.of(2, box=[1, 3]),
        keypoints=Keypoints.of(2, box=[0, 2]),
        problems=LoadProblems.of(5, part=[*parts, RecordType.BOX], row=[0, 2, 1, 3, MISSING]),
        headers=Headers.of(3, orientation=[1, 2, 3]),
        splits=("train",),
        split_members=SplitMembership.of(4, split=[0] * 4, image=[0, 1, MISSING, 2]),
    )


def test_rows_after_a_dropped_box_keep_their_mask_keypoints_and_problems() -> None:
    kept = three_images().keep(boxes=np.array([True, False, True, True]))
    assert kept.boxes.xyxy[:, 0].tolist() == [1, 3, 4]
    assert kept.masks.box.tolist() == [2]
    assert kept.keypoints.box.tolist() == [0, 1]
    assert kept.problems.row.tolist() == [0, 2, 1, 2, MISSING]


def test_the_boxes_of_a_dropped_image_go_with_all_that_is_theirs() -> None:
    kept = three_images().keep(images=np.array([True, False, True]))
    assert kept.boxes.xyxy[:, 0].tolist() == [1, 4]
    assert kept.boxes.image.tolist() == [0, 1]
    assert kept.masks.box.tolist() == [1]
    assert kept.keypoints.box.tolist() == [0]
    assert kept.headers.orientation.tolist() == [1, 3]
    assert kept.problems.row.tolist() == [0, 1, 1, 1, MISSING]


def test_listings_of_a_dropped_image_go_and_those_that_never_had_an_image_stay() -> None:
    kept = three_images().keep(images=np.array([True, False, True]))
    assert kept.split_members.image.tolist() == [0, MISSING, 1]


def test_boxes_without_an_image_stay_when_images_are_dropped() -> None:
    dataset = three_images()
    nowhere = np.array([MISSING, 1, 1, 2], np.int32)
    dataset = dataclasses.replace(dataset, boxes=dataset.boxes.replaced(image=nowhere))
    kept = dataset.keep(images=np.array([True, False, True]))
    assert kept.boxes.image.tolist() == [MISSING, 1]


def test_boxes_of_a_dropped_class_stay_without_a_class() -> None:
    kept = three_images().keep(categories=np.array([False, True]))
    assert kept.class_names == ["bus"]
    assert kept.boxes.label.tolist() == [MISSING, 0, MISSING, 0]
    assert kept.problems.row.tolist() == [0, 2, 0, 3, MISSING]
    assert kept.masks.box.tolist() == [1, 3]


def test_all_at_once_is_the_same_as_one_after_the_other() -> None:
    boxes, some, classes = [True, True, False, True], [False, True, True], [False, True]
    at_once = three_images().keep(
        boxes=np.array(boxes), images=np.array(some), categories=np.array(classes)
    )
    in_turn = three_images().keep(boxes=np.array(boxes)).keep(images=np.array(some))
    in_turn = in_turn.keep(categories=np.array(classes))
    for name, table in in_turn.tables().items():
        for column, values in vars(table).items():
            assert str(getattr(at_once.tables()[name], column)[:]) == str(values[:]), column


def test_problems_of_a_dropped_record_go_with_it() -> None:
    kept = three_images().keep(boxes=np.array([True, True, True, False]))
    assert kept.problems.row.tolist() == [0, 2, 1, MISSING]
    kept = three_images().keep(categories=np.array([True, False]))
    assert kept.problems.row.tolist() == [0, 2, 3, MISSING]


@pytest.mark.parametrize("mask", [np.array([0, 2]), np.array([True, False])])
def test_row_numbers_or_a_mask_of_another_length_are_refused(mask: np.ndarray) -> None:
    with pytest.raises(ValueError, match="what to keep of boxes is a mask, 4 times true or false"):
        three_images().keep(boxes=mask)
