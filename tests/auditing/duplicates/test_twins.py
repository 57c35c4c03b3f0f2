"""Twins by their rows, and what they are called."""

from __future__ import annotations

import dataclasses

import numpy as np

from labelaudit.auditing.duplicates.twins import distinct_twins, splits_of, twin_names
from labelaudit.core.columns import MISSING
from labelaudit.dataset.merge import merged
from labelaudit.dataset.tables import Dataset, Files
from labelaudit.testing import images, with_columns


def at(dataset: Dataset, *paths: str) -> Dataset:
    return with_columns(dataset, "images", path=list(paths))


def rows(*group: int) -> list[np.ndarray]:
    return [np.array(group)]


def test_a_record_that_repeats_a_name_in_its_file_is_no_twin():
    dataset = with_columns(images({n: [] for n in "abcd"}), "images", name=["a", "a", "b", "b"])
    dataset = at(dataset, "/a", "/a", "/b", "/b")
    twins = distinct_twins(dataset.images, np.array([0, 0, 0, MISSING]))
    assert [group.tolist() for group in twins] == [[0, 2]]
    assert distinct_twins(dataset.images, np.array([0, 0, MISSING, MISSING])) == []


def test_one_name_in_two_folders_is_two_twins():
    dataset = merged([images({"a": []}), images({"a": []})], ["train", "val"])
    twins = distinct_twins(at(dataset, "/train/a", "/val/a").images, np.array([0, 0]))
    assert [group.tolist() for group in twins] == [[0, 1]]


def test_of_several_label_files_about_one_image_the_first_counts():
    two = [images({"a": [], "b": []}), images({"x/a": [], "x/b": []})]
    dataset = at(merged(two, ["boxes", "keypoints"]), "/a", "/b", "/a", "/b")
    assert distinct_twins(dataset.images, np.array([0, 1, 0, 1])) == []
    twins = distinct_twins(dataset.images, np.zeros(4, int))
    assert [group.tolist() for group in twins] == [[0, 1]]


def test_two_names_of_one_file_are_twins():
    dataset = at(images({"a": [], "./a": []}), "/a", "/a")
    assert len(distinct_twins(dataset.images, np.zeros(2, int))) == 1


def test_twins_are_called_by_name_and_split():
    dataset = merged([images({"a": []}), images({"b": [], "c": []})], ["train", "val"])
    assert twin_names(dataset, rows(0, 2)) == [["a (train)", "c (val)"]]
    assert twin_names(images({"a": [], "b": []}), rows(0, 1)) == [["a", "b"]]
    assert twin_names(dataset, []) == []


def test_twins_that_would_be_called_the_same_are_told_apart_by_the_files_of_their_labels():
    dataset = with_columns(images({n: [] for n in "abc"}), "images", name=["a", "a", ""])
    dataset = with_columns(dataset, "images", file=[0, 1, MISSING])
    dataset = dataclasses.replace(dataset, files=Files.of(2, path=["x.xml", "y.xml"]))
    assert twin_names(dataset, rows(0, 1, 2)) == [["a in x.xml", "a in y.xml", "?"]]


def test_an_image_has_every_split_that_lists_it_once():
    dataset = merged([images({"a": []}), images({"b": []})], ["train", "val"])
    members = dataset.split_members
    members = type(members).concat([members, members.replaced(image=np.array([1, 1], np.int32))])
    dataset = dataclasses.replace(dataset, split_members=members)
    assert splits_of(dataset, np.array([0, 1])) == {0: ["train"], 1: ["val", "train"]}
    assert splits_of(images({"a": []}), np.array([0])) == {}
