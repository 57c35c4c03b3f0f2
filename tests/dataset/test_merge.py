"""Several datasets as one."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from labelaudit.core.columns import MISSING
from labelaudit.dataset.merge import joined, merged, split_names
from labelaudit.dataset.tables import Dataset, Headers, Keypoints, LoadProblems, Masks
from labelaudit.errors import FormatError
from labelaudit.testing import as_format, images, one_image


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


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["data/train.json", "data/val.json"], ["train", "val"]),
        (["train/a.json", "val/a.json"], ["train", "val"]),
        (["a.json", "val/a.json"], ["a", "val"]),
        (["one/ds/a.json", "two/ds/a.json"], ["one/ds", "two/ds"]),
        (["x/one/ds/a.json", "x/two/ds/a.json"], ["one/ds", "two/ds"]),
        (["x/a.json", "x/b.json", "y/x/a.json"], ["x/a", "x/b", "y/x/a"]),
        (["x/y/a.json", "x/y/b.json", "z/y/a.json"], ["x/y/a", "x/y/b", "z/y/a"]),
    ],
)
def test_splits_are_named_as_briefly_as_tells_them_apart(paths: list[str], names: list[str]):
    assert split_names([Path(path) for path in paths]) == names


def test_one_dataset_is_itself_and_keeps_its_splits() -> None:
    one = one_image("car 1 1 2 2")
    assert merged([one], ["a"]) is one
    halves = merged([one, one], ["train", "val"])
    whole = merged([halves, one], ["a", "test"])
    assert whole.splits == ("train", "val", "test")
    assert whole.split_members.split.tolist() == [0, 1, 2]
    assert whole.split_members.image.tolist() == [0, 1, 2]


def test_a_name_is_needed_for_each_dataset() -> None:
    with pytest.raises(ValueError, match="zip"):
        merged([one_image(), one_image()], ["a"])


def test_files_are_named_from_the_folder_that_all_have_in_common(tmp_path: Path) -> None:
    parts = [dataclasses.replace(one_image(), root=tmp_path / name) for name in ("one", "two/in")]
    file = parts[0].files.path[0]
    both = merged(parts, ["a", "b"])
    assert both.root == tmp_path
    assert both.files.path.tolist() == [f"one/{file}", f"two/in/{file}"]


def test_what_is_said_of_parts_is_said_once() -> None:
    one = dataclasses.replace(as_format(one_image(), "voc"), format="voc")
    first = dataclasses.replace(one, notes=("x", "y"), image_folders=(Path("a"), Path("b")))
    second = dataclasses.replace(one, notes=("y", "z"), image_folders=(Path("b"), Path("c")))
    both = merged([first, second], ["a", "b"])
    assert both.notes == ("x", "y", "z")
    assert both.image_folders == (Path("a"), Path("b"), Path("c"))
    assert (both.format, both.facts) == ("voc", one.facts)


def test_the_error_names_the_formats() -> None:
    parts = [dataclasses.replace(one_image(), format=name) for name in ("yolo", "voc", "yolo")]
    with pytest.raises(FormatError) as error:
        merged(parts, ["a", "b", "c"])
    assert str(error.value) == "the paths hold different formats (voc, yolo); scan each alone"


def test_joined_datasets_are_no_splits_and_say_where_their_rows_went() -> None:
    first = images({"a.jpg": ["car 1 1 2 2"], "b.jpg": ["bus 3 3 4 4"]})
    second = images({"c.jpg": ["bus 5 5 6 6", "car 7 7 8 8"]})
    whole = joined([first, dataclasses.replace(second, boxes_elsewhere=5)])
    assert whole.dataset.splits == ()
    assert whole.dataset.box_count == 9
    assert whole.new_rows[1]["boxes"].tolist() == [2, 3, MISSING]
    assert whole.new_rows[1]["images"].tolist() == [2, MISSING]
    names = [whole.dataset.images.name[row] for row in whole.dataset.boxes.image]
    assert names == ["a.jpg", "b.jpg", "c.jpg", "c.jpg"]


def test_joined_datasets_have_one_class_of_each_name_that_no_file_lists() -> None:
    first = without_class_file(one_image("car 1 1 2 2", "bus 1 1 3 3"))
    second = without_class_file(one_image("van 5 5 6 6", "bus 7 7 8 8"))
    whole = joined([first, second])
    assert whole.dataset.class_names == ["car", "bus", "van"]
    assert [whole.dataset.class_names[row] for row in whole.dataset.boxes.label] == [
        *("car", "bus", "van", "bus")
    ]
    assert whole.new_rows[1]["categories"].tolist() == [2, 1, MISSING]


def test_splits_of_one_name_are_one_where_datasets_are_joined() -> None:
    parts = [
        merged([images({"a.jpg": ["car 1 1 2 2"]}), images({"b.jpg": []})], names)
        for names in (["train", "val"], ["test", "train"])
    ]
    whole = joined(parts)
    assert whole.dataset.splits == ("train", "val", "test")
    assert whole.dataset.split_members.split.tolist() == [0, 1, 2, 0]
