"""What is said of files in a folder that are no labels of it, and of folders put together."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.io.load import load

VOC = (
    "<annotation><filename>a.jpg</filename><size><width>64</width><height>48</height></size>"
    "<object><name>car</name><bndbox><xmin>2</xmin><ymin>3</ymin><xmax>10</xmax><ymax>12</ymax>"
    "</bndbox></object></annotation>"
)


def put(folder: Path, *names: str, text: str = VOC) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def notes(folder: Path) -> tuple[str, ...]:
    return load(folder).notes


@pytest.mark.parametrize("stray", ["gallery.json", "notes/log.txt", "prices.csv", "x/colours.yaml"])
def test_a_file_that_could_be_labels_and_is_none_is_named(tmp_path, stray):
    put(put(tmp_path, "a.xml"), stray, text="{}")
    assert notes(tmp_path) == (f"not read, a file that is no labels of this dataset: {stray}",)


def test_of_many_strays_some_are_named_and_the_rest_is_counted(tmp_path):
    put(put(tmp_path, "a.xml"), *(f"{number}.csv" for number in range(9)), text="x")
    assert notes(tmp_path)[0].endswith("dataset: *.csv (9 files)")
    put(tmp_path, "a.json", "b.json", "c/d.json", "e/f.json", text="{}")
    assert notes(tmp_path)[0].endswith("dataset: *.csv (9 files), a.json, b.json and 2 more")


@pytest.mark.parametrize(
    "companion",
    [
        *("README.txt", "README.roboflow.txt", "LICENSE.txt", "requirements.txt", "classes.txt"),
        *("predefined_classes.txt", "train.txt", "my_val.txt", "ImageSets/Main/car.txt"),
        *("autosplit_train.txt", "labelaudit.patch.jsonl", "dataset-metadata.json", "labelmap.txt"),
        *("a.jpg", "tool.py", ".hidden.json"),
    ],
)
def test_what_lies_beside_labels_of_any_format_is_not_told(tmp_path, companion):
    put(put(tmp_path, "a.xml"), companion, text="x")
    assert notes(tmp_path) == ()


def test_a_list_of_images_is_not_told_whatever_it_is_called(tmp_path):
    put(put(tmp_path, "a.xml"), "fold3.txt", text="images/a.jpg\nimages/b.jpg\n")
    assert notes(tmp_path) == ()


def test_nothing_is_told_of_what_lies_beside_a_single_file(tmp_path):
    put(put(tmp_path, "a.xml"), "gallery.json", text="{}")
    assert load(tmp_path / "a.xml").notes == ()


def test_what_was_read_is_no_stray_though_the_dataset_has_another_root(tmp_path):
    line = "0 0.5 0.5 0.2 0.4\n"
    put(tmp_path / "ds", "labels/cat/1.txt", "labels/dog/2.txt", text=line)
    put(tmp_path / "ds", "images/cat/1.jpg", "images/dog/2.jpg", text="")
    put(tmp_path / "ds", "classes.txt", text="cat\n")
    dataset = load(tmp_path / "ds" / "labels")
    assert (dataset.root, dataset.class_names) == (tmp_path / "ds", ["cat"])
    assert not any("not read" in note for note in dataset.notes)
    yaml = f"path: {tmp_path / 'ds'}\ntrain: images\nnames: [cat]\n"
    put(tmp_path / "configs", "cars.yaml", text=yaml)
    assert len(load(tmp_path / "configs").boxes) == 2
    assert not any("not read" in note for note in notes(tmp_path / "configs"))


def test_folders_that_seem_to_be_datasets_are_listed_where_they_are_put_together(tmp_path):
    put(tmp_path, "b/2.xml", "a/1.xml", "a/3.xml")
    assert notes(tmp_path) == ("put together as one dataset: a (2 files), b (1 file)",)
    put(tmp_path, *(f"{name}/1.xml" for name in "cdefg"))
    assert notes(tmp_path)[0].endswith("e (1 file) and 2 other folders")


@pytest.mark.parametrize(
    "names",
    [
        ("train/1.xml", "valid/2.xml", "test/3.xml"),
        ("annotations/day/1.xml", "annotations/night/2.xml"),
        ("cards/1.xml", "cards/more/2.xml"),
        ("instances_train2017/1.xml", "instances_val2017/1.xml"),
    ],
)
def test_splits_and_folders_of_one_dataset_are_not_told(tmp_path, names):
    put(tmp_path, *names)
    assert notes(tmp_path) == ()


def test_folders_that_became_parts_of_names_are_told_with_the_way_out(tmp_path):
    for number in range(2):
        (tmp_path / f"labels\\{number}.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    said = (
        "names of 2 files hold backslashes (labels\\0.txt): an archive made on Windows was "
        "unpacked without its folders; give the archive itself"
    )
    assert said in notes(tmp_path)
    put(tmp_path, "a.txt", "b.txt", text="0 0.5 0.5 0.1 0.1\n")
    assert said not in notes(tmp_path)
