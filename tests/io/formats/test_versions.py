"""Copies and older versions of folders and files of labels are no second dataset."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.auditing.run import audit
from labelaudit.io.formats.versions import other_versions, usual_names
from labelaudit.io.load import load
from tests.io.formats.wild_layouts import IMAGE, LINE, NAMES, coco, put, xml

VERSIONS = [
    *("labels_old", "labels (1)", "labels - Copy", "labels - Copy (2)", "labels.bak", "labels_v2"),
    *("labels_backup", "labels_orig_v3", "Copy of labels", "old_labels", "labels (copy)"),
]
OTHERS = ["labels_2", "labels_val", "labels2", "labelsold", "labels_cold", "mylabels", "labels"]


@pytest.mark.parametrize("name", VERSIONS)
def test_words_of_a_copy_or_a_version_are_known(name):
    assert usual_names(name)[-1] == "labels"


@pytest.mark.parametrize("name", OTHERS)
def test_other_words_are_part_of_a_name(name):
    assert usual_names(name) == []


def test_half_of_the_files_have_to_have_a_namesake():
    files = {"labels/": ["a.txt", "b.txt"], "labels_old/": ["a.txt", "x.txt"]}
    assert other_versions(files) == ["labels_old/"]
    assert other_versions({**files, "labels_old/": ["a.txt", "x.txt", "y.txt"]}) == []
    assert other_versions({**files, "labels_old/": []}) == []


def test_files_in_folders_of_a_version_are_compared_with_those_in_the_same_folders():
    files = {"d/labels/train/": ["a.txt"], "d/labels_old/train/": ["a.txt"]}
    assert other_versions(files) == ["d/labels_old/"]
    assert other_versions({"d/labels/train/": ["a.txt"], "d/labels_old/val/": ["a.txt"]}) == []


def test_what_has_images_of_its_own_is_another_dataset():
    files = {"labels/": ["a.txt"], "labels_old/": ["a.txt"]}
    assert other_versions({**files, "labels_old/": ["a.txt", "a.jpg"]}) == []
    assert other_versions({**files, "images_old/": ["a.jpg"]}) == []
    assert other_versions({**files, "images/": ["a.jpg"]}) == ["labels_old/"]


def test_a_folder_that_is_not_called_after_labels_may_be_another_scene():
    assert other_versions({"bridge/": ["1.txt"], "bridge_old/": ["1.txt"]}) == []


@pytest.mark.parametrize("version", ["labels_old", "labels (1)", "Copy of labels"])
def test_yolo_labels_are_read_once_beside_a_copy_of_them(version, tmp_path: Path):
    files = {
        "classes.txt": NAMES,
        "images/train/a.jpg": IMAGE,
        "labels/train/a.txt": LINE,
        f"{version}/train/a.txt": "1 0.5 0.5 0.2 0.2\n",
    }
    dataset = load(put(tmp_path, files))
    assert [len(dataset.images), len(dataset.boxes)] == [1, 1]
    told = f"not read, a file that is no labels of this dataset: {version}/train/a.txt"
    assert told in dataset.notes
    assert len(audit(dataset, select=["IMG001", "REF008"])) == 0
    alone = load(tmp_path / version, images=[tmp_path / "images"])
    assert [len(alone.images), len(alone.boxes)] == [1, 1]


@pytest.mark.parametrize("version", ["xmls_backup", "xmls (copy)", "old xmls"])
def test_voc_files_are_read_once_beside_a_copy_of_them(version, tmp_path: Path):
    put(tmp_path, {"images/a.jpg": IMAGE, "xmls/a.xml": xml(), f"{version}/a.xml": xml()})
    dataset = load(tmp_path)
    assert dataset.files.path.tolist() == ["xmls/a.xml"]
    assert f"not read, a file that is no labels of this dataset: {version}/a.xml" in dataset.notes
    assert len(load(tmp_path / version).images) == 1


def test_voc_files_in_a_folder_of_another_name_are_read(tmp_path: Path):
    put(tmp_path, {"images/a.jpg": IMAGE, "xmls/a.xml": xml(), "xmls_old/b.xml": xml("b.jpg")})
    assert load(tmp_path).files.path.tolist() == ["xmls/a.xml", "xmls_old/b.xml"]


def test_coco_files_are_read_once_beside_a_folder_with_a_copy(tmp_path: Path):
    files = {"annotations/train.json": coco(), "annotations_old/train.json": coco()}
    assert len(load(put(tmp_path, {**files, "images/a.jpg": IMAGE})).images) == 1


@pytest.mark.parametrize(
    "version", ["final_v2", "final_fixed_v2", "final (1)", "final - Copy", "old_final"]
)
def test_a_version_of_a_coco_file_is_said_where_both_are_read(version, tmp_path: Path):
    put(tmp_path, {"final.json": coco(), f"{version}.json": coco(), "a.jpg": IMAGE})
    said = f"{version}.json seems to be another version of final.json, with the same images: "
    assert [note.startswith(said) for note in load(tmp_path).notes] == [True]
    (tmp_path / f"{version}.json").write_text(coco("b.jpg"))
    assert load(tmp_path).notes == ()


def test_files_of_one_image_each_are_no_versions_of_a_dataset(tmp_path: Path):
    put(tmp_path, {"a.jpg": IMAGE, "a.xml": xml(), "a_old.xml": xml()})
    dataset = load(tmp_path)
    assert dataset.files.path.tolist() == ["a.xml", "a_old.xml"]
    assert dataset.notes == ()
