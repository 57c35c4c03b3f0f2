from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.dataset.tables import Dataset
from labelaudit.io.formats.voc.loading import load
from tests.io.formats.voc_files import annotation, loaded, problems, put

FILES = [annotation(filename=f"{letter}.jpg") for letter in "abcd"]


def listed(folder: Path, **lists: str) -> Dataset:
    """Four images, a to d, with these lists of names."""
    for name, names in lists.items():
        put(folder / "ImageSets" / "Main" / f"{name}.txt", "".join(f"{n}\n" for n in names.split()))
    return loaded(folder, *FILES)


def by_split(dataset: Dataset) -> dict[str, list[int]]:
    members = dataset.split_members
    return {
        name: members.image[members.split == split].tolist()
        for split, name in enumerate(dataset.splits)
    }


def test_lists_are_splits(tmp_path: Path):
    dataset = listed(tmp_path, test="d", train="b a", val="c")
    assert by_split(dataset) == {"train": [1, 0], "val": [2], "test": [3]}
    assert dataset.split_members.name.tolist() == ["b", "a", "c", "d"]


def test_without_lists_there_are_no_splits(tmp_path: Path):
    assert loaded(tmp_path, *FILES).splits == ()


def test_the_union_of_train_and_val_is_no_split(tmp_path: Path):
    assert by_split(listed(tmp_path, trainval="a b c", train="a", val="b c")) == {
        "train": [0],
        "val": [1, 2],
    }


def test_the_union_may_write_names_otherwise(tmp_path: Path):
    put(tmp_path / "ImageSets" / "Main" / "trainval.txt", "a.jpg\nb.jpg\nx\n")
    dataset = listed(tmp_path, train="a", val="b x")
    assert by_split(dataset) == {"train": [0], "val": [1, -1]}


def test_several_folders_beside_the_lists_share_them(tmp_path: Path):
    put(tmp_path / "one" / "a.xml", annotation())
    put(tmp_path / "two" / "b.xml", annotation())
    put(tmp_path / "ImageSets" / "Main" / "train.txt", "b\na\n")
    dataset = load(tmp_path, [])
    assert by_split(dataset) == {"train": [1, 0]}
    assert problems(dataset) == []


def test_what_only_the_union_lists_is_in_it(tmp_path: Path):
    assert by_split(listed(tmp_path, trainval="a b c", train="a", test="b")) == {
        "train": [0],
        "test": [1],
        "trainval": [1, 2],
    }


def test_lists_about_a_class_are_no_splits(tmp_path: Path):
    put(tmp_path / "ImageSets" / "Main" / "car_train.txt", "a -1\nb  1\nc  0\n")
    put(tmp_path / "ImageSets" / "Main" / "person_val.txt", "a\n")
    put(tmp_path / "ImageSets" / "Main" / "car.txt", "a\n")
    assert by_split(listed(tmp_path, train="a b", val="c")) == {"train": [0, 1], "val": [2]}


def test_a_list_about_a_class_is_no_split_even_alone(tmp_path: Path):
    put(tmp_path / "ImageSets" / "Main" / "car_train.txt", "a -1\nb  1\n")
    assert listed(tmp_path).splits == ()


def test_a_longer_name_is_a_split_where_no_list_has_the_plain_one(tmp_path: Path):
    dataset = listed(tmp_path, instances_train2017="a", instances_val2017="b", small="c")
    assert by_split(dataset) == {"instances_train2017": [0], "instances_val2017": [1]}


def test_an_image_may_be_in_two_splits_and_twice_in_one(tmp_path: Path):
    assert by_split(listed(tmp_path, train="a a", test="a")) == {"train": [0, 0], "test": [0]}


@pytest.mark.parametrize(
    "line", ["b", " b ", "b 1", "b\t-1", "b.jpg", "JPEGImages/b.JPG", "C:\\old\\b.xml", "\ufeffb"]
)
def test_a_line_may_say_more_than_the_name(tmp_path: Path, line: str):
    put(tmp_path / "ImageSets" / "Main" / "train.txt", f"{line}\r\n\r\n")
    dataset = loaded(tmp_path, *FILES)
    assert by_split(dataset) == {"train": [1]}
    assert problems(dataset) == []


def test_a_name_with_spaces_is_a_name(tmp_path: Path):
    put(tmp_path / "Annotations" / "my photo 1.xml", annotation())
    put(tmp_path / "ImageSets" / "Main" / "train.txt", "my photo 1\n")
    assert by_split(load(tmp_path, [])) == {"train": [0]}


def test_a_name_below_a_folder_is_found(tmp_path: Path):
    put(tmp_path / "Annotations" / "day" / "z.xml", annotation())
    put(tmp_path / "ImageSets" / "Main" / "train.txt", "day/z\n")
    assert by_split(load(tmp_path, [])) == {"train": [0]}


def test_names_without_annotation_are_told_once_a_list(tmp_path: Path):
    dataset = listed(tmp_path, train="a x y", val="b")
    assert by_split(dataset) == {"train": [0, -1, -1], "val": [1]}
    assert problems(dataset) == [
        ("file", -1, "dangling", "", "2 of 3 names have no annotation: x, y")
    ]
    assert dataset.files.path[dataset.problems.file].tolist() == ["ImageSets/Main/train.txt"]


def test_a_name_with_an_unreadable_annotation_is_not_told_again(tmp_path: Path):
    put(tmp_path / "Annotations" / "z.xml", "")
    dataset = listed(tmp_path, train="a z")
    assert by_split(dataset) == {"train": [0, -1]}
    assert [problem[2] for problem in problems(dataset)] == ["unreadable"]


def test_a_list_that_is_a_folder_is_told(tmp_path: Path):
    (tmp_path / "ImageSets" / "Main" / "train.txt").mkdir(parents=True)
    dataset = listed(tmp_path, val="a")
    assert by_split(dataset) == {"val": [0]}
    assert [problem[2:] for problem in problems(dataset)] == [
        ("dangling", "", "not a regular file")
    ]


def test_without_lists_folders_are_splits(tmp_path: Path):
    for name in ("train/a", "test/deeper/b", "other/c"):
        put(tmp_path / f"{name}.xml", annotation())
    dataset = load(tmp_path, [])
    assert by_split(dataset) == {"test": [1], "train": [2]}
    assert dataset.split_members.name.tolist() == ["", ""]


def test_where_there_are_lists_folders_are_no_splits(tmp_path: Path):
    put(tmp_path / "Annotations" / "val" / "z.xml", annotation())
    assert by_split(listed(tmp_path, train="a")) == {"train": [0]}


def test_a_split_may_have_its_own_folder_annotations(tmp_path: Path):
    for name in ("train", "valid"):
        put(tmp_path / name / "Annotations" / "a.xml", annotation())
    assert by_split(load(tmp_path, [])) == {"train": [0], "valid": [1]}
