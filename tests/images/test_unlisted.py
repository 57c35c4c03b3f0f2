from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from labelaudit.dataset.tables import Dataset
from labelaudit.images import unlisted
from labelaudit.images.unlisted import UnlistedImages, images_beside, named_elsewhere
from labelaudit.testing import draw, images, with_image_files


def dataset_in(folder: Path, *names: str) -> Dataset:
    """Labels in a folder, with its images in `images`."""
    folder.joinpath("labels.json").write_text('{"a": "own.jpg"}')
    dataset = with_image_files(images({name: [] for name in names}), folder / "images")
    return dataclasses.replace(dataset, root=folder)


def beside(folder: Path, *more: str) -> list[tuple[str, ...]]:
    """The names that are found in a folder with two images of a dataset and these files."""
    dataset = dataset_in(folder, "a.jpg", "b.jpg")
    for name in more:
        draw(folder / "images" / name, (64, 48))
    return [one.names for one in images_beside(dataset)]


def test_images_beside_those_of_the_labels_are_told_by_name(tmp_path):
    assert beside(tmp_path, "d.png", "c.jpg") == [("c.jpg", "d.png")]


def test_a_folder_that_holds_what_is_listed_alone_is_no_news(tmp_path):
    assert beside(tmp_path) == []


def test_hidden_files_other_files_folders_and_other_folders_do_not_count(tmp_path):
    (tmp_path / "images" / "folder.jpg").mkdir(parents=True)
    (tmp_path / "images" / "notes.txt").write_text("")
    assert beside(tmp_path, "._a.jpg", "rejected/x.jpg") == []


def test_a_link_to_nothing_counts_and_a_folder_that_may_not_be_read_is_no_crash(tmp_path):
    dataset = dataset_in(tmp_path, "a.jpg")
    (tmp_path / "images" / "z.jpg").symlink_to("nowhere.jpg")
    assert [one.names for one in images_beside(dataset)] == [("z.jpg",)]
    os.rename(tmp_path / "images", tmp_path / "elsewhere")
    assert list(images_beside(dataset)) == []


def source(folder: Path, name: str, text: str) -> str:
    """What names `c.jpg`, which no label names, where there is a file with this text."""
    dataset = dataset_in(folder, "a.jpg", "b.jpg")
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    one = UnlistedImages(str(folder / "images"), ("c.jpg",), 2)
    return os.path.relpath(named_elsewhere(dataset, one) or folder, folder)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("val.json", '[{"file_name": "c.jpg"}]'),
        ("deep/er/val.csv", "images/c.jpg,1,2"),
        ("images/list.csv", "c.jpg"),
        ("ImageSets/Main/val.txt", "b\nc\n"),
        ("Annotations/c.xml", "<annotation/>"),
        ("other/c.txt", ""),
    ],
)
def test_other_files_that_name_an_image_are_found(tmp_path, name, text):
    assert source(tmp_path, name, text) == name


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("val.json", '[{"file_name": "abc.jpg"}]'),
        ("val.json", '[{"file_name": "c.jpg2"}]'),
        ("val.json", '[{"id": "c"}]'),
        ("val.txt", "cc\nb-c\nc_1\n"),
        ("labels.json", '[{"file_name": "c.jpg"}]'),
        (".hidden", "c.jpg"),
    ],
)
def test_what_only_looks_like_its_name_and_the_labels_themselves_do_not_count(tmp_path, name, text):
    assert source(tmp_path, name, text) == "."


def test_label_files_in_a_folder_beside_that_of_the_images_are_found(tmp_path):
    dataset = dataset_in(tmp_path, "a.jpg", "b.jpg")
    others = tmp_path / "Annotations"
    others.mkdir()
    (others / "c.xml").write_text("<annotation/>")
    one = UnlistedImages(str(tmp_path / "images"), ("c.jpg",), 2)
    elsewhere = dataclasses.replace(dataset, root=tmp_path / "images" / "none")
    assert named_elsewhere(elsewhere, one) == str(others / "c.xml")


def test_no_more_files_are_looked_at_than_agreed(tmp_path, monkeypatch):
    monkeypatch.setattr(unlisted, "LARGEST", 4)
    assert source(tmp_path, "val.csv", "c.jpg") == "."
    monkeypatch.setattr(unlisted, "LARGEST", 5)
    assert source(tmp_path, "val.csv", "c.jpg") == "val.csv"
    monkeypatch.setattr(unlisted, "MOST_READ", 0)
    assert source(tmp_path, "val.csv", "c.jpg") == "."


def test_files_near_by_are_listed_up_to_a_number(tmp_path):
    for number in range(9):
        (tmp_path / f"{number}.txt").write_text("")
    assert len(list(unlisted._other_files(tmp_path, 9))) == 9
    assert len(list(unlisted._other_files(tmp_path, 4))) == 4
