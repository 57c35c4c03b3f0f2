"""Several datasets as one."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from labelaudit.core.columns import MISSING
from labelaudit.dataset.merge import merged
from labelaudit.dataset.tables import Dataset, Headers, Keypoints, LoadProblems, Masks
from labelaudit.errors import FormatError
from labelaudit.testing import images, one_image


def without_class_file(dataset: Dataset) -> Dataset:
    nowhere = np.full(len(dataset.categories), MISSING, np.int32)
    categories = dataset.categories.replaced(file=nowhere, record=nowhere)
    return dataclasses.replace(dataset, categories=categories)


def test_rows_point_at_the_same_records_as_before() -> None:
    first = images({"a.jpg": ["car 1 1 2 2"], "b.jpg": ["bus 3 3 4 4"]})
    second = images({"c.jpg": ["bus 5 5 6 6", "car 7 7 8 8"]})
    both = merged([first, second], ["train", "val"])
    names = [both.images.name[row] for row in both.boxes.image]
    assert names == ["a.jpg", "b.jpg", "c.jpg", "c.jpg"]
    assert [both.class_names[row] for row in both.boxes.label] == ["car", "bus", "bus", "car"]
    assert both.splits == ("train", "val")
    assert both.split_members.split.tolist() == [0, 0, 1]
    assert both.split_members.image.tolist() == [0, 1, 2]
    assert both.boxes.file.tolist() == [0, 0, 1, 1]


def test_references_to_nothing_stay_so_and_problems_follow_their_records() -> None:
    problem = LoadProblems.of(
        1, file=[0], part=["annotations"], record=[0], row=[0], field=["bbox"]
    )
    lost = one_image("car 1 1 2 2")
    lost = dataclasses.replace(
        lost, boxes=lost.boxes.replaced(image=np.array([MISSING], np.int32)), problems=problem
    )
    lost = dataclasses.replace(lost, masks=Masks.of(1, box=[0]), keypoints=Keypoints.of(1, box=[0]))
    both = merged([one_image("bus 1 1 2 2"), lost], ["a", "b"])
    assert both.boxes.image.tolist() == [0, MISSING]
    assert both.masks.box.tolist() == both.keypoints.box.tolist() == [1]
    assert both.problems.row.tolist() == [1]
    assert both.problems.file.tolist() == [1]


def test_a_class_that_no_file_lists_is_one_class_by_its_name() -> None:
    parts = [
        without_class_file(one_image(*boxes))
        for boxes in (["car 1 1 2 2", "bus 1 1 2 2"], ["bus 1 1 2 2"], ["van 1 1 2 2"])
    ]
    both = merged(parts, ["a", "b", "c"])
    assert both.class_names == ["car", "bus", "van"]
    assert both.boxes.label.tolist() == [0, 1, 1, 2]


def test_classes_that_files_list_stay_apart() -> None:
    both = merged([one_image("car 1 1 2 2"), one_image("car 1 1 2 2")], ["a", "b"])
    assert both.class_names == ["car", "car"]


def test_formats_are_not_mixed() -> None:
    other = dataclasses.replace(one_image(), format="voc", root=Path())
    with pytest.raises(FormatError, match="different formats"):
        merged([one_image(), other], ["a", "b"])


def test_headers_of_all_parts_are_kept_and_none_if_one_part_has_none() -> None:
    part = one_image("car 1 1 2 2")
    seen = dataclasses.replace(part, headers=Headers.of(1, orientation=[6]))
    assert merged([seen, seen], ["a", "b"]).headers.orientation.tolist() == [6, 6]
    assert len(merged([seen, part], ["a", "b"]).headers) == 0


def test_problems_of_a_class_that_is_there_twice_follow_it() -> None:
    problem = LoadProblems.of(1, part=["categories"], row=[0])
    parts = [without_class_file(one_image(f"{name} 1 1 2 2")) for name in ("car", "car", "bus")]
    parts = [dataclasses.replace(part, problems=problem) for part in parts]
    assert merged(parts, ["a", "b", "c"]).problems.row.tolist() == [0, 0, 1]
